// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.RawMemory;

/**
 * The string instructions. A repeated one runs at most to the end of a page at a time and then starts again as a new
 * instruction, so that interrupts and time don't wait for it, and to one element where it is traced; after a fault the registers say how far it came.
 *
 * @spec SDM 2, REP and the instructions' pages
 */
final class Strings {
    private Strings() {}

    private static int step(Cpu c, Insn i) {
        return c.flag(Eflags.DF) ? -i.bytes : i.bytes;
    }

    private static void advance(Cpu c, Insn i, int register, int by) {
        int mask = i.addressMask;
        c.r[register] = c.r[register] & ~mask | c.r[register] + by & mask;
    }

    private static int source(Cpu c, Insn i) {
        return c.linear(i.segment, c.r[Cpu.ESI] & i.addressMask, i.bytes, false);
    }

    private static int destination(Cpu c, Insn i, boolean write) {
        return c.linear(Cpu.ES, c.r[Cpu.EDI] & i.addressMask, i.bytes, write);
    }

    // ---- one element

    static void move(Cpu c, Insn i) {
        int value = c.read(source(c, i), i.bytes);
        c.write(destination(c, i, true), i.bytes, value);
        advance(c, i, Cpu.ESI, step(c, i));
        advance(c, i, Cpu.EDI, step(c, i));
    }

    static void store(Cpu c, Insn i) {
        c.write(destination(c, i, true), i.bytes, c.r[Cpu.EAX]);
        advance(c, i, Cpu.EDI, step(c, i));
    }

    static void load(Cpu c, Insn i) {
        c.register(Cpu.EAX, i.bytes, c.read(source(c, i), i.bytes));
        advance(c, i, Cpu.ESI, step(c, i));
    }

    static void compare(Cpu c, Insn i) {
        int a = c.read(source(c, i), i.bytes);
        int b = c.read(destination(c, i, false), i.bytes);
        Alu.operate(c, Alu.CMP, a, b, i.bytes);
        advance(c, i, Cpu.ESI, step(c, i));
        advance(c, i, Cpu.EDI, step(c, i));
    }

    static void scan(Cpu c, Insn i) {
        int b = c.read(destination(c, i, false), i.bytes);
        Alu.operate(c, Alu.CMP, c.register(Cpu.EAX, i.bytes), b, i.bytes);
        advance(c, i, Cpu.EDI, step(c, i));
    }

    // ---- repetition

    private static int count(Cpu c, Insn i) {
        return c.r[Cpu.ECX] & i.addressMask;
    }

    private static void counted(Cpu c, Insn i, int elements) {
        advance(c, i, Cpu.ECX, -elements);
    }

    private static int again(Cpu c, int address) {
        c.repeatedAt = c.count();
        return address;
    }

    /** Goes on behind the instruction or, if elements are left, at it again. */
    private static Block proceed(Cpu c, Insn i, int next, int length) {
        c.eip = count(c, i) == 0 ? next : again(c, next - length);
        return Block.LOOKUP;
    }

    /** Elements that can be done before a page ends; a fixed number of steps, whatever the TLB holds. One if each traps. */
    private static int untilPageEnd(Cpu c, Insn i, int register, int segment, int most) {
        int linear = c.base[segment] + (c.r[register] & i.addressMask);
        int inPage = c.flag(Eflags.DF) ? (linear & 0xFFF) + i.bytes : 0x1000 - (linear & 0xFFF);
        int fits = c.isTraced() || c.precise && c.breaks.watching ? 1 : Math.max(1, inPage / i.bytes);
        return Integer.compareUnsigned(most, fits) < 0 ? most : fits;
    }

    static Block moveRepeated(Cpu c, Insn i, int next) {
        int n = count(c, i);
        if (n != 0) {
            n = untilPageEnd(c, i, Cpu.ESI, i.segment, n);
            n = untilPageEnd(c, i, Cpu.EDI, Cpu.ES, n);
            for (int k = 0; k < n; k++) {
                if (copyRest(c, i, n - k)) {
                    break;
                }
                move(c, i);
                counted(c, i, 1);
            }
        }
        return proceed(c, i, next, i.immediate);
    }

    /** Moves the elements in one go if both sides are plain memory; they don't cross a page. */
    private static boolean copyRest(Cpu c, Insn i, int elements) {
        int bytes = elements * i.bytes;
        if (c.flag(Eflags.DF) || i.addressMask != -1 || (c.mode & Cpu.MODE_FLAT) == 0 || i.segment > Cpu.DS) {
            return false;
        }
        long from = c.mmu.hostForRead(c.r[Cpu.ESI], bytes);
        long to = c.mmu.hostForWrite(c.r[Cpu.EDI], bytes);
        if (from == 0 || to == 0) {
            return false;
        }
        if (to > from && to < from + bytes) {
            // The copy feeds on itself: a pattern is being spread, element by element.
            copyForward(from, to, elements, i.bytes);
        } else {
            RawMemory.copy(from, to, bytes);
        }
        c.r[Cpu.ESI] += bytes;
        c.r[Cpu.EDI] += bytes;
        c.r[Cpu.ECX] -= elements;
        return true;
    }

