// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static vmlab.vmm.soft.simd.FloatFormat.DOUBLE;
import static vmlab.vmm.soft.simd.FloatFormat.SINGLE;
import static vmlab.vmm.soft.simd.SimdOpcodes.NONE;
import static vmlab.vmm.soft.simd.SimdOpcodes.P66;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF2;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF3;

import java.util.function.LongUnaryOperator;
import vmlab.vmm.soft.simd.SimdEntry.Feature;

/**
 * Floating-point arithmetic and comparison, packed and scalar. A scalar instruction keeps the rest of its destination.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 10.4.1.2, 10.4.2, 11.4.1.2 and 11.4.1.5
 */
final class FloatInstructions {
    private static final long ALL_SINGLE = 0xFFFF_FFFFL;

    private FloatInstructions() {}

    /** One element of a result from those of destination and source. */
    @FunctionalInterface
    private interface Operation {
        long apply(FloatUnit unit, FloatFormat format, long destination, long source, int immediate);
    }

    static void declare(SimdOpcodes opcodes) {
        operation(opcodes, 0x51, "SQRT", (unit, format, a, b, immediate) -> unit.squareRoot(format, b));
        operation(opcodes, 0x58, "ADD", (unit, format, a, b, immediate) -> unit.add(format, a, b));
        operation(opcodes, 0x59, "MUL", (unit, format, a, b, immediate) -> unit.multiply(format, a, b));
        operation(opcodes, 0x5C, "SUB", (unit, format, a, b, immediate) -> unit.subtract(format, a, b));
        operation(opcodes, 0x5D, "MIN", (unit, format, a, b, immediate) -> unit.minimum(format, a, b));
        operation(opcodes, 0x5E, "DIV", (unit, format, a, b, immediate) -> unit.divide(format, a, b));
        operation(opcodes, 0x5F, "MAX", (unit, format, a, b, immediate) -> unit.maximum(format, a, b));
        comparisons(opcodes);
        approximation(opcodes, 0x52, "RSQRT", FloatUnit::reciprocalRoot);
        approximation(opcodes, 0x53, "RCP", FloatUnit::reciprocal);
    }

    private static void operation(SimdOpcodes opcodes, int opcode, String mnemonic, Operation operation) {
        opcodes.add(NONE, opcode, SimdEntry.xmm(mnemonic + "PS", Feature.SSE, packedSingle(operation)));
        opcodes.add(PF3, opcode, SimdEntry.xmm(mnemonic + "SS", Feature.SSE, scalarSingle(operation)));
        opcodes.add(P66, opcode, SimdEntry.xmm(mnemonic + "PD", Feature.SSE2, packedDouble(operation)));
        opcodes.add(PF2, opcode, SimdEntry.xmm(mnemonic + "SD", Feature.SSE2, scalarDouble(operation)));
    }

    private static void comparisons(SimdOpcodes opcodes) {
        Operation compare = (unit, format, a, b, immediate) ->
                unit.satisfies(format, a, b, immediate & 7) ? format.sign | format.sign - 1 : 0;
        opcodes.add(
                NONE,
                0xC2,
                SimdEntry.xmm("CMPPS", Feature.SSE, packedSingle(compare)).withImmediate());
        opcodes.add(
                PF3,
                0xC2,
                SimdEntry.xmm("CMPSS", Feature.SSE, scalarSingle(compare)).withImmediate());
        opcodes.add(
                P66,
                0xC2,
                SimdEntry.xmm("CMPPD", Feature.SSE2, packedDouble(compare)).withImmediate());
        opcodes.add(
                PF2,
                0xC2,
                SimdEntry.xmm("CMPSD", Feature.SSE2, scalarDouble(compare)).withImmediate());
        opcodes.add(NONE, 0x2E, SimdEntry.xmm("UCOMISS", Feature.SSE, flags(SINGLE, true)));
        opcodes.add(NONE, 0x2F, SimdEntry.xmm("COMISS", Feature.SSE, flags(SINGLE, false)));
        opcodes.add(P66, 0x2E, SimdEntry.xmm("UCOMISD", Feature.SSE2, flags(DOUBLE, true)));
        opcodes.add(P66, 0x2F, SimdEntry.xmm("COMISD", Feature.SSE2, flags(DOUBLE, false)));
    }

