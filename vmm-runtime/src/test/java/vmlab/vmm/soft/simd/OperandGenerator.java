// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/** Operands where instructions differ: special values, values near the edges of formats, halfway cases, noise. */
final class OperandGenerator {
    private static final long[] DOUBLES = {
        0L,
        1L,
        0xFFFFFFFFFFFFFL,
        0x10000000000000L,
        0x10000000000001L,
        0x20000000000000L,
        0x3FF0000000000000L,
        0x3FF0000000000001L,
        0x3FEFFFFFFFFFFFFFL,
        0x3FE0000000000000L,
        0x3FDFFFFFFFFFFFFFL,
        0x3FE0000000000001L,
        0x3FF8000000000000L,
        0x4004000000000000L,
        0x4000000000000000L,
        0x4008000000000000L,
        0x7FEFFFFFFFFFFFFFL,
        0x7FE0000000000000L,
        0x7FF0000000000000L,
        0x7FF8000000000000L,
        0x7FF0000000000001L,
        0x7FF7FFFFFFFFFFFFL,
        0x7FFFFFFFFFFFFFFFL,
        0x7FF8000020000000L,
        0x7FF0000010000000L,
        // around 2^31
        0x41DFFFFFFFC00000L,
        0x41DFFFFFFFDFFFFFL,
        0x41DFFFFFFFE00000L,
        0x41DFFFFFFFE00001L,
        0x41E0000000000000L,
        0x41E0000000080000L,
        0x41E0000000100000L,
        0x41E0000000180000L,
        0x41E0000000200000L,
        0x43E0000000000000L,
        // the edges of single: its greatest, and halfway beyond; its least normal; its least denormal, and half of it
        0x47EFFFFFE0000000L,
        0x47EFFFFFEFFFFFFFL,
        0x47EFFFFFF0000000L,
        0x47F0000000000000L,
        0x3810000000000000L,
        0x380FFFFFE0000000L,
        0x380FFFFFF0000000L,
        0x380FFFFFEFFFFFFFL,
        0x380FFFFFF8000000L,
        0x36A0000000000000L,
        0x3690000000000000L,
        0x3690000000000001L,
        0x3FF0000010000000L,
        0x3FF0000030000000L,
        0x3FF0000010000001L,
    };

    private static final int[] SINGLES = {
        0,
        1,
        0x7FFFFF,
        0x800000,
        0x800001,
        0x1000000,
        0x3F800000,
        0x3F800001,
        0x3F7FFFFF,
        0x3F000000,
        0x3EFFFFFF,
        0x3F000001,
        0x3FC00000,
        0x40200000,
        0x40000000,
        0x40400000,
        0x7F7FFFFF,
        0x7F000000,
        0x7F800000,
        0x7FC00000,
        0x7F800001,
        0x7FBFFFFF,
        0x7FFFFFFF,
        0x4EFFFFFF,
        0x4F000000,
        0x4F000001,
        0x5F000000,
        0x7E7FE800,
        0x7E7FE000,
        0x7E800000,
        0x4B000000,
        0x4B000001,
        0x4A800001,
    };

    private static final int[] WORDS = {0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFF7F, 0xFFFF
    };

    private final SplittableRandom random;

