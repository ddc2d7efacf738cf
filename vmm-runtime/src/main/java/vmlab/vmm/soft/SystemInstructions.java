// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Instructions that control the CPU: segment registers, control, debug and model-specific registers, descriptor tables,
 * interrupts, system calls and hypercalls.
 *
 * @spec SDM 2, the instructions' pages; SDM 3A, chapters 2 and 5
 */
final class SystemInstructions {
    /** System descriptor types that LAR and LSL accept (SDM 2, tables 3-53 and 3-56). */
    private static final int LAR_TYPES = 0x1A3E;

    private static final int LSL_TYPES = 0x0A0E;

    private SystemInstructions() {}

    private static void requirePrivilege(Cpu c) {
        if (c.cpl != 0) {
            throw c.generalProtection();
        }
    }

    private static void requireProtected(Cpu c) {
        if (!c.isProtected()) {
            throw c.undefined();
        }
    }

    private static Block go(Cpu c, int next) {
        c.eip = next;
        return Block.LOOKUP;
    }

    /** #UD; an opcode that isn't known is named once, UD0 to UD2 are meant. */
    static Block undefinedOpcode(Cpu c, int opcode) {
        if (opcode != 0x10B && opcode != 0x1B9 && opcode != 0x1FF) {
            c.report("undefined or unknown opcode %s%02X".formatted(opcode > 0xFF ? "0F " : "", opcode & 0xFF));
        }
        throw c.undefined();
    }

    // ---- segment registers

    static Block moveToSegment(Cpu c, Insn i, int next) {
        c.descriptors.load(i.reg, i.load(c) & 0xFFFF);
        return afterSegmentLoad(c, i.reg, next);
    }

    static Block popSegment(Cpu c, Insn i, int next) {
        int selector = c.peek(0, i.bytes) & 0xFFFF;
        int top = c.r[Cpu.ESP] + i.bytes;
        int mask = c.stackMask();
        c.descriptors.load(i.reg, selector);
        c.r[Cpu.ESP] = c.r[Cpu.ESP] & ~mask | top & mask;
        return afterSegmentLoad(c, i.reg, next);
    }

    /** A load of SS keeps interrupts off for one instruction, so that ESP can be set with it (SDM 3A, 6.8.3). */
    private static Block afterSegmentLoad(Cpu c, int register, int next) {
        c.eip = next;
        if (register == Cpu.SS) {
            c.shadowAt = c.count();
            c.quietAt = c.shadowAt;
        }
        return Block.LOOKUP;
    }

    static Block loadFarPointer(Cpu c, Insn i, int next) {
        int offset = i.load(c);
        int selector = Transfers.pointerSelector(c, i);
        c.descriptors.load(i.immediate, selector);
        i.storeReg(c, offset);
        return go(c, next);
    }

    // ---- group 6

    static void storeLdt(Cpu c, Insn i) {
        requireProtected(c);
        storeSelector(c, i, c.ldt.selector);
    }

    static void storeTask(Cpu c, Insn i) {
        requireProtected(c);
        storeSelector(c, i, c.task.selector);
    }

    /** To memory 16 bits, to a register zero-extended. */
    private static void storeSelector(Cpu c, Insn i, int selector) {
        if (i.isMemory()) {
            c.write16(i.linear(c, 2, true), selector);
        } else {
            i.store(c, selector & 0xFFFF);
        }
    }

    static void loadLdt(Cpu c, Insn i) {
        requireProtected(c);
        requirePrivilege(c);
        c.descriptors.loadLdt(i.load(c, 2) & 0xFFFF);
    }

    static void loadTask(Cpu c, Insn i) {
        requireProtected(c);
        requirePrivilege(c);
        c.descriptors.loadTask(i.load(c, 2) & 0xFFFF);
    }

    static void verifyRead(Cpu c, Insn i) {
        verify(c, i, false);
    }

    static void verifyWrite(Cpu c, Insn i) {
        verify(c, i, true);
    }

    private static void verify(Cpu c, Insn i, boolean write) {
        requireProtected(c);
        int selector = i.load(c, 2) & 0xFFFF;
        Descriptors d = c.descriptors;
        boolean ok = !Descriptors.isNull(selector)
                && d.fetch(selector)
                && (write ? d.isWritableData() : d.isReadable())
                && isVisible(c, selector);
        c.eflags(ok ? Eflags.ZF : 0, Eflags.ZF);
    }

    private static boolean isVisible(Cpu c, int selector) {
        Descriptors d = c.descriptors;
        return d.isCode() && d.isConforming() || d.dpl() >= c.cpl && d.dpl() >= (selector & 3);
    }

