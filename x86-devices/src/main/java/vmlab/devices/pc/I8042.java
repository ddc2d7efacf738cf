// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.MachineControl;
import vmlab.vmm.Stateful;

/**
 * The 8042 keyboard controller with nothing plugged in, behind its data port (0x60) and its command and status port
 * (0x64). What is sent to the keyboard is answered as a time-out, at once.
 *
 * <p>There is no interface for a mouse: its test fails and its loop-back command answers as the keyboard, so that a
 * driver gives up without waiting and leaves IRQ 12 alone (cross-VM events use it, and their driver doesn't share).
 *
 * <p>Not modelled: the time commands take, scan code translation, the controller's memory beyond the command byte, its
 * password. A20 is always on: the bit in the output port is kept and read back, addresses are never masked. A response
 * that isn't fetched is overwritten by the next.
 *
 * <p>Threads: the machine's only. Errors: unknown commands are reported and ignored.
 *
 * @spec IBM PS/2 Hardware Interface Technical Reference, keyboard and auxiliary device controller
 */
public final class I8042 implements Device, Stateful<I8042.ControllerState> {
    private static final int STATUS_OUTPUT_FULL = 0x01;
    private static final int STATUS_SYSTEM = 0x04;
    private static final int STATUS_LAST_WAS_COMMAND = 0x08;
    /** The keyboard's lock is open. */
    private static final int STATUS_UNLOCKED = 0x10;

    private static final int STATUS_TIME_OUT = 0x40;

    private static final int BYTE_KEYBOARD_INTERRUPT = 0x01;
    private static final int BYTE_SYSTEM = 0x04;
    private static final int BYTE_KEYBOARD_OFF = 0x10;
    private static final int BYTE_MOUSE_OFF = 0x20;
    private static final int BYTE_TRANSLATE = 0x40;

    private static final int READ_COMMAND_BYTE = 0x20;
    private static final int WRITE_COMMAND_BYTE = 0x60;
    private static final int DISABLE_MOUSE = 0xA7;
    private static final int ENABLE_MOUSE = 0xA8;
    private static final int TEST_MOUSE_INTERFACE = 0xA9;
    private static final int SELF_TEST = 0xAA;
    private static final int TEST_KEYBOARD_INTERFACE = 0xAB;
    private static final int DISABLE_KEYBOARD = 0xAD;
    private static final int ENABLE_KEYBOARD = 0xAE;
    private static final int READ_INPUT_PORT = 0xC0;
    private static final int READ_OUTPUT_PORT = 0xD0;
    private static final int WRITE_OUTPUT_PORT = 0xD1;
    private static final int WRITE_KEYBOARD_BUFFER = 0xD2;
    private static final int WRITE_MOUSE_BUFFER = 0xD3;
    private static final int WRITE_TO_MOUSE = 0xD4;
    private static final int READ_TEST_INPUTS = 0xE0;
    private static final int PULSE_OUTPUT_PORT = 0xF0;

    private static final int SELF_TEST_PASSED = 0x55;
    private static final int INTERFACE_GOOD = 0x00;
    private static final int CLOCK_LINE_STUCK_LOW = 0x01;
    private static final int TIME_OUT_CODE = 0xFE;
    /** Lock open, manufacturing jumper not set. */
    private static final int INPUT_PORT = 0xA0;

    private static final int OUTPUT_NOT_RESET = 0x01;
    private static final int OUTPUT_A20 = 0x02;
    private static final int OUTPUT_KEYBOARD_INTERRUPT = 0x10;

    private static final int NO_COMMAND = 0;

    /**
     * All of the controller.
     *
     * @param waitingCommand the command whose data byte comes next; 0 if none does
     * @param output the output buffer
     * @param outputFull whether the guest has yet to read it
     * @param timedOut whether it stands for a time-out
     */
    public record ControllerState(
            int commandByte,
            int outputPort,
            int waitingCommand,
            boolean lastWasCommand,
            int output,
            boolean outputFull,
            boolean timedOut) {
        public ControllerState {
            if (((commandByte | outputPort | waitingCommand | output) & ~0xFF) != 0) {
                throw new IllegalArgumentException("no state of an 8042");
            }
        }
    }

    private final String name;
    private final IrqLine irq;
    private final MachineControl control;
    private final GuestEvents events;
    private int commandByte;
    private int outputPort;
    private int waitingCommand;
    private boolean lastWasCommand;
    private int output;
    private boolean outputFull;
    private boolean timedOut;