    OperandGenerator(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Fills a case: registers, memory and MXCSR. Memory and register 2 are alike, as both are sources. */
    void fill(ByteBuffer cases, int at, int distance) {
        int kind = random.nextInt(8);
        for (int offset = 0; offset < 16; offset += 8) {
            long destination = value(kind);
            long source = related(kind, destination);
            cases.putLong(at + HostCpu.XMM1 + offset, destination);
            cases.putLong(at + HostCpu.XMM2 + offset, source);
            cases.putLong(at + HostCpu.MEMORY + offset, source);
        }
        cases.putLong(at + HostCpu.MM1, value(kind));
        cases.putLong(at + HostCpu.MM2, related(kind, cases.getLong(at + HostCpu.MM1)));
        cases.putInt(at + HostCpu.ECX, (int) value(kind));
        cases.putInt(at + HostCpu.EDX, (int) value(kind));
        cases.putInt(at + HostCpu.MXCSR, mxcsr());
        cases.putInt(at + HostCpu.OUTCOME, distance);
    }

    private int mxcsr() {
        int masks = random.nextInt(4) != 0 ? 0x3F : random.nextInt(0x40);
        int flags = random.nextBoolean() ? 0 : random.nextInt(0x40);
        int daz = random.nextInt(4) == 0 ? Mxcsr.DENORMALS_ARE_ZEROS : 0;
        int ftz = random.nextInt(4) == 0 ? Mxcsr.FLUSH_TO_ZERO : 0;
        return flags | daz | masks << Mxcsr.MASK_SHIFT | random.nextInt(4) << Mxcsr.ROUNDING_SHIFT | ftz;
    }

    private long value(int kind) {
        return switch (kind) {
            case 0 -> random.nextLong();
            case 1 -> packedWords();
            case 2 -> random.nextInt(72);
            case 3, 4 -> single() & 0xFFFF_FFFFL | (long) single() << 32;
            default -> doubleBits();
        };
    }

    /** Often near the other operand, or at a distance where a sum is halfway. */
    private long related(int kind, long value) {
        int relation = random.nextInt(8);
        if (relation > 1 || kind < 3) {
            return value(kind);
        }
        if (kind < 5) {
            return relatedSingle((int) value) & 0xFFFF_FFFFL | (long) relatedSingle((int) (value >> 32)) << 32;
        }
        long near = value ^ random.nextLong() & 3 ^ (random.nextBoolean() ? Long.MIN_VALUE : 0);
        return relation == 0
                ? near
                : near - ((long) random.nextInt(50, 57) << 52) & ~(random.nextBoolean() ? -1L >>> 12 : 0);
    }

    private int relatedSingle(int value) {
        int near = value ^ random.nextInt(4) ^ (random.nextBoolean() ? Integer.MIN_VALUE : 0);
        return random.nextBoolean()
                ? near
                : near - (random.nextInt(21, 28) << 23) & ~(random.nextBoolean() ? -1 >>> 9 : 0);
    }

    private long packedWords() {
        long value = 0;
        for (int lane = 0; lane < 4; lane++) {
            int word = random.nextBoolean() ? WORDS[random.nextInt(WORDS.length)] : random.nextInt(0x10000);
            value = value << 16 | word;
        }
        return value;
    }

    private int single() {
        int sign = random.nextBoolean() ? Integer.MIN_VALUE : 0;
        int fraction = random.nextInt() >>> 9 & fractionMask();
        return switch (random.nextInt(7)) {
            case 0 -> sign | SINGLES[random.nextInt(SINGLES.length)];
            case 1 -> sign | fraction;
            case 2 -> sign | random.nextInt(1, 30) << 23 | fraction;
            case 3 -> sign | random.nextInt(225, 255) << 23 | fraction;
            case 4 -> Float.floatToRawIntBits(random.nextInt(-200, 200) / 2f);
            case 5 -> sign | random.nextInt(45, 85) << 23 | fraction;
            default -> sign | random.nextInt(95, 160) << 23 | fraction;
        };
    }

    private long doubleBits() {
        long sign = random.nextBoolean() ? Long.MIN_VALUE : 0;
        long fraction = random.nextLong() >>> 12 & ~(fractionMask() == -1 ? 0 : -1L >>> random.nextInt(13, 64));
        return switch (random.nextInt(8)) {
            case 0 -> sign | DOUBLES[random.nextInt(DOUBLES.length)];
            case 1 -> sign | fraction;
            case 2 -> sign | (long) random.nextInt(1, 60) << 52 | fraction;
            case 3 -> sign | (long) random.nextInt(1990, 2047) << 52 | fraction;
            case 4 -> Double.doubleToRawLongBits(random.nextInt(-200, 200) / 2d);
            case 5 -> sign | (long) random.nextInt(480, 560) << 52 | fraction;
            // where a single is denormal, or too great
            case 6 -> sign | (long) (random.nextBoolean() ? random.nextInt(868, 902) : 1150) << 52 | fraction;
            default -> sign | (long) random.nextInt(985, 1060) << 52 | fraction;
        };
    }

    /** All bits, or only some high ones: short fractions make exact results and ties. */
    private int fractionMask() {
        return random.nextBoolean() ? -1 : -1 << random.nextInt(23);
    }
}