    /** Whether the descriptor is of a memory segment or of one of these system types, as bits. */
    private static boolean isKnownTo(Descriptors d, int types) {
        return d.systemType() < 0 || (types >>> d.systemType() & 1) != 0;
    }

    static void loadAccessRights(Cpu c, Insn i) {
        requireProtected(c);
        int selector = i.load(c, 2) & 0xFFFF;
        Descriptors d = c.descriptors;
        boolean ok =
                !Descriptors.isNull(selector) && d.fetch(selector) && isKnownTo(d, LAR_TYPES) && isVisible(c, selector);
        if (ok) {
            i.storeReg(c, i.bytes == 4 ? d.high & 0x00F0FF00 : d.high & 0xFF00);
        }
        c.eflags(ok ? Eflags.ZF : 0, Eflags.ZF);
    }

    static void loadLimit(Cpu c, Insn i) {
        requireProtected(c);
        int selector = i.load(c, 2) & 0xFFFF;
        Descriptors d = c.descriptors;
        boolean ok =
                !Descriptors.isNull(selector) && d.fetch(selector) && isKnownTo(d, LSL_TYPES) && isVisible(c, selector);
        if (ok) {
            i.storeReg(c, d.limit());
        }
        c.eflags(ok ? Eflags.ZF : 0, Eflags.ZF);
    }

    static void adjustRpl(Cpu c, Insn i) {
        requireProtected(c);
        int to = i.loadToModify(c) & 0xFFFF;
        int rpl = i.loadReg(c) & 3;
        boolean raise = (to & 3) < rpl;
        if (raise) {
            i.store(c, to & ~3 | rpl);
        }
        c.eflags(raise ? Eflags.ZF : 0, Eflags.ZF);
    }

    // ---- group 7

    static void storeGdt(Cpu c, Insn i) {
        storeTable(c, i, c.gdtBase, c.gdtLimit);
    }

    static void storeIdt(Cpu c, Insn i) {
        storeTable(c, i, c.idtBase, c.idtLimit);
    }

    private static void storeTable(Cpu c, Insn i, int base, int limit) {
        int offset = i.address.offset(c);
        c.probeWrite(i.address.segment, offset, 6);
        c.store16(i.address.segment, offset, limit);
        c.store32(i.address.segment, offset + 2 & i.address.mask, base);
    }

    static void loadGdt(Cpu c, Insn i) {
        requirePrivilege(c);
        int offset = i.address.offset(c);
        int limit = c.load16(i.address.segment, offset);
        c.gdtBase = tableBase(c, i, offset);
        c.gdtLimit = limit;
    }

    static void loadIdt(Cpu c, Insn i) {
        requirePrivilege(c);
        int offset = i.address.offset(c);
        int limit = c.load16(i.address.segment, offset);
        c.idtBase = tableBase(c, i, offset);
        c.idtLimit = limit;
    }

    /** With a 16-bit operand the base has 24 bits. */
    private static int tableBase(Cpu c, Insn i, int offset) {
        int base = c.load32(i.address.segment, offset + 2 & i.address.mask);
        return i.bytes == 2 ? base & 0xFFFFFF : base;
    }

    static void storeMachineStatus(Cpu c, Insn i) {
        if (i.isMemory()) {
            c.write16(i.linear(c, 2, true), c.cr0);
        } else {
            i.store(c, c.cr0);
        }
    }

    static Block loadMachineStatus(Cpu c, Insn i, int next) {
        requirePrivilege(c);
        int value = i.load(c, 2);
        setCr0(c, c.cr0 & ~(Cr0.MP | Cr0.EM | Cr0.TS) | value & (Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS));
        return go(c, next);
    }

    static Block invalidatePage(Cpu c, Insn i, int next) {
        requirePrivilege(c);
        c.mmu.drop(c.base[i.address.segment] + i.address.offset(c));
        return go(c, next);
    }

    /** VMCALL and VMMCALL, from any privilege, as under the seL4 VMM. */
    static Block hypercall(Cpu c, Insn i, int next) {
        c.board.hypercalls().dispatch(c);
        c.eip = next;
        return null;
    }

    // ---- control and debug registers

    /** CR1 and those from CR5 on don't exist, at any privilege. */
    private static void checkControlAccess(Cpu c, Insn i) {
        if (i.reg == 1 || i.reg > 4) {
            throw c.undefined();
        }
        requirePrivilege(c);
    }

    static void moveFromControl(Cpu c, Insn i) {
        checkControlAccess(c, i);
        switch (i.reg) {
            case 0:
                c.r[i.rm] = c.cr0;
                break;
            case 2:
                c.r[i.rm] = c.cr2;
                break;
            case 3:
                c.r[i.rm] = c.cr3;
                break;
            default:
                c.r[i.rm] = c.cr4;
                break;
        }
    }