    private static SimdInstruction packedSingle(Operation operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            FloatUnit unit = simd.floats();
            long low = twoSingles(unit, operation, simd.low(reg), simd.sourceLow(), immediate);
            long high = twoSingles(unit, operation, simd.high(reg), simd.sourceHigh(), immediate);
            simd.commitExceptions(cpu);
            simd.set(reg, low, high);
        };
    }

    private static long twoSingles(FloatUnit unit, Operation operation, long a, long b, int immediate) {
        long low = operation.apply(unit, SINGLE, a & ALL_SINGLE, b & ALL_SINGLE, immediate);
        return low | operation.apply(unit, SINGLE, a >>> 32, b >>> 32, immediate) << 32;
    }

    private static SimdInstruction scalarSingle(Operation operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long source = simd.source32(cpu, rm, segment, offset);
            FloatUnit unit = simd.floats();
            long result = operation.apply(unit, SINGLE, simd.low(reg) & ALL_SINGLE, source, immediate);
            simd.commitExceptions(cpu);
            simd.low(reg, MoveInstructions.withLowDword(simd.low(reg), result));
        };
    }

    private static SimdInstruction packedDouble(Operation operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            simd.source(cpu, rm, segment, offset);
            FloatUnit unit = simd.floats();
            long low = operation.apply(unit, DOUBLE, simd.low(reg), simd.sourceLow(), immediate);
            long high = operation.apply(unit, DOUBLE, simd.high(reg), simd.sourceHigh(), immediate);
            simd.commitExceptions(cpu);
            simd.set(reg, low, high);
        };
    }

    private static SimdInstruction scalarDouble(Operation operation) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            long source = simd.source64(cpu, rm, segment, offset);
            long result = operation.apply(simd.floats(), DOUBLE, simd.low(reg), source, immediate);
            simd.commitExceptions(cpu);
            simd.low(reg, result);
        };
    }

    /** Unordered sets all three flags (Intel SDM 2, COMISS). */
    private static SimdInstruction flags(FloatFormat format, boolean quiet) {
        return (simd, cpu, reg, rm, segment, offset, immediate) -> {
            boolean single = format == SINGLE;
            long source = single ? simd.source32(cpu, rm, segment, offset) : simd.source64(cpu, rm, segment, offset);
            long destination = single ? simd.low(reg) & ALL_SINGLE : simd.low(reg);
            int relation = simd.floats().compare(format, destination, source, quiet);
            simd.commitExceptions(cpu);
            boolean unordered = relation == FloatUnit.UNORDERED;
            cpu.compareFlags(unordered || relation == 0, unordered, unordered || relation < 0);
        };
    }

    /** Neither rounding nor exceptions: MXCSR is not looked at. */
    private static void approximation(SimdOpcodes opcodes, int opcode, String mnemonic, LongUnaryOperator operation) {
        opcodes.add(
                NONE,
                opcode,
                SimdEntry.xmm(mnemonic + "PS", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    simd.source(cpu, rm, segment, offset);
                    simd.set(
                            reg,
                            approximateTwo(operation, simd.sourceLow()),
                            approximateTwo(operation, simd.sourceHigh()));
                }));
        opcodes.add(
                PF3,
                opcode,
                SimdEntry.xmm(mnemonic + "SS", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    long result = operation.applyAsLong(simd.source32(cpu, rm, segment, offset));
                    simd.low(reg, MoveInstructions.withLowDword(simd.low(reg), result));
                }));
    }

    private static long approximateTwo(LongUnaryOperator operation, long pair) {
        return operation.applyAsLong(pair & ALL_SINGLE) | operation.applyAsLong(pair >>> 32) << 32;
    }
}
