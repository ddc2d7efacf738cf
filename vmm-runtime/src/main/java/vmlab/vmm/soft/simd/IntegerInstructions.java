// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static vmlab.vmm.soft.simd.SimdOpcodes.NONE;
import static vmlab.vmm.soft.simd.SimdOpcodes.P66;

import java.util.function.LongBinaryOperator;
import vmlab.vmm.soft.simd.SimdEntry.Feature;

/**
 * Packed-integer arithmetic, comparison, logic and shifts: on MMX registers, and with the prefix 66 on XMM registers.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 9.4, 10.4.4 and 11.4.2
 */
final class IntegerInstructions {
    private final SimdOpcodes opcodes;

    private IntegerInstructions(SimdOpcodes opcodes) {
        this.opcodes = opcodes;
    }

    static void declare(SimdOpcodes opcodes) {
        IntegerInstructions instructions = new IntegerInstructions(opcodes);
        instructions.arithmetic();
        instructions.comparisonsAndLogic();
        instructions.shifts();
    }

    private void arithmetic() {
        both(0xFC, "PADDB", Feature.MMX, Lanes::paddb);
        both(0xFD, "PADDW", Feature.MMX, Lanes::paddw);
        both(0xFE, "PADDD", Feature.MMX, Lanes::paddd);
        both(0xD4, "PADDQ", Feature.SSE2, Lanes::paddq);
        both(0xEC, "PADDSB", Feature.MMX, Lanes::paddsb);
        both(0xED, "PADDSW", Feature.MMX, Lanes::paddsw);
        both(0xDC, "PADDUSB", Feature.MMX, Lanes::paddusb);
        both(0xDD, "PADDUSW", Feature.MMX, Lanes::paddusw);
        both(0xF8, "PSUBB", Feature.MMX, Lanes::psubb);
        both(0xF9, "PSUBW", Feature.MMX, Lanes::psubw);
        both(0xFA, "PSUBD", Feature.MMX, Lanes::psubd);
        both(0xFB, "PSUBQ", Feature.SSE2, Lanes::psubq);
        both(0xE8, "PSUBSB", Feature.MMX, Lanes::psubsb);
        both(0xE9, "PSUBSW", Feature.MMX, Lanes::psubsw);
        both(0xD8, "PSUBUSB", Feature.MMX, Lanes::psubusb);
        both(0xD9, "PSUBUSW", Feature.MMX, Lanes::psubusw);
        both(0xD5, "PMULLW", Feature.MMX, Lanes::pmullw);
        both(0xE5, "PMULHW", Feature.MMX, Lanes::pmulhw);
        both(0xE4, "PMULHUW", Feature.SSE, Lanes::pmulhuw);
        both(0xF4, "PMULUDQ", Feature.SSE2, Lanes::pmuludq);
        both(0xF5, "PMADDWD", Feature.MMX, Lanes::pmaddwd);
        both(0xE0, "PAVGB", Feature.SSE, Lanes::pavgb);
        both(0xE3, "PAVGW", Feature.SSE, Lanes::pavgw);
        both(0xF6, "PSADBW", Feature.SSE, Lanes::psadbw);
        both(0xDA, "PMINUB", Feature.SSE, Lanes::pminub);
        both(0xDE, "PMAXUB", Feature.SSE, Lanes::pmaxub);
        both(0xEA, "PMINSW", Feature.SSE, Lanes::pminsw);
        both(0xEE, "PMAXSW", Feature.SSE, Lanes::pmaxsw);
    }

    private void comparisonsAndLogic() {
        both(0x74, "PCMPEQB", Feature.MMX, Lanes::pcmpeqb);
        both(0x75, "PCMPEQW", Feature.MMX, Lanes::pcmpeqw);
        both(0x76, "PCMPEQD", Feature.MMX, Lanes::pcmpeqd);
        both(0x64, "PCMPGTB", Feature.MMX, Lanes::pcmpgtb);
        both(0x65, "PCMPGTW", Feature.MMX, Lanes::pcmpgtw);
        both(0x66, "PCMPGTD", Feature.MMX, Lanes::pcmpgtd);
        both(0xDB, "PAND", Feature.MMX, Lanes::pand);
        both(0xDF, "PANDN", Feature.MMX, Lanes::pandn);
        both(0xEB, "POR", Feature.MMX, Lanes::por);
        both(0xEF, "PXOR", Feature.MMX, Lanes::pxor);
        packed(0x54, "ANDPS", "ANDPD", Lanes::pand);
        packed(0x55, "ANDNPS", "ANDNPD", Lanes::pandn);
        packed(0x56, "ORPS", "ORPD", Lanes::por);
        packed(0x57, "XORPS", "XORPD", Lanes::pxor);
    }

