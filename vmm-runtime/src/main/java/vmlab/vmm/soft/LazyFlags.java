// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * The arithmetic flags as they follow from the last operation, its operands and its result: what {@link Cpu#flagKind} and
 * the fields behind it mean. Compiled code keeps the four in local variables, so everything here takes values.
 *
 * @spec SDM 1, 3.4.3.1
 */
final class LazyFlags {
    private LazyFlags() {}

    static boolean carry(int kind, int a, int b, int result) {
        switch (kind) {
            case Cpu.FLAGS_EXPLICIT:
            case Cpu.FLAGS_RESULT:
                return (a & Eflags.CF) != 0;
            case Cpu.FLAGS_LOGIC:
                return false;
            case Cpu.FLAGS_ADD:
                return Cpu.below(result, a);
            case Cpu.FLAGS_ADC:
                return !Cpu.below(a, result);
            case Cpu.FLAGS_SUB:
                return Cpu.below(a, b);
            case Cpu.FLAGS_SBB:
                return !Cpu.below(b, a);
            default:
                return b != 0;
        }
    }

    static boolean zero(int kind, int a, int result) {
        return kind == Cpu.FLAGS_EXPLICIT ? (a & Eflags.ZF) != 0 : result == 0;
    }

    static boolean sign(int kind, int a, int result) {
        return kind == Cpu.FLAGS_EXPLICIT ? (a & Eflags.SF) != 0 : result < 0;
    }

    static boolean parity(int kind, int a, int result) {
        return kind == Cpu.FLAGS_EXPLICIT ? (a & Eflags.PF) != 0 : (Integer.bitCount(result & 0xFF) & 1) == 0;
    }

    static boolean overflow(int kind, int a, int b, int result) {
        switch (kind) {
            case Cpu.FLAGS_EXPLICIT:
            case Cpu.FLAGS_RESULT:
                return (a & Eflags.OF) != 0;
            case Cpu.FLAGS_LOGIC:
                return false;
            case Cpu.FLAGS_ADD:
            case Cpu.FLAGS_ADC:
                return ((a ^ result) & (b ^ result)) < 0;
            case Cpu.FLAGS_SUB:
            case Cpu.FLAGS_SBB:
                return ((a ^ b) & (a ^ result)) < 0;
            case Cpu.FLAGS_INC:
                return (~a & result) < 0;
            default:
                return (a & ~result) < 0;
        }
    }

    static boolean adjust(int kind, int a, int b, int result) {
        switch (kind) {
            case Cpu.FLAGS_EXPLICIT:
            case Cpu.FLAGS_RESULT:
                return (a & Eflags.AF) != 0;
            case Cpu.FLAGS_LOGIC:
                return false;
            case Cpu.FLAGS_INC:
            case Cpu.FLAGS_DEC:
                return ((a ^ result) & 0x10) != 0;
            default:
                return ((a ^ b ^ result) & 0x10) != 0;
        }
    }

    /** A condition by its encoding (SDM 2, appendix B, table B-10). */
    static boolean condition(int code, int kind, int a, int b, int result) {
        boolean holds;
        switch (code >> 1) {
            case 0:
                holds = overflow(kind, a, b, result);
                break;
            case 1:
                holds = carry(kind, a, b, result);
                break;
            case 2:
                holds = zero(kind, a, result);
                break;
            case 3:
                holds = carry(kind, a, b, result) || zero(kind, a, result);
                break;
            case 4:
                holds = sign(kind, a, result);
                break;
            case 5:
                holds = parity(kind, a, result);
                break;
            case 6:
                holds = sign(kind, a, result) != overflow(kind, a, b, result);
                break;
            default:
                holds = zero(kind, a, result) || sign(kind, a, result) != overflow(kind, a, b, result);
                break;
        }
        return holds == ((code & 1) == 0);
    }

    /** What the first operand becomes where CF and OF are set to {@code bits} and the other flags stay. */
    static int withCarryAndOverflow(int kind, int a, int b, int result, int bits) {
        return kind == Cpu.FLAGS_EXPLICIT
                ? a & ~(Eflags.CF | Eflags.OF) | bits
                : bits | (adjust(kind, a, b, result) ? Eflags.AF : 0);
    }

    /** The kind that goes with {@link #withCarryAndOverflow}. */
    static int kindWithCarryAndOverflow(int kind) {
        return kind == Cpu.FLAGS_EXPLICIT ? Cpu.FLAGS_EXPLICIT : Cpu.FLAGS_RESULT;
    }
}
