// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import vmlab.vmm.CpuIdentity;
import vmlab.vmm.GuestMemory;

/**
 * What the BIOS of a multiprocessor tells its operating system: which CPUs there are, and how the interrupt lines reach their
 * local APICs. A kernel finds it by the floating pointer in the BIOS area, which no kernel takes for usable memory.
 *
 * <p>Not modelled: the interrupts of PCI devices, whose lines are known when they are plugged in; the extended table.
 *
 * @spec Intel 242016, MultiProcessor Specification 1.4, chapter 4
 */
final class MpTable {
    private static final int POINTER_BYTES = 16;
    private static final int HEADER_BYTES = 44;
    private static final int SPEC_REVISION = 4;

    private static final int PROCESSOR = 0;
    private static final int BUS = 1;
    private static final int IO_APIC = 2;
    private static final int IO_INTERRUPT = 3;
    private static final int LOCAL_INTERRUPT = 4;

    private static final int ENABLED = 1;
    private static final int BOOT_PROCESSOR = 2;
    /** The versions of parts that are on the CPU's chip, and of the 82093AA with its 24 inputs. */
    private static final int LOCAL_APIC_VERSION = 0x14;

    private static final int IO_APIC_VERSION = 0x11;
    private static final int HAS_APIC = 1 << 9;

    /** Kinds of interrupts, 4.3.4. */
    private static final int INT = 0;

    private static final int NMI = 1;
    private static final int EXT_INT = 3;

    private static final int PCI_BUS = 0;
    private static final int ISA_BUS = 1;
    private static final int ISA_LINES = 16;
    private static final int CASCADE = 2;
    private static final int ALL_LOCAL_APICS = 0xFF;

    private final GuestMemory ram;
    private final int cpus;
    /** Where the next octet goes. */
    private long at;

    private MpTable(GuestMemory ram, int cpus) {
        this.ram = ram;
        this.cpus = cpus;
    }

    /** Stores pointer and table of a PC with so many CPUs, whose APIC identifiers count from 0, at {@link PcLayout#MP_TABLE}. */
    static void write(GuestMemory ram, int cpus) {
        MpTable table = new MpTable(ram, cpus);
        table.pointer();
        table.table();
    }

    /** There is a table, and no register to leave PIC mode by (4.1). */
    private void pointer() {
        at = PcLayout.MP_TABLE;
        text("_MP_", 4)
                .u32(PcLayout.MP_TABLE + POINTER_BYTES)
                .u8(POINTER_BYTES / 16)
                .u8(SPEC_REVISION);
        u8(0).u8(0).u32(0);
        check(PcLayout.MP_TABLE, POINTER_BYTES, 10);
    }

    private void table() {
        long start = PcLayout.MP_TABLE + POINTER_BYTES;
        at = start + HEADER_BYTES;
        int entries = entries();
        int bytes = (int) (at - start);
        at = start;
        text("PCMP", 4).u16(bytes).u8(SPEC_REVISION).u8(0).text("vmlab", 8).text("PC", 12);
        // No table of the board's maker; the extended part is empty, too.
        u32(0).u16(0).u16(entries).u32(PcLayout.LOCAL_APIC).u32(0);
        check(start, bytes, 7);
    }

    /** In the order of their types, as 4.3 wants; returns how many. */
    private int entries() {
        for (int cpu = 0; cpu < cpus; cpu++) {
            processor(cpu);
        }
        u8(BUS).u8(PCI_BUS).text("PCI", 6);
        u8(BUS).u8(ISA_BUS).text("ISA", 6);
        u8(IO_APIC).u8(ioApicId()).u8(IO_APIC_VERSION).u8(ENABLED).u32(PcLayout.IO_APIC);
        // KVM wires each line to the input of its number, the timer's too, which elsewhere has the cascade's.
        for (int line = 0; line < ISA_LINES; line++) {
            if (line != CASCADE) {
                interrupt(IO_INTERRUPT, INT, line, ioApicId(), line);
            }
        }
        interrupt(LOCAL_INTERRUPT, EXT_INT, 0, ALL_LOCAL_APICS, 0);
        interrupt(LOCAL_INTERRUPT, NMI, 0, ALL_LOCAL_APICS, 1);
        return cpus + 3 + (ISA_LINES - 1) + 2;
    }

    /** Behind those of the CPUs: all share one bus. */
    private int ioApicId() {
        return cpus;
    }

    private void processor(int cpu) {
        CpuIdentity.Leaf identity = CpuIdentity.leaf(CpuIdentity.FEATURES_LEAF);
        u8(PROCESSOR).u8(cpu).u8(LOCAL_APIC_VERSION).u8(cpu == 0 ? ENABLED | BOOT_PROCESSOR : ENABLED);
        u32(identity.eax() & 0xFFF).u32(identity.edx() | HAS_APIC).u32(0).u32(0);
    }

    /** Polarity and trigger are the bus's own. */
    private void interrupt(int entryType, int kind, int isaLine, int apic, int input) {
        u8(entryType).u8(kind).u16(0).u8(ISA_BUS).u8(isaLine).u8(apic).u8(input);
    }

    private MpTable u8(int value) {
        ram.write8(at, value);
        at++;
        return this;
    }

    private MpTable u16(int value) {
        ram.write16(at, value);
        at += 2;
        return this;
    }

    private MpTable u32(long value) {
        ram.write32(at, (int) value);
        at += 4;
        return this;
    }

    private MpTable text(String text, int bytes) {
        for (int i = 0; i < bytes; i++) {
            u8(i < text.length() ? text.charAt(i) : ' ');
        }
        return this;
    }

    /** Sets the octet that makes the sum of all 0. */
    private void check(long start, int bytes, int checksumAt) {
        int sum = 0;
        for (int i = 0; i < bytes; i++) {
            sum += ram.read8(start + i);
        }
        ram.write8(start + checksumAt, -sum & 0xFF);
    }
}
