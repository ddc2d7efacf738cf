// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import vmlab.crossvm.Dataport;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentType;

/**
 * What the components of vmlab's own library do, where the field's have code that isn't a VM's surroundings.
 *
 * @spec camkes-vm, components/StringReverse
 */
public enum LibraryBehaviour implements Behaviour.Written {
    /** Turns the string of one dataport around into the other. */
    STRING_REVERSE("StringReverse") {
        @Override
        public void run(Ports ports) {
            Dataport source = ports.dataport("src_dp");
            Dataport destination = ports.dataport("dest_dp");
            while (true) {
                ports.await("ready");
                destination.memory().write(0, reversed(source.memory().read(0, (int) source.sizeBytes())));
                ports.emit("done");
            }
        }
    };

    private final String type;

    LibraryBehaviour(String type) {
        this.type = type;
    }

    @Override
    public List<String> words() {
        return List.of("run library('" + type + "')");
    }

    /** The component it is the behaviour of. */
    public String type() {
        return type;
    }

    /** The behaviour of the library's component of that name. */
    public static Optional<LibraryBehaviour> of(String type) {
        return Arrays.stream(values()).filter(each -> each.type.equals(type)).findFirst();
    }

    /** Those that there are. */
    public static List<String> types() {
        return Arrays.stream(values()).map(LibraryBehaviour::type).toList();
    }

    /** The behaviour of a component as the library declares it; one of the same name by somebody else has none. */
    static Optional<LibraryBehaviour> of(ComponentType type) {
        return ProjectFile.isOfLibrary(type.location().file()) ? of(type.name()) : Optional.empty();
    }

    /** Octets, not characters, as the field's code does it; a string without an end loses its last. */
    private static byte[] reversed(byte[] source) {
        int length = 0;
        while (length < source.length - 1 && source[length] != 0) {
            length++;
        }
        byte[] result = new byte[length + 1];
        for (int i = 0; i < length; i++) {
            result[i] = source[length - 1 - i];
        }
        return result;
    }
}
