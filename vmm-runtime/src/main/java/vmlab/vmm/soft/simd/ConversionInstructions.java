// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static vmlab.vmm.soft.simd.FloatFormat.DOUBLE;
import static vmlab.vmm.soft.simd.FloatFormat.SINGLE;
import static vmlab.vmm.soft.simd.SimdOpcodes.NONE;
import static vmlab.vmm.soft.simd.SimdOpcodes.P66;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF2;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF3;

import vmlab.vmm.soft.simd.SimdEntry.Feature;
import vmlab.vmm.soft.simd.SimdOpcodes.Form;

/**
 * Conversions between 32-bit integers, singles and doubles, in general, MMX and XMM registers. Those with an MMX register
 * make the transition to MMX even if #XM follows: the manual leaves the order open, CPUs do it so.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 10.4.3 and 11.4.1.6, figure 11-8
 */
final class ConversionInstructions {
    private ConversionInstructions() {}

    /** One element to a 32-bit integer. */
    @FunctionalInterface
    private interface ToInteger {
        int apply(FloatUnit unit, FloatFormat format, long value);
    }

    static void declare(SimdOpcodes opcodes) {
        generalRegisters(opcodes);
        mmxRegisters(opcodes);
        packedIntegers(opcodes);
        betweenFormats(opcodes);
    }

