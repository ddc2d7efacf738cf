// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.MachineControl;
import vmlab.vmm.Stateful;

/**
 * The reset control register, 0xCF9, as a byte among the four at 0xCF8 (offset 1); the other three don't exist. PCI's
 * configuration address is at the same four ports but only as a whole, so the two don't meet.
 *
 * <p>Not modelled: the difference between a hard and a soft reset. Threads: the machine's only. Errors: none.
 *
 * @spec Intel 290562 (82371FB/SB), RC, reset control register
 */
public final class ResetControl implements Device, ByteIoDevice, Stateful<ResetControl.RegisterState> {
    /** Offset of the register from 0xCF8. */
    public static final int REGISTER = 1;

    private static final int SYSTEM_RESET = 0x02;
    private static final int RESET_CPU = 0x04;

    /**
     * What is kept.
     *
     * @param value bits 1 and 2 as written
     */
    public record RegisterState(int value) {
        public RegisterState {
            if ((value & ~(SYSTEM_RESET | RESET_CPU)) != 0) {
                throw new IllegalArgumentException("no state of the reset control register: %#x".formatted(value));
            }
        }
    }

    private final String name;
    private final MachineControl machine;
    private int register;

    public ResetControl(String name, MachineControl machine) {
        this.name = Objects.requireNonNull(name);
        this.machine = Objects.requireNonNull(machine);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        register = 0;
    }

    @Override
    public RegisterState state() {
        return new RegisterState(register);
    }

    @Override
    public void restore(RegisterState state) {
        register = state.value;
    }

    @Override
    public int readByte(int offset) {
        return offset == REGISTER ? register : 0xFF;
    }

    /** RCPU resets when it rises; SRST, set before or with it, says how. */
    @Override
    public void writeByte(int offset, int value) {
        if (offset != REGISTER) {
            return;
        }
        boolean reset = (value & ~register & RESET_CPU) != 0;
        register = value & (SYSTEM_RESET | RESET_CPU);
        if (reset) {
            machine.reset("reset control register %#x".formatted(value));
        }
    }
}
