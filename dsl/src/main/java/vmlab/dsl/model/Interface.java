// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Objects;
import java.util.Set;

/**
 * What a component offers or needs: {@code emits DoPrint do_print}.
 *
 * @param type the name both ends of a connection must share; a dataport's is the C type, {@code Buf(4096)} say; empty for locks
 * @param optional whether it may stay unconnected ({@code maybe})
 */
public record Interface(Kind kind, String type, String name, boolean optional, SourceLocation location) {
    /** The kinds, by their words in CAmkES. */
    public enum Kind {
        USES("uses"),
        PROVIDES("provides"),
        EMITS("emits"),
        CONSUMES("consumes"),
        DATAPORT("dataport"),
        MUTEX("has mutex"),
        SEMAPHORE("has semaphore"),
        BINARY_SEMAPHORE("has binary_semaphore");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }

        /** Whether it is something of the component's own, which nothing connects to. */
        public boolean isLock() {
            return this == MUTEX || this == SEMAPHORE || this == BINARY_SEMAPHORE;
        }
    }

    /** What instances can be given for a dataport, behind its name. */
    private static final Set<String> OF_DATAPORTS =
            Set.of("_id", "_size", "_shmem_size", "_access", "_paddr", "_hardware_cached");

    public Interface {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(type);
        Objects.requireNonNull(name);
        Objects.requireNonNull(location);
    }

    /** As it is written: {@code maybe emits DoPrint do_print}. */
    String words() {
        String typed = type.isEmpty() ? "" : type + " ";
        return (optional ? "maybe " : "") + kind.words() + " " + typed + name;
    }

    /** Whether an attribute of an instance is about this interface, as {@code data_size} is. */
    public boolean owns(String attribute) {
        boolean named = attribute.startsWith(name + "_");
        return named && (kind != Kind.DATAPORT || OF_DATAPORTS.contains(attribute.substring(name.length())));
    }
}
