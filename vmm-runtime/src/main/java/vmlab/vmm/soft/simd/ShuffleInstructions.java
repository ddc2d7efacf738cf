// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static vmlab.vmm.soft.simd.IntegerInstructions.mmx;
import static vmlab.vmm.soft.simd.SimdOpcodes.NONE;
import static vmlab.vmm.soft.simd.SimdOpcodes.P66;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF2;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF3;

import java.util.function.LongBinaryOperator;
import vmlab.vmm.soft.simd.SimdEntry.Feature;
import vmlab.vmm.soft.simd.SimdOpcodes.Form;

/**
 * Elements that change places: packing, unpacking, shuffling, inserting, extracting, and masks of signs.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 9.4.4, 9.4.5, 10.4.1.3, 10.4.4 and 11.4.1
 */
final class ShuffleInstructions {
    private final SimdOpcodes opcodes;

    private ShuffleInstructions(SimdOpcodes opcodes) {
        this.opcodes = opcodes;
    }

    /** A 128-bit result from the destination and the fetched source. */
    @FunctionalInterface
    private interface Rearrangement {
        void apply(Simd simd, int register, int immediate);
    }

    static void declare(SimdOpcodes opcodes) {
        ShuffleInstructions instructions = new ShuffleInstructions(opcodes);
        instructions.packing();
        instructions.unpacking();
        instructions.shuffles();
        instructions.words();
        instructions.masks();
    }

    private void packing() {
        pack(0x63, "PACKSSWB", Lanes::packsswb);
        pack(0x67, "PACKUSWB", Lanes::packuswb);
        pack(0x6B, "PACKSSDW", Lanes::packssdw);
    }

    private void pack(int opcode, String mnemonic, LongBinaryOperator halves) {
        opcodes.add(NONE, opcode, SimdEntry.mmx(mnemonic, Feature.MMX, mmx(halves)));
        opcodes.add(P66, opcode, xmm(mnemonic, Feature.SSE2, (simd, register, immediate) -> {
            long low = halves.applyAsLong(simd.low(register), simd.high(register));
            simd.set(register, low, halves.applyAsLong(simd.sourceLow(), simd.sourceHigh()));
        }));
    }

    private void unpacking() {
        unpack(0x60, "PUNPCKLBW", 0x68, "PUNPCKHBW", Lanes::punpcklbw, Lanes::punpckhbw);
        unpack(0x61, "PUNPCKLWD", 0x69, "PUNPCKHWD", Lanes::punpcklwd, Lanes::punpckhwd);
        unpack(0x62, "PUNPCKLDQ", 0x6A, "PUNPCKHDQ", Lanes::punpckldq, Lanes::punpckhdq);
        opcodes.add(NONE, 0x14, xmm("UNPCKLPS", Feature.SSE, lowHalves(Lanes::punpckldq, Lanes::punpckhdq)));
        opcodes.add(NONE, 0x15, xmm("UNPCKHPS", Feature.SSE, highHalves(Lanes::punpckldq, Lanes::punpckhdq)));
        Rearrangement low = (simd, register, immediate) -> simd.high(register, simd.sourceLow());
        Rearrangement high = (simd, register, immediate) -> simd.set(register, simd.high(register), simd.sourceHigh());
        opcodes.add(P66, 0x6C, xmm("PUNPCKLQDQ", Feature.SSE2, low));
        opcodes.add(P66, 0x6D, xmm("PUNPCKHQDQ", Feature.SSE2, high));
        opcodes.add(P66, 0x14, xmm("UNPCKLPD", Feature.SSE2, low));
        opcodes.add(P66, 0x15, xmm("UNPCKHPD", Feature.SSE2, high));
    }

