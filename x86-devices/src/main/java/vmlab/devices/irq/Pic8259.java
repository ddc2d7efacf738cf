// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Stateful;

/**
 * One 8259A programmable interrupt controller: offset 0 is A0 low, offset 1 is A0 high.
 *
 * <p>As in a PC's chip set, an edge/level register beside the chip chooses per input how it is triggered; ICW1's LTIM
 * makes all inputs level-triggered. A request follows its input: it disappears when the input falls before the
 * acknowledge, which then answers with the spurious interrupt 7. Before the first initialisation, and during any, the
 * chip asks for nothing.
 *
 * <p>Not modelled: the MCS-80 call sequence (reported when a guest asks for it) and buffered mode, whose bits have no
 * effect. ICW1 also clears the in-service register: the data sheet is silent, but a kernel started by another kernel
 * relies on it.
 *
 * <p>Threads: the machine's only. Errors: none; every write means something.
 *
 * @spec Intel 231468, 8259A data sheet: initialization and operation command words, interrupt sequence
 */
public final class Pic8259 implements Device, ByteIoDevice, Stateful<Pic8259.PicState> {
    static final int ICW1 = 0x10;
    static final int ICW1_IC4 = 0x01;
    private static final int ICW1_SNGL = 0x02;
    private static final int ICW1_LTIM = 0x08;

    static final int ICW4_8086 = 0x01;
    static final int ICW4_AEOI = 0x02;
    static final int ICW4_SFNM = 0x10;
    private static final int ICW4_BITS = 0x1F;

    private static final int OCW3 = 0x08;
    private static final int OCW3_RIS = 0x01;
    private static final int OCW3_RR = 0x02;
    private static final int OCW3_POLL = 0x04;
    private static final int OCW3_SMM = 0x20;
    private static final int OCW3_ESMM = 0x40;

    private static final int NOTHING = -1;
    private static final int SPURIOUS = 7;

    /** Which word the chip waits for at offset 1. */
    public enum Step {
        /** Power-on: no word has come yet. */
        UNINITIALISED,
        ICW2,
        ICW3,
        ICW4,
        /** Initialised: offset 1 is the mask. */
        READY
    }

    /**
     * All of the chip.
     *
     * @param lines the levels at its inputs
     * @param edges inputs that have risen and not been acknowledged since
     * @param elcr inputs that are level-triggered
     * @param lowest the input with the lowest priority
     */
    public record PicState(
            int lines,
            int edges,
            int isr,
            int imr,
            int elcr,
            Step step,
            int icw1,
            int icw2,
            int icw3,
            int icw4,
            int lowest,
            boolean rotateOnAeoi,
            boolean specialMask,
            boolean readIsr,
            boolean poll) {
        public PicState {
            Objects.requireNonNull(step);
            if (((lines | edges | isr | imr | elcr | icw1 | icw2 | icw3) & ~0xFF) != 0
                    || (icw4 & ~ICW4_BITS) != 0
                    || (icw2 & 7) != 0
                    || (edges & ~lines) != 0
                    || (lowest & ~7) != 0) {
                throw new IllegalArgumentException("no state of an 8259A");
            }
        }
    }

    private final String name;
    private final IrqLine intr;
    private final GuestEvents events;
    private int lines;
    private int edges;
    private int isr;
    private int imr;
    private int elcr;
    private Step step = Step.UNINITIALISED;
    private int icw1;
    private int icw2;
    private int icw3;
    private int icw4;
    private int lowest = 7;
    private boolean rotateOnAeoi;
    private boolean specialMask;
    private boolean readIsr;
    private boolean poll;

    /**
     * A chip as after power-on.
     *
     * @param intr its INT output
     */
    public Pic8259(String name, IrqLine intr, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.intr = Objects.requireNonNull(intr);
        this.events = Objects.requireNonNull(events);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        restore(new PicState(0, 0, 0, 0, 0, Step.UNINITIALISED, 0, 0, 0, 0, 7, false, false, false, false));
    }

    @Override
    public PicState state() {
        return new PicState(
                lines,
                edges,
                isr,
                imr,
                elcr,
                step,
                icw1,
                icw2,
                icw3,
                icw4,
                lowest,
                rotateOnAeoi,
                specialMask,
                readIsr,
                poll);
    }

    @Override
    public void restore(PicState state) {
        lines = state.lines;
        edges = state.edges;
        isr = state.isr;
        imr = state.imr;
        elcr = state.elcr;
        step = state.step;
        icw1 = state.icw1;
        icw2 = state.icw2;
        icw3 = state.icw3;
        icw4 = state.icw4;
        lowest = state.lowest;
        rotateOnAeoi = state.rotateOnAeoi;
        specialMask = state.specialMask;
        readIsr = state.readIsr;
        poll = state.poll;
        update();
    }

    @Override
    public int readByte(int offset) {
        if (poll) {
            poll = false;
            return polled();
        }
        if (offset == 1) {
            return imr;
        }
        return readIsr ? isr : irr();
    }

    @Override
    public void writeByte(int offset, int value) {
        if (offset == 1) {
            writeHigh(value);
        } else if ((value & ICW1) != 0) {
            beginInitialisation(value);
        } else if ((value & OCW3) != 0) {
            writeOcw3(value);
        } else {
            writeOcw2(value);
        }
        update();
    }

    /** The level at input {@code ir}, 0 to 7. */
    public void input(int ir, boolean level) {
        int bit = 1 << ir;
        if (level && (lines & bit) == 0) {
            lines |= bit;
            edges |= bit;
        } else if (!level) {
            lines &= ~bit;
            edges &= ~bit;
        }
        update();
    }

