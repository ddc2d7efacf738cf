// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.MachineControl;
import vmlab.vmm.Stateful;

/**
 * System control port A, 0x92: fast reset (bit 0) and A20 (bit 1).
 *
 * <p>Not modelled: A20 is always on; its bit is kept and read back, addresses are never masked. Threads: the machine's
 * only. Errors: none.
 *
 * @spec IBM PS/2 Hardware Interface Technical Reference, system control port A
 */
public final class SystemControlPortA implements Device, ByteIoDevice, Stateful<SystemControlPortA.PortState> {
    private static final int FAST_RESET = 0x01;
    private static final int A20 = 0x02;

    /**
     * What is kept.
     *
     * @param control bits 0 and 1 as written
     */
    public record PortState(int control) {
        public PortState {
            if ((control & ~(FAST_RESET | A20)) != 0) {
                throw new IllegalArgumentException("no state of port A: %#x".formatted(control));
            }
        }
    }

    private final String name;
    private final MachineControl machine;
    private int control = A20;

    public SystemControlPortA(String name, MachineControl machine) {
        this.name = Objects.requireNonNull(name);
        this.machine = Objects.requireNonNull(machine);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        control = A20;
    }

    @Override
    public PortState state() {
        return new PortState(control);
    }

    @Override
    public void restore(PortState state) {
        control = state.control;
    }

    @Override
    public int readByte(int offset) {
        return control;
    }

    /** The reset is made by the bit's rising edge. */
    @Override
    public void writeByte(int offset, int value) {
        boolean reset = (value & ~control & FAST_RESET) != 0;
        control = value & (FAST_RESET | A20);
        if (reset) {
            machine.reset("fast reset through port 0x92");
        }
    }
}
