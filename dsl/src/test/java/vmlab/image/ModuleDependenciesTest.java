// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import vmlab.guest.KernelModules;
import vmlab.guest.KernelModules.Module;

/** Which modules of the kernel go into an image, and when its init script loads them. */
class ModuleDependenciesTest {
    private static final String VMM = "lib/modules/6.1/kernel/drivers/vmm/";

    private static byte[] module(String depends) {
        return ("\177ELF\0license=GPL\0depends=" + depends + "\0name=x\0").getBytes(StandardCharsets.ISO_8859_1);
    }

    /** uio stands on base, and other on base, too. */
    private static final Map<String, String> KERNEL = Map.of("uio", "base", "other", "base", "base", "");

    private final List<String> asked = new ArrayList<>();

    private ModuleDependencies of(Map<String, byte[]> files) {
        return new ModuleDependencies(files, name -> {
            asked.add(name);
            return new Module("lib/" + name + ".ko", module(KERNEL.get(name)));
        });
    }

    @Test
    void aModuleSaysWhatItDependsOn() {
        assertEquals(List.of("uio", "base"), KernelModules.depends(module("uio,base")));
        assertEquals(List.of(), KernelModules.depends(module("")));
        assertEquals(List.of(), KernelModules.depends(new byte[3]));
    }

    @Test
    void whatIsNeededIsLoadedOnceAndBeforeWhoNeedsIt() {
        ModuleDependencies dependencies =
                of(Map.of(VMM + "connection.ko", module("uio"), VMM + "second.ko", module("other,uio")));
        assertEquals("""
                #!/bin/sh
                # insmod connection.ko comes later
                insmod /lib/base.ko
                insmod /lib/uio.ko
                insmod /m/connection.ko
                insmod /lib/other.ko
                insmod /m/second.ko
                """, dependencies.init("""
                        #!/bin/sh
                        # insmod connection.ko comes later
                        insmod /m/connection.ko
                        insmod /m/second.ko
                        """));
        assertEquals(3, dependencies.modules().size());
        assertEquals(3, asked.size(), asked.toString());
    }

    @Test
    void whatTheScriptLoadsItselfIsNotLoadedAgain() {
        ModuleDependencies dependencies = of(Map.of(VMM + "connection.ko", module("uio")));
        String script = "insmod /lib/base.ko\ninsmod /lib/uio.ko\ninsmod /m/connection.ko\n";
        assertEquals(script, dependencies.init(script));
    }

    @Test
    void anImageWithoutNeedsAsksForNothing() {
        ModuleDependencies dependencies = of(Map.of(VMM + "poke.ko", module(""), "usr/sbin/hello", new byte[4]));
        String script = "#!/bin/sh\ninsmod /m/poke.ko\n";
        assertEquals(script, dependencies.init(script));
        assertEquals(List.of(), dependencies.modules());
        assertEquals(List.of(), asked);
    }
}