    private static void copyForward(long from, long to, int elements, int size) {
        for (int k = 0; k < elements; k++) {
            long at = (long) k * size;
            if (size == 4) {
                RawMemory.put32(to + at, RawMemory.get32(from + at));
            } else if (size == 2) {
                RawMemory.put16(to + at, RawMemory.get16(from + at));
            } else {
                RawMemory.put8(to + at, RawMemory.get8(from + at));
            }
        }
    }

    static Block storeRepeated(Cpu c, Insn i, int next) {
        int n = count(c, i);
        if (n != 0) {
            n = untilPageEnd(c, i, Cpu.EDI, Cpu.ES, n);
            for (int k = 0; k < n; k++) {
                if (fillRest(c, i, n - k)) {
                    break;
                }
                store(c, i);
                counted(c, i, 1);
            }
        }
        return proceed(c, i, next, i.immediate);
    }

    private static boolean fillRest(Cpu c, Insn i, int elements) {
        int bytes = elements * i.bytes;
        if (c.flag(Eflags.DF) || i.addressMask != -1 || (c.mode & Cpu.MODE_FLAT) == 0) {
            return false;
        }
        long to = c.mmu.hostForWrite(c.r[Cpu.EDI], bytes);
        if (to == 0) {
            return false;
        }
        int value = c.register(Cpu.EAX, i.bytes);
        if (value == 0 || i.bytes == 1) {
            RawMemory.fill(to, bytes, (byte) value);
        } else {
            for (int at = 0; at < bytes; at += i.bytes) {
                if (i.bytes == 4) {
                    RawMemory.put32(to + at, value);
                } else {
                    RawMemory.put16(to + at, (short) value);
                }
            }
        }
        c.r[Cpu.EDI] += bytes;
        c.r[Cpu.ECX] -= elements;
        return true;
    }

    static Block loadRepeated(Cpu c, Insn i, int next) {
        int n = count(c, i);
        if (n != 0) {
            n = untilPageEnd(c, i, Cpu.ESI, i.segment, n);
            for (int k = 0; k < n; k++) {
                load(c, i);
                counted(c, i, 1);
            }
        }
        return proceed(c, i, next, i.immediate);
    }

    static Block compareRepeated(Cpu c, Insn i, int next) {
        int n = untilPageEnd(c, i, Cpu.ESI, i.segment, count(c, i));
        return search(c, i, next, untilPageEnd(c, i, Cpu.EDI, Cpu.ES, n), Strings::compare);
    }

    static Block scanRepeated(Cpu c, Insn i, int next) {
        return search(c, i, next, untilPageEnd(c, i, Cpu.EDI, Cpu.ES, count(c, i)), Strings::scan);
    }

    /** Compares up to {@code elements}, until REPE meets a difference or REPNE an equality. */
    private static Block search(Cpu c, Insn i, int next, int elements, Insn.Semantics comparison) {
        for (int k = 0; k < elements; k++) {
            comparison.execute(c, i);
            counted(c, i, 1);
            if (c.zero() != (i.repeat == Insn.REP)) {
                c.eip = next;
                return Block.LOOKUP;
            }
        }
        return proceed(c, i, next, i.immediate);
    }

    // ---- ports: one element at a time, so that each is seen at its time

    static Block input(Cpu c, Insn i, int next) {
        boolean repeated = i.repeat != Insn.NO_REPEAT;
        if (repeated && count(c, i) == 0) {
            c.eip = next;
            return Block.LOOKUP;
        }
        int port = c.r[Cpu.EDX] & 0xFFFF;
        SystemInstructions.checkPort(c, port, i.bytes);
        int linear = destination(c, i, true);
        c.mmu.probeWrite(linear, i.bytes);
        c.write(linear, i.bytes, (int) c.board.ports().read(port, i.bytes));
        advance(c, i, Cpu.EDI, step(c, i));
        return proceedPort(c, i, next, repeated);
    }

    static Block output(Cpu c, Insn i, int next) {
        boolean repeated = i.repeat != Insn.NO_REPEAT;
        if (repeated && count(c, i) == 0) {
            c.eip = next;
            return Block.LOOKUP;
        }
        int port = c.r[Cpu.EDX] & 0xFFFF;
        SystemInstructions.checkPort(c, port, i.bytes);
        int value = c.read(source(c, i), i.bytes);
        c.board.ports().write(port, i.bytes, value);
        advance(c, i, Cpu.ESI, step(c, i));
        return proceedPort(c, i, next, repeated);
    }

    private static Block proceedPort(Cpu c, Insn i, int next, boolean repeated) {
        if (repeated) {
            counted(c, i, 1);
            c.eip = count(c, i) == 0 ? next : again(c, next - i.immediate);
        } else {
            c.eip = next;
        }
        return null;
    }
}
