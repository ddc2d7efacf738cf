// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;

/**
 * All of a machine between two instructions, to go on from any number of times.
 *
 * @param memory closed with the snapshot
 */
public record MachineSnapshot(MachineState state, MemoryImage memory) implements AutoCloseable {
    public MachineSnapshot {
        Objects.requireNonNull(state);
        Objects.requireNonNull(memory);
    }

    @Override
    public void close() {
        memory.close();
    }
}
