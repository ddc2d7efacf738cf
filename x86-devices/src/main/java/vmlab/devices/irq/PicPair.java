// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Stateful;

/**
 * The two 8259As of a PC: the slave's INT is the master's input 2, so there are 15 lines. With them the edge/level
 * registers of the chip set (ports 0x4D0 and 0x4D1).
 *
 * <p>Not modelled: see {@link Pic8259}. Threads: the machine's only. {@link #pending()} is a field that every change
 * keeps up to date.
 *
 * @spec Intel 231468, 8259A data sheet, cascade mode; Intel 290562 (82371FB/SB), ELCR1 and ELCR2
 */
public final class PicPair implements Device, InterruptController, Stateful<PicPair.PairState> {
    /** The master's input that the slave sits at. */
    public static final int CASCADE = 2;

    /** Number of lines, the cascade's included. */
    public static final int LINES = 16;

    /** Timer, keyboard and cascade are edge-triggered for good, and so are the clock and the coprocessor. */
    private static final int ELCR_MASTER_BITS = 0xF8;

    private static final int ELCR_SLAVE_BITS = 0xDE;

    /** Nobody answers the acknowledge cycle: the bus floats. */
    private static final int FLOATING_BUS = 0xFF;

    /** Both chips. */
    public record PairState(Pic8259.PicState master, Pic8259.PicState slave) {
        public PairState {
            if ((master.elcr() & ~ELCR_MASTER_BITS) != 0 || (slave.elcr() & ~ELCR_SLAVE_BITS) != 0) {
                throw new IllegalArgumentException("level-triggered inputs that a PC hasn't got");
            }
        }
    }

    private final String name;
    private final Pic8259 master;
    private final Pic8259 slave;
    private boolean intr;

    public PicPair(String name, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        master = new Pic8259(name + ".master", level -> intr = level, events);
        slave = new Pic8259(name + ".slave", master.line(CASCADE), events);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        slave.reset();
        master.reset();
    }

    @Override
    public PairState state() {
        return new PairState(master.state(), slave.state());
    }

    /** The slave first: it drives an input of the master, whose state says the same. */
    @Override
    public void restore(PairState state) {
        slave.restore(state.slave);
        master.restore(state.master);
    }

    /** The registers of the chip with lines 0 to 7. */
    public ByteIoDevice master() {
        return master;
    }

    /** The registers of the chip with lines 8 to 15. */
    public ByteIoDevice slave() {
        return slave;
    }

    /** The edge/level registers: offset 0 for lines 0 to 7, 1 for 8 to 15; a set bit makes a line level-triggered. */
    public ByteIoDevice elcr() {
        return new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                return offset == 0 ? master.elcr() : slave.elcr();
            }

            @Override
            public void writeByte(int offset, int value) {
                if (offset == 0) {
                    master.elcr(value & ELCR_MASTER_BITS);
                } else {
                    slave.elcr(value & ELCR_SLAVE_BITS);
                }
            }
        };
    }

    /**
     * An interrupt line, for a single driver ({@link SharedIrqLine} makes several of one).
     *
     * @param irq 0 to 15, not 2
     */
    public IrqLine line(int irq) {
        if (irq < 0 || irq >= LINES || irq == CASCADE) {
            throw new IllegalArgumentException("no interrupt line %d".formatted(irq));
        }
        return irq < 8 ? master.line(irq) : slave.line(irq - 8);
    }

    @Override
    public boolean pending() {
        return intr;
    }

    @Override
    public int acknowledge() {
        int ir = master.acknowledgeInput();
        if (!master.hasSlave(ir)) {
            return master.vector(ir);
        }
        return ir == slave.slaveId() && ir == CASCADE ? slave.vector(slave.acknowledgeInput()) : FLOATING_BUS;
    }
}
