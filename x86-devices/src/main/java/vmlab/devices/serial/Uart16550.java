// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.serial;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Stateful;

/**
 * A 16550A asynchronous receiver and transmitter with 16-byte FIFOs, wired as on a PC: OUT2 lets the interrupt through.
 *
 * <p>The receiver pulls: characters wait in the {@link CharSource} until there is room, so none is lost to a slow guest,
 * and overrun can only happen in loopback. At the far end somebody is always there: CTS, DSR and DCD are asserted.
 *
 * <p>Not modelled: the duration of a character. A transmitted character leaves at once, so the holder and the shift
 * register always read empty, and what is in the receive FIFO below its trigger level has always timed out. Word
 * length, parity, stop bits, break and the divisor are kept but have no effect: all eight bits pass. DMA signalling.
 *
 * <p>Threads: the machine's only. Units: a character is an {@code int} from 0 to 255. Errors: what a guest shouldn't do
 * is reported and has no effect.
 *
 * @spec National Semiconductor PC16550D data sheet (1995), section 8, Registers
 */
public final class Uart16550 implements Device, ByteIoDevice, Stateful<Uart16550.UartState> {
    /** Number of registers. */
    public static final int REGISTERS = 8;

    /** RBR when read, THR when written, DLL with DLAB. */
    public static final int DATA = 0;
    /** IER, DLM with DLAB. */
    public static final int IER = 1;
    /** IIR when read, FCR when written. */
    public static final int IIR_FCR = 2;

    public static final int LCR = 3;
    public static final int MCR = 4;
    public static final int LSR = 5;
    public static final int MSR = 6;
    public static final int SCR = 7;

    private static final int IER_ERBFI = 0x01;
    private static final int IER_ETBEI = 0x02;
    private static final int IER_ELSI = 0x04;
    private static final int IER_EDSSI = 0x08;
    private static final int IER_BITS = 0x0F;

    private static final int IIR_NONE = 0x01;
    private static final int IIR_MODEM_STATUS = 0x00;
    private static final int IIR_THR_EMPTY = 0x02;
    private static final int IIR_DATA_AVAILABLE = 0x04;
    private static final int IIR_LINE_STATUS = 0x06;
    private static final int IIR_TIME_OUT = 0x0C;
    private static final int IIR_FIFOS = 0xC0;

