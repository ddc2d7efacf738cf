// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.Objects;
import vmlab.vmm.Device;
import vmlab.vmm.IoDevice;
import vmlab.vmm.MachineControl;

/**
 * The debug-exit port: a write of {@code v} ends the machine with status {@code v * 2 + 1}, so a guest's exit can't be
 * taken for a clean power-off. Reads see an open bus.
 *
 * <p>Not on any real board; small test guests end themselves by it. It has no state. Threads: the machine's only.
 */
public final class DebugExit implements Device, IoDevice {
    private final String name;
    private final MachineControl machine;

    public DebugExit(String name, MachineControl machine) {
        this.name = Objects.requireNonNull(name);
        this.machine = Objects.requireNonNull(machine);
    }

    @Override
    public String name() {
        return name;
    }

    /** Does nothing: there is no state. */
    @Override
    public void reset() {
        // stateless
    }

    @Override
    public long read(long offset, int bytes) {
        return -1;
    }

    @Override
    public void write(long offset, int bytes, long value) {
        long whole = bytes < Long.BYTES ? value & (1L << 8 * bytes) - 1 : value;
        machine.exit((int) whole << 1 | 1, "debug exit with %#x".formatted(whole));
    }
}
