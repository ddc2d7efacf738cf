// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Integer arithmetic of any operand size (1, 2 or 4 bytes) with its flags. Operands and results are sign-extended, so one
 * set of formulas serves all sizes: order, sign and zero are those of the 32-bit values.
 *
 * <p>Flags that the manual leaves undefined are cleared, or left as the nearest defined case has them.
 *
 * @spec SDM 2, the instructions' pages; SDM 1, appendix A (EFLAGS cross-reference)
 */
final class Alu {
    /** The operations of opcodes 00 to 3F and group 1, in the order of their encoding. */
    static final int ADD = 0;

    static final int OR = 1;
    static final int ADC = 2;
    static final int SBB = 3;
    static final int AND = 4;
    static final int SUB = 5;
    static final int XOR = 6;
    static final int CMP = 7;
    static final int TEST = 8;

    private Alu() {}

    static int extend(int value, int bytes) {
        return bytes == 4 ? value : bytes == 1 ? (byte) value : (short) value;
    }

    private static int flags(Cpu c, int kind, int a, int b, int result) {
        c.flagKind = kind;
        c.flagA = a;
        c.flagB = b;
        c.flagResult = result;
        return result;
    }

    static int operate(Cpu c, int operation, int a, int b, int bytes) {
        switch (operation) {
            case ADD:
                return flags(c, Cpu.FLAGS_ADD, a, b, extend(a + b, bytes));
            case OR:
                return logic(c, a | b);
            case ADC:
                int carry = c.carry() ? 1 : 0;
                return flags(c, carry == 0 ? Cpu.FLAGS_ADD : Cpu.FLAGS_ADC, a, b, extend(a + b + carry, bytes));
            case SBB:
                int borrow = c.carry() ? 1 : 0;
                return flags(c, borrow == 0 ? Cpu.FLAGS_SUB : Cpu.FLAGS_SBB, a, b, extend(a - b - borrow, bytes));
            case AND:
            case TEST:
                return logic(c, a & b);
            case XOR:
                return logic(c, a ^ b);
            default:
                return flags(c, Cpu.FLAGS_SUB, a, b, extend(a - b, bytes));
        }
    }

    static int logic(Cpu c, int result) {
        c.flagKind = Cpu.FLAGS_LOGIC;
        c.flagResult = result;
        return result;
    }

    static int increment(Cpu c, int a, int bytes) {
        return flags(c, Cpu.FLAGS_INC, a, c.carry() ? 1 : 0, extend(a + 1, bytes));
    }

    static int decrement(Cpu c, int a, int bytes) {
        return flags(c, Cpu.FLAGS_DEC, a, c.carry() ? 1 : 0, extend(a - 1, bytes));
    }

    static int negate(Cpu c, int a, int bytes) {
        return flags(c, Cpu.FLAGS_SUB, 0, a, extend(-a, bytes));
    }

    /** Sets ZF, SF and PF by the result; CF and OF as given; AF is cleared. */
    private static int shifted(Cpu c, int result, boolean carry, boolean overflow) {
        return flags(c, Cpu.FLAGS_RESULT, (carry ? Eflags.CF : 0) | (overflow ? Eflags.OF : 0), 0, result);
    }

    /** Group 2 in the order of its encoding: ROL ROR RCL RCR SHL SHR SAL SAR. A count of 0 changes nothing. */
    static int shift(Cpu c, int operation, int a, int rawCount, int bytes) {
        int count = rawCount & 31;
        if (count == 0) {
            return a;
        }
        switch (operation) {
            case 0:
                return rotateLeft(c, a, count, bytes);
            case 1:
                return rotateRight(c, a, count, bytes);
            case 2:
                return rotateLeftThroughCarry(c, a, count, bytes);
            case 3:
                return rotateRightThroughCarry(c, a, count, bytes);
            case 5:
                return shiftRight(c, a, count, bytes);
            case 7:
                return shiftArithmeticRight(c, a, count, bytes);
            default:
                return shiftLeft(c, a, count, bytes);
        }
    }

    private static long unsigned(int a, int bytes) {
        return a & (-1L >>> (64 - 8 * bytes));
    }

    private static int shiftLeft(Cpu c, int a, int count, int bytes) {
        long wide = unsigned(a, bytes) << count;
        int result = extend((int) wide, bytes);
        boolean carry = (wide >>> (8 * bytes) & 1) != 0;
        return shifted(c, result, carry, result < 0 != carry);
    }

    private static int shiftRight(Cpu c, int a, int count, int bytes) {
        long wide = unsigned(a, bytes);
        boolean carry = (wide >>> (count - 1) & 1) != 0;
        return shifted(c, extend((int) (wide >>> count), bytes), carry, count == 1 && a < 0);
    }