    private void unpack(
            int lowOpcode,
            String lowMnemonic,
            int highOpcode,
            String highMnemonic,
            LongBinaryOperator low,
            LongBinaryOperator high) {
        // the low forms read 32 bits of memory, the high ones 64 (Intel SDM 2, PUNPCKLBW, PUNPCKHBW)
        opcodes.add(NONE, lowOpcode, SimdEntry.mmx(lowMnemonic, Feature.MMX, mmxOf32(low)));
        opcodes.add(NONE, highOpcode, SimdEntry.mmx(highMnemonic, Feature.MMX, mmx(high)));
        opcodes.add(P66, lowOpcode, xmm(lowMnemonic, Feature.SSE2, lowHalves(low, high)));
        opcodes.add(P66, highOpcode, xmm(highMnemonic, Feature.SSE2, highHalves(low, high)));
    }

    private static Rearrangement lowHalves(LongBinaryOperator low, LongBinaryOperator high) {
        return (simd, register, immediate) -> {
            long a = simd.low(register);
            long b = simd.sourceLow();
            simd.set(register, low.applyAsLong(a, b), high.applyAsLong(a, b));
        };
    }

    private static Rearrangement highHalves(LongBinaryOperator low, LongBinaryOperator high) {
        return (simd, register, immediate) -> {
            long a = simd.high(register);
            long b = simd.sourceHigh();
            simd.set(register, low.applyAsLong(a, b), high.applyAsLong(a, b));
        };
    }