    /** The line at input {@code ir}, 0 to 7, for a single driver. */
    public IrqLine line(int ir) {
        Objects.checkIndex(ir, 8);
        return level -> input(ir, level);
    }

    /** Which inputs are level-triggered, a bit each. */
    public int elcr() {
        return elcr;
    }

    public void elcr(int levelTriggered) {
        elcr = levelTriggered & 0xFF;
        update();
    }

    /**
     * The acknowledge cycle up to where the vector is put on the bus.
     *
     * @return the input taken into service; 7, with nothing in service, if the request has gone
     */
    int acknowledgeInput() {
        int ir = request();
        if (ir == NOTHING) {
            return SPURIOUS;
        }
        edges &= ~(1 << ir);
        if ((icw4 & ICW4_AEOI) == 0) {
            isr |= 1 << ir;
        } else if (rotateOnAeoi) {
            lowest = ir;
        }
        // INT falls with every acknowledge: a cascaded chip with one more request makes a new edge for its master.
        intr.set(false);
        update();
        return ir;
    }

    /** The vector of an input. */
    int vector(int ir) {
        return icw2 | ir;
    }

    /** Whether a slave sits at input {@code ir}, as the guest has said. */
    boolean hasSlave(int ir) {
        return (icw1 & ICW1_SNGL) == 0 && (icw3 & 1 << ir) != 0;
    }

    /** The number a slave answers to. */
    int slaveId() {
        return icw3 & 7;
    }

    private int irr() {
        int level = (icw1 & ICW1_LTIM) != 0 ? 0xFF : elcr;
        return (edges & ~level) | (lines & level);
    }

    private void update() {
        intr.set(request() != NOTHING);
    }

    /** The input that may interrupt now, by priority against what is in service. */
    private int request() {
        int requests = irr() & ~imr;
        if (requests == 0 || step != Step.READY) {
            return NOTHING;
        }
        int blocking = specialMask ? isr & ~imr : isr;
        for (int i = 1; i <= 8; i++) {
            int ir = (lowest + i) & 7;
            boolean blocked = (blocking & 1 << ir) != 0;
            boolean nested = (icw4 & ICW4_SFNM) != 0 && hasSlave(ir);
            if ((requests & 1 << ir) != 0 && (!blocked || nested)) {
                return ir;
            }
            if (blocked) {
                return NOTHING;
            }
        }
        return NOTHING;
    }

    private int polled() {
        int ir = request();
        if (ir == NOTHING) {
            return 0;
        }
        acknowledgeInput();
        return 0x80 | ir;
    }

    /** ICW1, items a to f of the initialization sequence. */
    private void beginInitialisation(int value) {
        icw1 = value;
        icw2 = 0;
        icw3 = 7;
        icw4 = 0;
        edges = 0;
        imr = 0;
        isr = 0;
        lowest = 7;
        rotateOnAeoi = false;
        specialMask = false;
        readIsr = false;
        poll = false;
        step = Step.ICW2;
    }

    private void writeHigh(int value) {
        switch (step) {
            case UNINITIALISED, READY -> imr = value;
            case ICW2 -> {
                icw2 = value & 0xF8;
                step = Step.ICW3;
                if ((icw1 & ICW1_SNGL) != 0) {
                    afterIcw3();
                }
            }
            case ICW3 -> {
                icw3 = value;
                afterIcw3();
            }
            case ICW4 -> {
                icw4 = value & ICW4_BITS;
                becomeReady();
            }
        }
    }

    private void becomeReady() {
        step = Step.READY;
        if ((icw4 & ICW4_8086) == 0) {
            events.report(name, "MCS-80 mode chosen; vectors are delivered as in 8086 mode");
        }
    }

    private void afterIcw3() {
        if ((icw1 & ICW1_IC4) != 0) {
            step = Step.ICW4;
        } else {
            becomeReady();
        }
    }

    private void writeOcw3(int value) {
        if ((value & OCW3_ESMM) != 0) {
            specialMask = (value & OCW3_SMM) != 0;
        }
        poll = (value & OCW3_POLL) != 0;
        if ((value & OCW3_RR) != 0) {
            readIsr = (value & OCW3_RIS) != 0;
        }
    }

    /** R, SL and EOI select one of eight commands. */
    private void writeOcw2(int value) {
        int level = value & 7;
        switch (value >> 5) {
            case 0b001 -> isr &= ~(1 << highestInService());
            case 0b101 -> rotateOnNonSpecificEoi();
            case 0b011 -> isr &= ~(1 << level);
            case 0b111 -> {
                isr &= ~(1 << level);
                lowest = level;
            }
            case 0b110 -> lowest = level;
            case 0b100 -> rotateOnAeoi = true;
            case 0b000 -> rotateOnAeoi = false;
            default -> {
                // 010 is the data sheet's "no operation"
            }
        }
    }

    private void rotateOnNonSpecificEoi() {
        int ir = highestInService();
        if (ir < 8) {
            isr &= ~(1 << ir);
            lowest = ir;
        }
    }

    /** What a non-specific EOI ends; 8 if nothing. In special mask mode it passes over masked levels. */
    private int highestInService() {
        int candidates = specialMask ? isr & ~imr : isr;
        for (int i = 1; i <= 8; i++) {
            int ir = (lowest + i) & 7;
            if ((candidates & 1 << ir) != 0) {
                return ir;
            }
        }
        return 8;
    }
}