    private static int shiftArithmeticRight(Cpu c, int a, int count, int bytes) {
        boolean carry = ((a >> (count - 1)) & 1) != 0;
        return shifted(c, a >> count, carry, false);
    }

    /** Rotates change CF and OF only. */
    private static int rotated(Cpu c, int result, boolean carry, boolean overflow) {
        c.carryAndOverflow(carry, overflow);
        return result;
    }

    private static int rotateLeft(Cpu c, int a, int count, int bytes) {
        int bits = 8 * bytes;
        int n = count & (bits - 1);
        long v = unsigned(a, bytes);
        int result = extend((int) (v << n | v >>> (bits - n)), bytes);
        boolean carry = (result & 1) != 0;
        return rotated(c, result, carry, result < 0 != carry);
    }

    private static int rotateRight(Cpu c, int a, int count, int bytes) {
        int bits = 8 * bytes;
        int n = count & (bits - 1);
        long v = unsigned(a, bytes);
        int result = extend((int) (v >>> n | v << (bits - n)), bytes);
        return rotated(c, result, result < 0, (result < 0) != ((result >>> (bits - 2) & 1) != 0));
    }

    private static int rotateLeftThroughCarry(Cpu c, int a, int count, int bytes) {
        int bits = 8 * bytes;
        int n = count % (bits + 1);
        long v = unsigned(a, bytes) | (c.carry() ? 1L << bits : 0);
        long turned = n == 0 ? v : v << n | v >>> (bits + 1 - n);
        int result = extend((int) turned, bytes);
        boolean carry = (turned >>> bits & 1) != 0;
        return rotated(c, result, carry, result < 0 != carry);
    }

    private static int rotateRightThroughCarry(Cpu c, int a, int count, int bytes) {
        int bits = 8 * bytes;
        int n = count % (bits + 1);
        long v = unsigned(a, bytes) | (c.carry() ? 1L << bits : 0);
        long turned = n == 0 ? v : v >>> n | v << (bits + 1 - n);
        int result = extend((int) turned, bytes);
        boolean overflow = (result < 0) != ((turned >>> (bits - 2) & 1) != 0);
        return rotated(c, result, (turned >>> bits & 1) != 0, overflow);
    }

    /** SHLD; a count beyond the size of a 16-bit operand goes on with the destination's bits, as a P6 does. */
    static int shiftLeftDouble(Cpu c, int a, int fill, int rawCount, int bytes) {
        int count = rawCount & 31;
        if (count == 0) {
            return a;
        }
        int bits = 8 * bytes;
        long v = unsigned(a, bytes) << bits | unsigned(fill, bytes);
        if (bytes == 2) {
            v = v << 16 | unsigned(a, 2);
        }
        int top = bytes == 2 ? 48 : 64;
        boolean carry = (v >>> (top - count) & 1) != 0;
        int result = extend((int) (v >>> (top - bits - count)), bytes);
        return shifted(c, result, carry, (result ^ a) < 0);
    }

    /** SHRD. */
    static int shiftRightDouble(Cpu c, int a, int fill, int rawCount, int bytes) {
        int count = rawCount & 31;
        if (count == 0) {
            return a;
        }
        long v = unsigned(fill, bytes) << (8 * bytes) | unsigned(a, bytes);
        if (bytes == 2) {
            v |= unsigned(a, 2) << 32;
        }
        boolean carry = (v >>> (count - 1) & 1) != 0;
        int result = extend((int) (v >>> count), bytes);
        return shifted(c, result, carry, (result ^ a) < 0);
    }

    /** CF and OF say whether the product needs its high half; SF, ZF and PF follow the low half. */
    static void multiplied(Cpu c, int low, boolean needsHigh) {
        shifted(c, low, needsHigh, needsHigh);
    }

    /** IMUL with two or three operands. */
    static int multiply(Cpu c, int a, int b, int bytes) {
        long product = (long) a * b;
        int result = extend((int) product, bytes);
        multiplied(c, result, result != product);
        return result;
    }

    // ---- decimal adjustment (SDM 2: AAA AAD AAM AAS DAA DAS)

    static void decimalAdjustAdd(Cpu c) {
        int al = c.r[Cpu.EAX] & 0xFF;
        int flags = c.arithmeticFlags();
        boolean carry = (flags & Eflags.CF) != 0;
        boolean adjust = (flags & Eflags.AF) != 0;
        boolean low = (al & 15) > 9 || adjust;
        boolean high = al > 0x99 || carry;
        int result = al + (low ? 6 : 0) + (high ? 0x60 : 0);
        decimalResult(c, result, low, high);
    }

    static void decimalAdjustSubtract(Cpu c) {
        int al = c.r[Cpu.EAX] & 0xFF;
        int flags = c.arithmeticFlags();
        boolean carry = (flags & Eflags.CF) != 0;
        boolean adjust = (flags & Eflags.AF) != 0;
        boolean low = (al & 15) > 9 || adjust;
        boolean high = al > 0x99 || carry;
        int result = al - (low ? 6 : 0) - (high ? 0x60 : 0);
        decimalResult(c, result, low, high || low && al < 6);
    }

