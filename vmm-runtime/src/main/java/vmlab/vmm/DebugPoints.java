// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where a debugger outside of the guest wants a CPU to stop. The guest sees nothing of it: neither its memory nor its own
 * debug registers change.
 *
 * <p>Not modelled: conditions, counts.
 *
 * @param code linear addresses of instructions before which to stop
 * @param data what to stop behind an access to
 * @param holdsInterrupts no interrupt is delivered meanwhile: for single steps, which would lead into a handler each time
 */
public record DebugPoints(Set<Long> code, List<Watch> data, boolean holdsInterrupts) {
    /** Nowhere. */
    public static final DebugPoints NONE = new DebugPoints(Set.of(), List.of(), false);

    /** What kind of access stops the CPU; x86 can't tell reads alone. */
    public enum Access {
        WRITE,
        READ_OR_WRITE
    }

    /** A range of linear addresses that is watched; it doesn't wrap. */
    public record Watch(long address, long bytes, Access access) {
        public Watch {
            Objects.requireNonNull(access);
            if (bytes <= 0 || Long.compareUnsigned(address + (bytes - 1), address) < 0) {
                throw new IllegalArgumentException("%#x has no %d bytes behind it".formatted(address, bytes));
            }
        }

        /** Whether an access touches it. */
        public boolean isTouchedBy(long from, int accessBytes) {
            return Long.compareUnsigned(from - address, bytes) < 0
                    || Long.compareUnsigned(address - from, accessBytes) < 0;
        }
    }

    /**
     * Which of them stopped the CPU.
     *
     * @param address of the instruction that comes next, or the first byte that was accessed
     * @param watch empty for an instruction
     */
    public record Hit(long address, Optional<Watch> watch) {
        public Hit {
            Objects.requireNonNull(watch);
        }
    }

    public DebugPoints {
        code = Set.copyOf(code);
        data = List.copyOf(data);
    }

    /** The same points, with interrupts held back or not. */
    public DebugPoints holdingInterrupts(boolean held) {
        return new DebugPoints(code, data, held);
    }
}