    static Block moveToControl(Cpu c, Insn i, int next) {
        checkControlAccess(c, i);
        int value = c.r[i.rm];
        switch (i.reg) {
            case 0:
                setCr0(c, value);
                break;
            case 2:
                c.cr2 = value;
                break;
            case 3:
                c.cr3 = value;
                c.mmu.dropVolatile();
                break;
            default:
                setCr4(c, value);
                break;
        }
        return go(c, next);
    }

    static void setCr0(Cpu c, int value) {
        boolean wrong =
                (value & Cr0.PG) != 0 && (value & Cr0.PE) == 0 || (value & Cr0.NW) != 0 && (value & Cr0.CD) == 0;
        if (wrong) {
            throw c.generalProtection();
        }
        int changed = c.cr0 ^ value;
        c.cr0 = value & Cr0.SETTABLE | Cr0.ET;
        if ((changed & (Cr0.PG | Cr0.WP | Cr0.PE)) != 0) {
            c.mmu.dropAll();
        }
    }

    private static void setCr4(Cpu c, int value) {
        if ((value & ~Cr4.SETTABLE) != 0) {
            throw c.generalProtection();
        }
        int changed = c.cr4 ^ value;
        c.cr4 = value;
        if ((changed & (Cr4.PSE | Cr4.PGE)) != 0) {
            c.mmu.dropAll();
        }
    }

    static void clearTaskSwitched(Cpu c, Insn i) {
        requirePrivilege(c);
        c.cr0 &= ~Cr0.TS;
    }

    private static int debugNumber(Cpu c, int number) {
        if (number != 4 && number != 5) {
            return number;
        }
        if ((c.cr4 & Cr4.DE) != 0) {
            throw c.undefined();
        }
        return number + 2;
    }

    private static void checkDebugAccess(Cpu c) {
        requirePrivilege(c);
        if ((c.dr[7] & DebugRegisters.DR7_GENERAL_DETECT) != 0) {
            c.dr[7] &= ~DebugRegisters.DR7_GENERAL_DETECT;
            c.dr[6] |= DebugRegisters.DR6_DETECT;
            throw c.raise(CpuFault.DB, 0);
        }
    }

    static void moveFromDebug(Cpu c, Insn i) {
        int number = debugNumber(c, i.reg);
        checkDebugAccess(c);
        c.r[i.rm] = c.dr[number];
    }

    static Block moveToDebug(Cpu c, Insn i, int next) {
        int number = debugNumber(c, i.reg);
        checkDebugAccess(c);
        int value = c.r[i.rm];
        if (number == 6) {
            value = value & 0xE00F | DebugRegisters.DR6_ONES;
        } else if (number == 7) {
            value = value & 0xFFFF23FF | 0x400;
        }
        c.dr[number] = value;
        // Pages with breakpoints must not be in the TLB.
        c.mmu.dropAll();
        c.eip = next;
        return null;
    }

    // ---- model-specific registers, time, identification

    static Block readMsr(Cpu c, Insn i, int next) {
        requirePrivilege(c);
        long value;
        switch (c.r[Cpu.ECX]) {
            case ModelSpecific.TSC:
                value = c.timeStamp.ticks();
                break;
            case ModelSpecific.MCG_CAP, ModelSpecific.MCG_STATUS:
                value = 0;
                break;
            case ModelSpecific.FCR:
                value = c.featureControl;
                break;
            case ModelSpecific.SYSENTER_CS:
                value = c.sysenterCs & 0xFFFFFFFFL;
                break;
            case ModelSpecific.SYSENTER_ESP:
                value = c.sysenterEsp & 0xFFFFFFFFL;
                break;
            case ModelSpecific.SYSENTER_EIP:
                value = c.sysenterEip & 0xFFFFFFFFL;
                break;
            default:
                throw unknownMsr(c, "RDMSR");
        }
        c.r[Cpu.EAX] = (int) value;
        c.r[Cpu.EDX] = (int) (value >>> 32);
        return go(c, next);
    }

    static Block writeMsr(Cpu c, Insn i, int next) {
        requirePrivilege(c);
        int low = c.r[Cpu.EAX];
        switch (c.r[Cpu.ECX]) {
            case ModelSpecific.TSC:
                c.timeStamp.set((long) c.r[Cpu.EDX] << 32 | low & 0xFFFFFFFFL);
                break;
            case ModelSpecific.MCG_STATUS:
                break;
            case ModelSpecific.FCR:
                c.featureControl = (long) c.r[Cpu.EDX] << 32 | low & 0xFFFFFFFFL;
                break;
            case ModelSpecific.SYSENTER_CS:
                c.sysenterCs = low;
                break;
            case ModelSpecific.SYSENTER_ESP:
                c.sysenterEsp = low;
                break;
            case ModelSpecific.SYSENTER_EIP:
                c.sysenterEip = low;
                break;
            default:
                throw unknownMsr(c, "WRMSR");
        }
        return go(c, next);
    }