    private static void generalRegisters(SimdOpcodes opcodes) {
        opcodes.add(
                PF3, 0x2A, SimdEntry.xmm("CVTSI2SS", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    int value = rm >= 0 ? cpu.gpr(rm) : cpu.load32(segment, offset);
                    long result = simd.floats().fromInteger(SINGLE, value);
                    simd.commitExceptions(cpu);
                    simd.low(reg, MoveInstructions.withLowDword(simd.low(reg), result));
                }));
        opcodes.add(
                PF2, 0x2A, SimdEntry.xmm("CVTSI2SD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    int value = rm >= 0 ? cpu.gpr(rm) : cpu.load32(segment, offset);
                    simd.low(reg, simd.floats().fromInteger(DOUBLE, value));
                }));
        opcodes.add(
                PF3, 0x2C, SimdEntry.xmm("CVTTSS2SI", Feature.SSE, toGeneral(SINGLE, FloatUnit::toIntegerTruncated)));
        opcodes.add(PF3, 0x2D, SimdEntry.xmm("CVTSS2SI", Feature.SSE, toGeneral(SINGLE, FloatUnit::toInteger)));
        opcodes.add(
                PF2, 0x2C, SimdEntry.xmm("CVTTSD2SI", Feature.SSE2, toGeneral(DOUBLE, FloatUnit::toIntegerTruncated)));
        opcodes.add(PF2, 0x2D, SimdEntry.xmm("CVTSD2SI", Feature.SSE2, toGeneral(DOUBLE, FloatUnit::toInteger)));
    }

    private static SimdInstruction toGeneral(FloatFormat format, ToInteger conversion) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long value = format == SINGLE
                    ? simd.source32(cpu, rm, segment, offset)
                    : simd.source64(cpu, rm, segment, offset);
            int result = conversion.apply(simd.floats(), format, value);
            simd.commitExceptions(cpu);
            cpu.gpr(reg, result);
        };
    }

    private static void mmxRegisters(SimdOpcodes opcodes) {
        opcodes.add(
                NONE,
                0x2A,
                SimdEntry.mixed("CVTPI2PS", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    long value = rm >= 0 ? cpu.mmx(rm) : cpu.load64(segment, offset);
                    long result = twoSingles(simd.floats(), value);
                    cpu.enterMmx();
                    simd.commitExceptions(cpu);
                    simd.low(reg, result);
                }));
        opcodes.add(
                P66,
                0x2A,
                Form.REGISTER,
                SimdEntry.mixed("CVTPI2PD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    cpu.enterMmx();
                    twoDoubles(simd, reg, cpu.mmx(rm));
                }));
        // from memory it leaves the x87 unit alone (Intel SDM 2, CVTPI2PD)
        opcodes.add(
                P66,
                0x2A,
                Form.MEMORY,
                SimdEntry.xmm(
                        "CVTPI2PD",
                        Feature.SSE2,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                twoDoubles(simd, reg, cpu.load64(segment, offset))));
        singlesToMmx(opcodes, 0x2C, "CVTTPS2PI", FloatUnit::toIntegerTruncated);
        singlesToMmx(opcodes, 0x2D, "CVTPS2PI", FloatUnit::toInteger);
        doublesToMmx(opcodes, 0x2C, "CVTTPD2PI", FloatUnit::toIntegerTruncated);
        doublesToMmx(opcodes, 0x2D, "CVTPD2PI", FloatUnit::toInteger);
    }

    private static void singlesToMmx(SimdOpcodes opcodes, int opcode, String mnemonic, ToInteger conversion) {
        opcodes.add(
                NONE,
                opcode,
                SimdEntry.mixed(mnemonic, Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    long value = simd.source64(cpu, rm, segment, offset);
                    long result = twoFromSingles(simd.floats(), conversion, value);
                    cpu.enterMmx();
                    simd.commitExceptions(cpu);
                    cpu.mmx(reg, result);
                }));
    }

    private static void doublesToMmx(SimdOpcodes opcodes, int opcode, String mnemonic, ToInteger conversion) {
        opcodes.add(
                P66,
                opcode,
                SimdEntry.mixed(mnemonic, Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    simd.source(cpu, rm, segment, offset);
                    long result = twoFromDoubles(simd, conversion);
                    cpu.enterMmx();
                    simd.commitExceptions(cpu);
                    cpu.mmx(reg, result);
                }));
    }

    private static void packedIntegers(SimdOpcodes opcodes) {
        opcodes.add(
                NONE,
                0x5B,
                SimdEntry.xmm("CVTDQ2PS", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    simd.source(cpu, rm, segment, offset);
                    FloatUnit unit = simd.floats();
                    long low = twoSingles(unit, simd.sourceLow());
                    long high = twoSingles(unit, simd.sourceHigh());
                    simd.commitExceptions(cpu);
                    simd.set(reg, low, high);
                }));
        opcodes.add(
                PF3,
                0xE6,
                SimdEntry.xmm(
                        "CVTDQ2PD",
                        Feature.SSE2,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                twoDoubles(simd, reg, simd.source64(cpu, rm, segment, offset))));
        opcodes.add(P66, 0x5B, SimdEntry.xmm("CVTPS2DQ", Feature.SSE2, singlesToIntegers(FloatUnit::toInteger)));
        opcodes.add(
                PF3, 0x5B, SimdEntry.xmm("CVTTPS2DQ", Feature.SSE2, singlesToIntegers(FloatUnit::toIntegerTruncated)));
        opcodes.add(PF2, 0xE6, SimdEntry.xmm("CVTPD2DQ", Feature.SSE2, doublesToIntegers(FloatUnit::toInteger)));
        opcodes.add(
                P66, 0xE6, SimdEntry.xmm("CVTTPD2DQ", Feature.SSE2, doublesToIntegers(FloatUnit::toIntegerTruncated)));
    }

    private static SimdInstruction singlesToIntegers(ToInteger conversion) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            FloatUnit unit = simd.floats();
            long low = twoFromSingles(unit, conversion, simd.sourceLow());
            long high = twoFromSingles(unit, conversion, simd.sourceHigh());
            simd.commitExceptions(cpu);
            simd.set(reg, low, high);
        };
    }

    private static SimdInstruction doublesToIntegers(ToInteger conversion) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            long result = twoFromDoubles(simd, conversion);
            simd.commitExceptions(cpu);
            simd.set(reg, result, 0);
        };
    }

    private static void betweenFormats(SimdOpcodes opcodes) {
        opcodes.add(
                NONE,
                0x5A,
                SimdEntry.xmm("CVTPS2PD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    long singles = simd.source64(cpu, rm, segment, offset);
                    FloatUnit unit = simd.floats();
                    long low = unit.convert(SINGLE, DOUBLE, singles & 0xFFFF_FFFFL);
                    long high = unit.convert(SINGLE, DOUBLE, singles >>> 32);
                    simd.commitExceptions(cpu);
                    simd.set(reg, low, high);
                }));
        opcodes.add(
                P66, 0x5A, SimdEntry.xmm("CVTPD2PS", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    simd.source(cpu, rm, segment, offset);
                    FloatUnit unit = simd.floats();
                    long low = unit.convert(DOUBLE, SINGLE, simd.sourceLow());
                    long high = unit.convert(DOUBLE, SINGLE, simd.sourceHigh());
                    simd.commitExceptions(cpu);
                    simd.set(reg, low | high << 32, 0);
                }));
        opcodes.add(
                PF3, 0x5A, SimdEntry.xmm("CVTSS2SD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    long value = simd.source32(cpu, rm, segment, offset);
                    long result = simd.floats().convert(SINGLE, DOUBLE, value);
                    simd.commitExceptions(cpu);
                    simd.low(reg, result);
                }));
        opcodes.add(
                PF2, 0x5A, SimdEntry.xmm("CVTSD2SS", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    long value = simd.source64(cpu, rm, segment, offset);
                    long result = simd.floats().convert(DOUBLE, SINGLE, value);
                    simd.commitExceptions(cpu);
                    simd.low(reg, MoveInstructions.withLowDword(simd.low(reg), result));
                }));
    }

    private static long twoSingles(FloatUnit unit, long integers) {
        long low = unit.fromInteger(SINGLE, (int) integers);
        return low | unit.fromInteger(SINGLE, (int) (integers >> 32)) << 32;
    }

    /** Always exact: no exceptions. */
    private static void twoDoubles(Simd simd, int register, long integers) {
        FloatUnit unit = simd.floats();
        simd.set(register, unit.fromInteger(DOUBLE, (int) integers), unit.fromInteger(DOUBLE, (int) (integers >> 32)));
    }

    private static long twoFromSingles(FloatUnit unit, ToInteger conversion, long singles) {
        long low = conversion.apply(unit, SINGLE, singles & 0xFFFF_FFFFL) & 0xFFFF_FFFFL;
        return low | (long) conversion.apply(unit, SINGLE, singles >>> 32) << 32;
    }

    private static long twoFromDoubles(Simd simd, ToInteger conversion) {
        FloatUnit unit = simd.floats();
        long low = conversion.apply(unit, DOUBLE, simd.sourceLow()) & 0xFFFF_FFFFL;
        return low | (long) conversion.apply(unit, DOUBLE, simd.sourceHigh()) << 32;
    }
}
