// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.jit.Site;

/**
 * A region's compiled code, entered at one of its blocks, whose end it stands for: the run loop executes it like any other.
 * Subclasses are generated.
 *
 * <p>An exception leaves {@link Cpu#eip} at the instruction and the budget as if this were its block's last: that is what
 * index and offset say.
 */
abstract class Compiled extends Term {
    final Region region;
    final Op[] calls;
    final Term[] endings;
    final Branches.Exit[] exits;

    /** From where the region's addresses are counted from to the block entered. */
    final int delta;

    /** Bits of the pages of the block entered. */
    private final int entryPages;

    Compiled(Region region, Region.Entry entry) {
        this.region = region;
        calls = region.calls;
        endings = region.endings;
        exits = region.exits;
        delta = entry.delta();
        entryPages = entry.pages();
        index = entry.block().count - 1;
    }

    /** Which of the region's pages are where they were when it was planned, if it is executed from there on. */
    final int pages(Cpu c, int base) {
        int there = region.pages(c, base);
        // A page that was dropped while it executes is left in no other way than to its own blocks.
        return (there & entryPages) == entryPages ? there : entryPages;
    }

    /** What follows at EIP, which was come to by one of the region's exits or, if that is negative, in some other way. */
    final Block leave(Cpu c, int exit) {
        return exit < 0 ? c.mmu.known(c.eip) : exits[exit].follow(c);
    }

    /** An instruction has thrown: puts EIP there and gives back what of its block wasn't executed. */
    static void interrupted(Throwable thrown, Cpu c, int base, int site) {
        if (!(thrown instanceof CpuFault fault && fault.settled)) {
            c.eip = base + Site.delta(site);
        }
        c.budget += Site.instructionsBehind(site);
    }

    /** DIV by 32 bits: the quotient, and the remainder in the upper half. */
    static long divideUnsigned(Cpu c, int high, int low, int operand) {
        long divisor = operand & 0xFFFFFFFFL;
        if (Integer.compareUnsigned(high, operand) >= 0) {
            throw c.raise(CpuFault.DE, 0);
        }
        long dividend = (long) high << 32 | low & 0xFFFFFFFFL;
        long quotient = dividend >= 0 ? dividend / divisor : Long.divideUnsigned(dividend, divisor);
        return quotient & 0xFFFFFFFFL | dividend - quotient * divisor << 32;
    }

    /** IDIV by 32 bits: the quotient, and the remainder in the upper half. */
    static long divideSigned(Cpu c, int high, int low, int divisor) {
        if (divisor == 0) {
            throw c.raise(CpuFault.DE, 0);
        }
        long dividend = (long) high << 32 | low & 0xFFFFFFFFL;
        long quotient = dividend / divisor;
        if (quotient != (int) quotient) {
            throw c.raise(CpuFault.DE, 0);
        }
        return quotient & 0xFFFFFFFFL | dividend - quotient * divisor << 32;
    }

    /** OF after SHR by {@code count}, as 0 or 1. */
    static int overflowOfShiftRight(int operand, int count) {
        return count == 1 ? operand >>> 31 : 0;
    }
}