    private static CpuFault unknownMsr(Cpu c, String what) {
        c.report("%s of unknown register %#x".formatted(what, c.r[Cpu.ECX]));
        return c.generalProtection();
    }

    static Block readTimeStamp(Cpu c, Insn i, int next) {
        if (c.cpl != 0 && (c.cr4 & Cr4.TSD) != 0) {
            throw c.generalProtection();
        }
        long value = c.timeStamp.ticks();
        c.r[Cpu.EAX] = (int) value;
        c.r[Cpu.EDX] = (int) (value >>> 32);
        return go(c, next);
    }

    static void identify(Cpu c, Insn i) {
        Identity.leaf(c);
    }

    // ---- interrupts, halt, system calls

    static void clearInterrupts(Cpu c, Insn i) {
        if (c.isProtected() && c.cpl > c.ioPrivilege()) {
            throw c.generalProtection();
        }
        c.eflags(0, Eflags.IF);
    }

    static Block setInterrupts(Cpu c, Insn i, int next) {
        if (c.isProtected() && c.cpl > c.ioPrivilege()) {
            throw c.generalProtection();
        }
        c.eip = next;
        if (c.flag(Eflags.IF)) {
            return Block.LOOKUP;
        }
        c.eflags(Eflags.IF, Eflags.IF);
        c.shadowAt = c.count();
        return Interrupts.afterFlagsChange(c);
    }

    static Block halt(Cpu c, Insn i, int next) {
        requirePrivilege(c);
        c.halted = true;
        c.eip = next;
        return null;
    }

    static void requireKernel(Cpu c, Insn i) {
        requirePrivilege(c);
    }

    static Block sysenter(Cpu c, Insn i, int next) {
        if (!c.isProtected() || (c.sysenterCs & 0xFFFC) == 0) {
            throw c.generalProtection();
        }
        c.eflags(0, Eflags.IF | Eflags.RF);
        flat(c, Cpu.CS, c.sysenterCs & 0xFFFC, Attributes.CODE, 0);
        flat(c, Cpu.SS, (c.sysenterCs & 0xFFFC) + 8, 0, 0);
        c.privilege(0);
        c.r[Cpu.ESP] = c.sysenterEsp;
        return go(c, c.sysenterEip);
    }

    static Block sysexit(Cpu c, Insn i, int next) {
        if (!c.isProtected() || c.cpl != 0 || (c.sysenterCs & 0xFFFC) == 0) {
            throw c.generalProtection();
        }
        int target = c.r[Cpu.EDX];
        flat(c, Cpu.CS, (c.sysenterCs & 0xFFFC) + 16 | 3, Attributes.CODE, 3);
        flat(c, Cpu.SS, (c.sysenterCs & 0xFFFC) + 24 | 3, 0, 3);
        c.privilege(3);
        c.r[Cpu.ESP] = c.r[Cpu.ECX];
        return go(c, target);
    }

    /** A flat 4 GB segment as SYSENTER and SYSEXIT load it, whatever the table says. */
    private static void flat(Cpu c, int register, int selector, int code, int dpl) {
        int attributes = Attributes.PRESENT
                | Attributes.MEMORY
                | Attributes.WRITABLE
                | Attributes.ACCESSED
                | Attributes.BIG
                | Attributes.GRANULAR
                | code
                | dpl << 13;
        c.segment(register, selector, 0, -1, attributes);
    }

    /** The I/O permission check (SDM 1, 19.5), and I/O breakpoints (SDM 3B, 17.2.4). */
    static void checkPort(Cpu c, int port, int bytes) {
        if (c.isProtected() && c.cpl > c.ioPrivilege()) {
            checkPortMap(c, port, bytes);
        }
        if ((c.dr[7] & 0xFF) != 0 && (c.cr4 & Cr4.DE) != 0) {
            c.watchHits |= DebugRegisters.portHits(c.dr, port, bytes);
        }
    }

    private static void checkPortMap(Cpu c, int port, int bytes) {
        boolean wide = (Attributes.type(c.task.attributes) & 13) == 9;
        if (!wide || Integer.compareUnsigned(103, c.task.limit) > 0) {
            throw c.generalProtection();
        }
        int at = c.mmu.readSystem16(c.task.base + 102) + port / 8;
        if (Integer.compareUnsigned(at + 1, c.task.limit) > 0) {
            throw c.generalProtection();
        }
        int bits = c.mmu.readSystem16(c.task.base + at) >>> (port & 7);
        if ((bits & (1 << bytes) - 1) != 0) {
            throw c.generalProtection();
        }
    }
}