    private void shuffles() {
        SimdEntry pshufw = SimdEntry.mmx("PSHUFW", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long source = rm >= 0 ? cpu.mmx(rm) : cpu.load64(segment, offset);
            cpu.enterMmx();
            cpu.mmx(reg, Lanes.shuffleWords(source, immediate));
        });
        opcodes.add(NONE, 0x70, pshufw.withImmediate());
        opcodes.add(
                P66,
                0x70,
                xmm("PSHUFD", Feature.SSE2, ShuffleInstructions::pshufd).withImmediate());
        Rearrangement lows = (simd, register, immediate) ->
                simd.set(register, Lanes.shuffleWords(simd.sourceLow(), immediate), simd.sourceHigh());
        Rearrangement highs = (simd, register, immediate) ->
                simd.set(register, simd.sourceLow(), Lanes.shuffleWords(simd.sourceHigh(), immediate));
        opcodes.add(PF2, 0x70, xmm("PSHUFLW", Feature.SSE2, lows).withImmediate());
        opcodes.add(PF3, 0x70, xmm("PSHUFHW", Feature.SSE2, highs).withImmediate());
        opcodes.add(
                NONE,
                0xC6,
                xmm("SHUFPS", Feature.SSE, ShuffleInstructions::shufps).withImmediate());
        opcodes.add(
                P66,
                0xC6,
                xmm("SHUFPD", Feature.SSE2, ShuffleInstructions::shufpd).withImmediate());
    }

    private static void pshufd(Simd simd, int register, int order) {
        long low = simd.sourceLow();
        long high = simd.sourceHigh();
        simd.set(
                register,
                Lanes.dword(low, high, order) | Lanes.dword(low, high, order >> 2) << 32,
                Lanes.dword(low, high, order >> 4) | Lanes.dword(low, high, order >> 6) << 32);
    }

    /** The low half from the destination, the high half from the source. */
    private static void shufps(Simd simd, int register, int order) {
        long low = simd.low(register);
        long high = simd.high(register);
        long sourceLow = simd.sourceLow();
        long sourceHigh = simd.sourceHigh();
        simd.set(
                register,
                Lanes.dword(low, high, order) | Lanes.dword(low, high, order >> 2) << 32,
                Lanes.dword(sourceLow, sourceHigh, order >> 4) | Lanes.dword(sourceLow, sourceHigh, order >> 6) << 32);
    }

    private static void shufpd(Simd simd, int register, int order) {
        long low = (order & 1) != 0 ? simd.high(register) : simd.low(register);
        simd.set(register, low, (order & 2) != 0 ? simd.sourceHigh() : simd.sourceLow());
    }

    private void words() {
        SimdEntry insertMmx = SimdEntry.mmx("PINSRW", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            int word = rm >= 0 ? cpu.gpr(rm) : cpu.load16(segment, offset);
            long result = Lanes.withWord(cpu.mmx(reg), immediate & 3, word);
            cpu.enterMmx();
            cpu.mmx(reg, result);
        });
        SimdEntry insertXmm =
                SimdEntry.xmm("PINSRW", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    int word = rm >= 0 ? cpu.gpr(rm) : cpu.load16(segment, offset);
                    if ((immediate & 4) == 0) {
                        simd.low(reg, Lanes.withWord(simd.low(reg), immediate & 3, word));
                    } else {
                        simd.high(reg, Lanes.withWord(simd.high(reg), immediate & 3, word));
                    }
                });
        opcodes.add(NONE, 0xC4, insertMmx.withImmediate());
        opcodes.add(P66, 0xC4, insertXmm.withImmediate());
        SimdEntry extractMmx =
                SimdEntry.mmx("PEXTRW", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    cpu.enterMmx();
                    cpu.gpr(reg, word(cpu.mmx(rm), immediate));
                });
        SimdEntry extractXmm = SimdEntry.xmm(
                "PEXTRW",
                Feature.SSE2,
                (simd, cpu, reg, rm, segment, offset, immediate) ->
                        cpu.gpr(reg, word((immediate & 4) == 0 ? simd.low(rm) : simd.high(rm), immediate)));
        opcodes.add(NONE, 0xC5, Form.REGISTER, extractMmx.withImmediate());
        opcodes.add(P66, 0xC5, Form.REGISTER, extractXmm.withImmediate());
    }

    private static int word(long value, int number) {
        return (int) (value >>> 16 * (number & 3)) & 0xFFFF;
    }

    private void masks() {
        SimdEntry mmxBytes =
                SimdEntry.mmx("PMOVMSKB", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    cpu.enterMmx();
                    cpu.gpr(reg, Lanes.byteSigns(cpu.mmx(rm)));
                });
        SimdEntry xmmBytes = SimdEntry.xmm(
                "PMOVMSKB",
                Feature.SSE2,
                (simd, cpu, reg, rm, segment, offset, immediate) ->
                        cpu.gpr(reg, Lanes.byteSigns(simd.low(rm)) | Lanes.byteSigns(simd.high(rm)) << 8));
        SimdEntry singles = SimdEntry.xmm(
                "MOVMSKPS",
                Feature.SSE,
                (simd, cpu, reg, rm, segment, offset, immediate) ->
                        cpu.gpr(reg, singleSigns(simd.low(rm)) | singleSigns(simd.high(rm)) << 2));
        SimdEntry doubles = SimdEntry.xmm(
                "MOVMSKPD",
                Feature.SSE2,
                (simd, cpu, reg, rm, segment, offset, immediate) ->
                        cpu.gpr(reg, (int) (simd.low(rm) >>> 63 | simd.high(rm) >>> 63 << 1)));
        opcodes.add(NONE, 0xD7, Form.REGISTER, mmxBytes);
        opcodes.add(P66, 0xD7, Form.REGISTER, xmmBytes);
        opcodes.add(NONE, 0x50, Form.REGISTER, singles);
        opcodes.add(P66, 0x50, Form.REGISTER, doubles);
    }

    private static int singleSigns(long half) {
        return (int) (half >>> 31 & 1 | half >>> 63 << 1);
    }

    private static SimdInstruction mmxOf32(LongBinaryOperator operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long source = rm >= 0 ? cpu.mmx(rm) : cpu.load32(segment, offset);
            long result = operation.applyAsLong(cpu.mmx(reg), source);
            cpu.enterMmx();
            cpu.mmx(reg, result);
        };
    }

    private static SimdEntry xmm(String mnemonic, Feature feature, Rearrangement rearrangement) {
        return SimdEntry.xmm(mnemonic, feature, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            rearrangement.apply(simd, reg, immediate);
        });
    }
}
