// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How CAmkES names a VM: the component {@code Init0}, its instance {@code vm0}, in older files its hardware {@code vm0_config}. */
final class VmNames {
    private static final Pattern COMPONENT = Pattern.compile("Init\\d+");
    private static final Pattern INSTANCE = Pattern.compile("vm(\\d{1,4})");
    private static final Pattern HARDWARE = Pattern.compile("(vm\\d{1,4})_config");

    private VmNames() {}

    static boolean isComponent(String type) {
        return COMPONENT.matcher(type).matches();
    }

    /** The number of a VM's instance. */
    static Optional<Integer> number(String instance) {
        Matcher matcher = INSTANCE.matcher(instance);
        return matcher.matches() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
    }

    /** The VM whose hardware an instance is. */
    static Optional<String> ofHardware(String instance) {
        Matcher matcher = HARDWARE.matcher(instance);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