    private void shifts() {
        shift(0xD1, 0x71, 2, "PSRLW", Lanes::psrlw);
        shift(0xE1, 0x71, 4, "PSRAW", Lanes::psraw);
        shift(0xF1, 0x71, 6, "PSLLW", Lanes::psllw);
        shift(0xD2, 0x72, 2, "PSRLD", Lanes::psrld);
        shift(0xE2, 0x72, 4, "PSRAD", Lanes::psrad);
        shift(0xF2, 0x72, 6, "PSLLD", Lanes::pslld);
        shift(0xD3, 0x73, 2, "PSRLQ", Lanes::psrlq);
        shift(0xF3, 0x73, 6, "PSLLQ", Lanes::psllq);
        wholeShift(3, "PSRLDQ", IntegerInstructions::psrldq);
        wholeShift(7, "PSLLDQ", IntegerInstructions::pslldq);
    }

    private void both(int opcode, String mnemonic, Feature feature, LongBinaryOperator operation) {
        opcodes.add(NONE, opcode, SimdEntry.mmx(mnemonic, feature, mmx(operation)));
        opcodes.add(P66, opcode, SimdEntry.xmm(mnemonic, Feature.SSE2, xmm(operation)));
    }

    /** The logical operations know nothing of floating point: no exceptions, DAZ ignored. */
    private void packed(int opcode, String single, String twin, LongBinaryOperator operation) {
        opcodes.add(NONE, opcode, SimdEntry.xmm(single, Feature.SSE, xmm(operation)));
        opcodes.add(P66, opcode, SimdEntry.xmm(twin, Feature.SSE2, xmm(operation)));
    }

    /** By a register or memory, and by an immediate byte. */
    private void shift(int opcode, int group, int digit, String mnemonic, LongBinaryOperator operation) {
        opcodes.add(NONE, opcode, SimdEntry.mmx(mnemonic, Feature.MMX, mmx(operation)));
        opcodes.add(P66, opcode, SimdEntry.xmm(mnemonic, Feature.SSE2, xmmByCount(operation)));
        SimdEntry mmx = SimdEntry.mmx(mnemonic, Feature.MMX, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long result = operation.applyAsLong(cpu.mmx(rm), immediate & 0xFF);
            cpu.enterMmx();
            cpu.mmx(rm, result);
        });
        SimdEntry xmm = SimdEntry.xmm(
                mnemonic,
                Feature.SSE2,
                (simd, cpu, reg, rm, segment, offset, immediate) -> simd.set(
                        rm,
                        operation.applyAsLong(simd.low(rm), immediate & 0xFF),
                        operation.applyAsLong(simd.high(rm), immediate & 0xFF)));
        opcodes.add(NONE, group, digit, SimdOpcodes.Form.REGISTER, mmx.withImmediate());
        opcodes.add(P66, group, digit, SimdOpcodes.Form.REGISTER, xmm.withImmediate());
    }

    private void wholeShift(int digit, String mnemonic, SimdInstruction instruction) {
        SimdEntry entry = SimdEntry.xmm(mnemonic, Feature.SSE2, instruction).withImmediate();
        opcodes.add(P66, 0x73, digit, SimdOpcodes.Form.REGISTER, entry);
    }

    /** From an MMX register or 64 bits of memory, at any address. */
    static SimdInstruction mmx(LongBinaryOperator operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long source = rm >= 0 ? cpu.mmx(rm) : cpu.load64(segment, offset);
            long result = operation.applyAsLong(cpu.mmx(reg), source);
            cpu.enterMmx();
            cpu.mmx(reg, result);
        };
    }

    private static SimdInstruction xmm(LongBinaryOperator operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            long low = operation.applyAsLong(simd.low(reg), simd.sourceLow());
            simd.set(reg, low, operation.applyAsLong(simd.high(reg), simd.sourceHigh()));
        };
    }

    /** The count is the low half of the source, for both halves of the destination. */
    private static SimdInstruction xmmByCount(LongBinaryOperator operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            long low = operation.applyAsLong(simd.low(reg), simd.sourceLow());
            simd.set(reg, low, operation.applyAsLong(simd.high(reg), simd.sourceLow()));
        };
    }

    private static void psrldq(Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate) {
        int bits = 8 * Math.min(immediate & 0xFF, 16);
        long low = simd.low(rm);
        long high = simd.high(rm);
        // a shift by 64 would be one by 0
        if (bits >= 64) {
            simd.set(rm, Lanes.psrlq(high, bits - 64), 0);
        } else if (bits > 0) {
            simd.set(rm, low >>> bits | high << 64 - bits, high >>> bits);
        }
    }

    private static void pslldq(Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate) {
        int bits = 8 * Math.min(immediate & 0xFF, 16);
        long low = simd.low(rm);
        long high = simd.high(rm);
        if (bits >= 64) {
            simd.set(rm, 0, Lanes.psllq(low, bits - 64));
        } else if (bits > 0) {
            simd.set(rm, low << bits, high << bits | low >>> 64 - bits);
        }
    }
}