    private static final int FCR_ENABLE = 0x01;
    private static final int FCR_RESET_RECEIVER = 0x02;
    /** The reset bits clear themselves, bits 4 and 5 are reserved. */
    private static final int FCR_KEPT = 0xC9;

    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};

    private static final int LCR_DLAB = 0x80;

    private static final int MCR_DTR = 0x01;
    private static final int MCR_RTS = 0x02;
    private static final int MCR_OUT1 = 0x04;
    private static final int MCR_OUT2 = 0x08;
    private static final int MCR_LOOP = 0x10;
    private static final int MCR_BITS = 0x1F;

    private static final int LSR_DR = 0x01;
    private static final int LSR_OE = 0x02;
    private static final int LSR_THRE = 0x20;
    private static final int LSR_TEMT = 0x40;

    private static final int MSR_CTS = 0x10;
    private static final int MSR_DSR = 0x20;
    private static final int MSR_RI = 0x40;
    private static final int MSR_DCD = 0x80;
    private static final int MSR_TERI = 0x04;
    /** DCTS, DDSR and DDCD: bits 4, 5 and 7 shifted. TERI is told of one edge only. */
    private static final int MSR_BOTH_EDGES = 0x0B;

    private static final int FIFO_CHARACTERS = 16;

    /**
     * All a guest can see of the part.
     *
     * @param deltas the low half of MSR
     * @param overrun the OE bit of LSR
     * @param thrEmpty whether the transmitter's interrupt waits to be noticed
     * @param received what waits in the receiver, oldest first
     */
    public record UartState(
            int ier,
            int fcr,
            int lcr,
            int mcr,
            int scr,
            int dll,
            int dlm,
            int deltas,
            boolean overrun,
            boolean thrEmpty,
            byte[] received) {
        public UartState {
            int room = (fcr & FCR_ENABLE) != 0 ? FIFO_CHARACTERS : 1;
            if (((ier & ~IER_BITS) | (fcr & ~FCR_KEPT) | (mcr & ~MCR_BITS) | (deltas & ~0x0F)) != 0
                    || ((lcr | scr | dll | dlm) & ~0xFF) != 0
                    || received.length > room) {
                throw new IllegalArgumentException("no state of a 16550A");
            }
            received = received.clone();
        }

        @Override
        public byte[] received() {
            return received.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof UartState that
                    && Arrays.equals(registers(), that.registers())
                    && Arrays.equals(received, that.received);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(registers()) + Arrays.hashCode(received);
        }

        private int[] registers() {
            return new int[] {ier, fcr, lcr, mcr, scr, dll, dlm, deltas, overrun ? 1 : 0, thrEmpty ? 1 : 0};
        }
    }

    private final String name;
    private final IrqLine irq;
    private final CharSink out;
    private final CharSource in;
    private final GuestEvents events;
    private final ArrayDeque<Integer> received = new ArrayDeque<>(FIFO_CHARACTERS);
    private int ier;
    private int fcr;
    private int lcr;
    private int mcr;
    private int scr;
    private int dll;
    private int dlm;
    private int deltas;
    private boolean overrun;
    private boolean thrEmpty;

    public Uart16550(String name, IrqLine irq, CharSink out, CharSource in, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.irq = Objects.requireNonNull(irq);
        this.out = Objects.requireNonNull(out);
        this.in = Objects.requireNonNull(in);
        this.events = Objects.requireNonNull(events);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        restore(new UartState(0, 0, 0, 0, 0, 0, 0, 0, false, false, new byte[0]));
    }

    @Override
    public UartState state() {
        byte[] waiting = new byte[received.size()];
        int i = 0;
        for (int octet : received) {
            waiting[i++] = (byte) octet;
        }
        return new UartState(ier, fcr, lcr, mcr, scr, dll, dlm, deltas, overrun, thrEmpty, waiting);
    }

    @Override
    public void restore(UartState state) {
        ier = state.ier;
        fcr = state.fcr;
        lcr = state.lcr;
        mcr = state.mcr;
        scr = state.scr;
        dll = state.dll;
        dlm = state.dlm;
        deltas = state.deltas;
        overrun = state.overrun;
        thrEmpty = state.thrEmpty;
        received.clear();
        for (byte octet : state.received) {
            received.add(octet & 0xFF);
        }
        updateIrq();
    }

    @Override
    public int readByte(int offset) {
        return switch (offset) {
            case DATA -> dlab() ? dll : readRbr();
            case IER -> dlab() ? dlm : ier;
            case IIR_FCR -> readIir();
            case LCR -> lcr;
            case MCR -> mcr;
            case LSR -> readLsr();
            case MSR -> readMsr();
            case SCR -> scr;
            default -> 0xFF;
        };
    }

    @Override
    public void writeByte(int offset, int value) {
        switch (offset) {
            case DATA -> {
                if (dlab()) {
                    dll = value;
                } else {
                    writeThr(value);
                }
            }
            case IER -> {
                if (dlab()) {
                    dlm = value;
                } else {
                    writeIer(value);
                }
            }
            case IIR_FCR -> writeFcr(value);
            case LCR -> lcr = value;
            case MCR -> writeMcr(value);
            case LSR, MSR -> events.report(name, "write of %#x to read-only register %d".formatted(value, offset));
            case SCR -> scr = value;
            default -> events.report(name, "write to register %d, which isn't there".formatted(offset));
        }
    }

    /** The source has something to give: to be called, on the machine's thread, whenever it stops being empty. */
    public void inputAvailable() {
        pull();
        updateIrq();
    }

    private boolean dlab() {
        return (lcr & LCR_DLAB) != 0;
    }

    private boolean loop() {
        return (mcr & MCR_LOOP) != 0;
    }

    private boolean fifos() {
        return (fcr & FCR_ENABLE) != 0;
    }

    private boolean full() {
        return received.size() >= (fifos() ? FIFO_CHARACTERS : 1);
    }

    /** In loopback the receiver is cut off from the line. */
    private void pull() {
        while (!loop() && !full()) {
            int octet = in.poll();
            if (octet < 0) {
                return;
            }
            received.add(octet & 0xFF);
        }
    }

    private int readRbr() {
        int octet = received.isEmpty() ? 0 : received.remove();
        pull();
        updateIrq();
        return octet;
    }

    private void writeThr(int octet) {
        thrEmpty = false;
        updateIrq();
        if (loop()) {
            receiveLooped(octet);
        } else {
            out.write(octet);
        }
        thrEmpty = true;
        updateIrq();
    }

    /** A full FIFO keeps what it has and loses the new character; a full RBR is overwritten. Both are overruns. */
    private void receiveLooped(int octet) {
        if (full()) {
            overrun = true;
            if (fifos()) {
                return;
            }
            received.clear();
        }
        received.add(octet);
    }

    private void writeIer(int value) {
        boolean transmitterEnabled = (value & ~ier & IER_ETBEI) != 0;
        ier = value & IER_BITS;
        if (transmitterEnabled) {
            thrEmpty = true;
        }
        updateIrq();
    }

    private int readIir() {
        int cause = cause();
        if (cause == IIR_THR_EMPTY) {
            thrEmpty = false;
            updateIrq();
        }
        return cause | (fifos() ? IIR_FIFOS : 0);
    }

    /** Changing the enable bit empties the FIFOs; without it no other bit is taken over. */
    private void writeFcr(int value) {
        boolean enabled = (value & FCR_ENABLE) != 0;
        if (enabled != fifos() || (enabled && (value & FCR_RESET_RECEIVER) != 0)) {
            received.clear();
        }
        fcr = enabled ? value & FCR_KEPT : 0;
        pull();
        updateIrq();
    }

    private void writeMcr(int value) {
        int before = modemInputs();
        mcr = value & MCR_BITS;
        int after = modemInputs();
        deltas |= ((before ^ after) >> 4) & MSR_BOTH_EDGES;
        if ((before & ~after & MSR_RI) != 0) {
            deltas |= MSR_TERI;
        }
        pull();
        updateIrq();
    }

    private int readLsr() {
        int value = LSR_THRE | LSR_TEMT | (overrun ? LSR_OE : 0) | (received.isEmpty() ? 0 : LSR_DR);
        overrun = false;
        updateIrq();
        return value;
    }

    private int readMsr() {
        int value = modemInputs() | deltas;
        deltas = 0;
        updateIrq();
        return value;
    }

    private int modemInputs() {
        if (!loop()) {
            return MSR_CTS | MSR_DSR | MSR_DCD;
        }
        return ((mcr & MCR_RTS) != 0 ? MSR_CTS : 0)
                | ((mcr & MCR_DTR) != 0 ? MSR_DSR : 0)
                | ((mcr & MCR_OUT1) != 0 ? MSR_RI : 0)
                | ((mcr & MCR_OUT2) != 0 ? MSR_DCD : 0);
    }

    /** The interrupt's identity, by priority (table IV of the data sheet). */
    private int cause() {
        if ((ier & IER_ELSI) != 0 && overrun) {
            return IIR_LINE_STATUS;
        }
        if ((ier & IER_ERBFI) != 0 && !received.isEmpty()) {
            boolean reached = !fifos() || received.size() >= TRIGGER_LEVELS[fcr >> 6];
            return reached ? IIR_DATA_AVAILABLE : IIR_TIME_OUT;
        }
        if ((ier & IER_ETBEI) != 0 && thrEmpty) {
            return IIR_THR_EMPTY;
        }
        if ((ier & IER_EDSSI) != 0 && deltas != 0) {
            return IIR_MODEM_STATUS;
        }
        return IIR_NONE;
    }

    /** In loopback the modem outputs, OUT2 among them, are forced inactive. */
    private void updateIrq() {
        boolean out2 = (mcr & MCR_OUT2) != 0 && !loop();
        irq.set(out2 && cause() != IIR_NONE);
    }
}