    /**
     * A controller as a BIOS leaves it.
     *
     * @param irq the keyboard's interrupt line
     * @param control asked when the guest pulls the reset line
     */
    public I8042(String name, IrqLine irq, MachineControl control, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.irq = Objects.requireNonNull(irq);
        this.control = Objects.requireNonNull(control);
        this.events = Objects.requireNonNull(events);
        reset();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        int afterBios = BYTE_TRANSLATE | BYTE_MOUSE_OFF | BYTE_SYSTEM;
        restore(new ControllerState(afterBios, OUTPUT_NOT_RESET | OUTPUT_A20, NO_COMMAND, false, 0, false, false));
    }

    @Override
    public ControllerState state() {
        return new ControllerState(
                commandByte, outputPort, waitingCommand, lastWasCommand, output, outputFull, timedOut);
    }

    @Override
    public void restore(ControllerState state) {
        commandByte = state.commandByte;
        outputPort = state.outputPort;
        waitingCommand = state.waitingCommand;
        lastWasCommand = state.lastWasCommand;
        output = state.output;
        outputFull = state.outputFull;
        timedOut = state.timedOut;
        updateIrq();
    }

    /** The port at 0x60. */
    public ByteIoDevice dataPort() {
        return new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                return readData();
            }

            @Override
            public void writeByte(int offset, int value) {
                lastWasCommand = false;
                int command = waitingCommand;
                waitingCommand = NO_COMMAND;
                writeData(command, value);
                updateIrq();
            }
        };
    }

    /** The port at 0x64. */
    public ByteIoDevice commandPort() {
        return new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                return status();
            }

            @Override
            public void writeByte(int offset, int value) {
                lastWasCommand = true;
                waitingCommand = NO_COMMAND;
                execute(value);
                updateIrq();
            }
        };
    }

    private int readData() {
        outputFull = false;
        timedOut = false;
        updateIrq();
        return output;
    }

    private int status() {
        return STATUS_UNLOCKED
                | (outputFull ? STATUS_OUTPUT_FULL : 0)
                | ((commandByte & BYTE_SYSTEM) != 0 ? STATUS_SYSTEM : 0)
                | (lastWasCommand ? STATUS_LAST_WAS_COMMAND : 0)
                | (timedOut ? STATUS_TIME_OUT : 0);
    }

    private void execute(int command) {
        switch (command) {
            case READ_COMMAND_BYTE -> answer(commandByte);
            case WRITE_COMMAND_BYTE, WRITE_OUTPUT_PORT, WRITE_KEYBOARD_BUFFER, WRITE_MOUSE_BUFFER, WRITE_TO_MOUSE ->
                waitingCommand = command;
            case DISABLE_MOUSE -> commandByte |= BYTE_MOUSE_OFF;
            case ENABLE_MOUSE -> commandByte &= ~BYTE_MOUSE_OFF;
            case TEST_MOUSE_INTERFACE -> answer(CLOCK_LINE_STUCK_LOW);
            case SELF_TEST -> {
                commandByte |= BYTE_SYSTEM;
                answer(SELF_TEST_PASSED);
            }
            case TEST_KEYBOARD_INTERFACE -> answer(INTERFACE_GOOD);
            case DISABLE_KEYBOARD -> commandByte |= BYTE_KEYBOARD_OFF;
            case ENABLE_KEYBOARD -> commandByte &= ~BYTE_KEYBOARD_OFF;
            case READ_INPUT_PORT -> answer(INPUT_PORT);
            case READ_OUTPUT_PORT -> answer(outputPort | (irqLevel() ? OUTPUT_KEYBOARD_INTERRUPT : 0));
            case READ_TEST_INPUTS -> answer(0);
            default -> executeOther(command);
        }
    }

    /** The low four bits say which lines of the output port stay high during the pulse; bit 0 is reset. */
    private void executeOther(int command) {
        if (command < PULSE_OUTPUT_PORT) {
            events.report(name, "unknown command %#x".formatted(command));
        } else if ((command & OUTPUT_NOT_RESET) == 0) {
            control.reset("keyboard controller command %#x".formatted(command));
        }
    }

    private void writeData(int command, int value) {
        switch (command) {
            case WRITE_COMMAND_BYTE -> commandByte = value;
            case WRITE_OUTPUT_PORT -> writeOutputPort(value);
            case WRITE_KEYBOARD_BUFFER, WRITE_MOUSE_BUFFER -> answer(value);
            default -> {
                answer(TIME_OUT_CODE);
                timedOut = true;
            }
        }
    }

    private void writeOutputPort(int value) {
        outputPort = value & ~OUTPUT_KEYBOARD_INTERRUPT;
        if ((value & OUTPUT_NOT_RESET) == 0) {
            control.reset("keyboard controller output port %#x".formatted(value));
        }
    }

    private void answer(int octet) {
        output = octet;
        outputFull = true;
        timedOut = false;
    }

    private boolean irqLevel() {
        return outputFull && (commandByte & BYTE_KEYBOARD_INTERRUPT) != 0;
    }

    private void updateIrq() {
        irq.set(irqLevel());
    }
}