    private static void decimalResult(Cpu c, int result, boolean adjust, boolean carry) {
        c.register(Cpu.EAX, 1, result);
        flags(c, Cpu.FLAGS_RESULT, (adjust ? Eflags.AF : 0) | (carry ? Eflags.CF : 0), 0, (byte) result);
    }

    /** AAA (sign 1) and AAS (sign -1). */
    static void asciiAdjust(Cpu c, int sign) {
        int ax = c.r[Cpu.EAX] & 0xFFFF;
        boolean adjust = (ax & 15) > 9 || (c.arithmeticFlags() & Eflags.AF) != 0;
        if (adjust) {
            ax += sign * 0x106;
        }
        ax &= 0xFF0F;
        c.register(Cpu.EAX, 2, ax);
        flags(c, Cpu.FLAGS_RESULT, adjust ? Eflags.AF | Eflags.CF : 0, 0, (byte) ax);
    }

    static void asciiAdjustMultiply(Cpu c, int divisor) {
        if (divisor == 0) {
            throw c.raise(CpuFault.DE, 0);
        }
        int al = c.r[Cpu.EAX] & 0xFF;
        c.register(Cpu.EAX, 2, (al / divisor) << 8 | al % divisor);
        flags(c, Cpu.FLAGS_RESULT, 0, 0, (byte) (al % divisor));
    }

    static void asciiAdjustDivide(Cpu c, int factor) {
        int ax = c.r[Cpu.EAX];
        int al = (byte) ((ax & 0xFF) + ((ax >>> 8) & 0xFF) * factor);
        c.register(Cpu.EAX, 2, al & 0xFF);
        flags(c, Cpu.FLAGS_RESULT, 0, 0, al);
    }

    // ---- one-operand multiplication and division (group 3)

    static void multiplyUnsigned(Cpu c, int operand, int bytes) {
        long product = unsigned(c.register(Cpu.EAX, bytes), bytes) * unsigned(operand, bytes);
        storeProduct(c, product, bytes);
        multiplied(c, extend((int) product, bytes), product >>> (8 * bytes) != 0);
    }

    static void multiplySigned(Cpu c, int operand, int bytes) {
        long product = (long) c.register(Cpu.EAX, bytes) * operand;
        storeProduct(c, product, bytes);
        int low = extend((int) product, bytes);
        multiplied(c, low, low != product);
    }

    private static void storeProduct(Cpu c, long product, int bytes) {
        if (bytes == 1) {
            c.register(Cpu.EAX, 2, (int) product);
        } else {
            c.register(Cpu.EAX, bytes, (int) product);
            c.register(Cpu.EDX, bytes, (int) (product >> (8 * bytes)));
        }
    }

    private static long dividend(Cpu c, int bytes) {
        switch (bytes) {
            case 1:
                return (short) c.r[Cpu.EAX];
            case 2:
                return c.r[Cpu.EDX] << 16 | c.r[Cpu.EAX] & 0xFFFF;
            default:
                return (long) c.r[Cpu.EDX] << 32 | c.r[Cpu.EAX] & 0xFFFFFFFFL;
        }
    }

    static void divideUnsigned(Cpu c, int operand, int bytes) {
        long divisor = unsigned(operand, bytes);
        if (divisor == 0) {
            throw c.raise(CpuFault.DE, 0);
        }
        long n = dividend(c, bytes);
        long dividend = bytes == 4 ? n : n & (-1L >>> (64 - 16 * bytes));
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (quotient >>> (8 * bytes) != 0) {
            throw c.raise(CpuFault.DE, 0);
        }
        storeQuotient(c, quotient, dividend - quotient * divisor, bytes);
    }

    static void divideSigned(Cpu c, int operand, int bytes) {
        if (operand == 0) {
            throw c.raise(CpuFault.DE, 0);
        }
        long dividend = dividend(c, bytes);
        // The one quotient that 64 bits don't hold, -2^63 / -1, wraps to a value that 32 bits don't hold either.
        long quotient = dividend / operand;
        if (extend((int) quotient, bytes) != quotient) {
            throw c.raise(CpuFault.DE, 0);
        }
        storeQuotient(c, quotient, dividend - quotient * operand, bytes);
    }

    private static void storeQuotient(Cpu c, long quotient, long remainder, int bytes) {
        if (bytes == 1) {
            c.register(Cpu.EAX, 2, (int) quotient & 0xFF | (int) remainder << 8);
        } else {
            c.register(Cpu.EAX, bytes, (int) quotient);
            c.register(Cpu.EDX, bytes, (int) remainder);
        }
    }
}
