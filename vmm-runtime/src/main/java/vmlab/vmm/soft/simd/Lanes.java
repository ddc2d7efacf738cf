// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * The packed-integer operations on 64 bits: the first operand is the destination's, the second the source's. The 128-bit
 * forms apply them to both halves. Where a lane can't reach its neighbour, all lanes are computed at once.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 9.4 and 11.4.2; volume 2, each instruction
 */
final class Lanes {
    private static final long BYTE_TOPS = 0x8080_8080_8080_8080L;
    private static final long WORD_TOPS = 0x8000_8000_8000_8000L;
    private static final long DWORD_TOPS = 0x8000_0000_8000_0000L;
    private static final long WORD_ONES = 0x0001_0001_0001_0001L;
    private static final long DWORD_ONES = 0x0000_0001_0000_0001L;

    private Lanes() {}

    // ---- adding and subtracting, wrapping around: the top bits apart, so that no carry leaves a lane

    private static long add(long a, long b, long tops) {
        return (a & ~tops) + (b & ~tops) ^ (a ^ b) & tops;
    }

    private static long subtract(long a, long b, long tops) {
        return (a | tops) - (b & ~tops) ^ (a ^ ~b) & tops;
    }

    static long paddb(long a, long b) {
        return add(a, b, BYTE_TOPS);
    }

    static long paddw(long a, long b) {
        return add(a, b, WORD_TOPS);
    }

    static long paddd(long a, long b) {
        return add(a, b, DWORD_TOPS);
    }

    static long paddq(long a, long b) {
        return a + b;
    }

    static long psubb(long a, long b) {
        return subtract(a, b, BYTE_TOPS);
    }

    static long psubw(long a, long b) {
        return subtract(a, b, WORD_TOPS);
    }

    static long psubd(long a, long b) {
        return subtract(a, b, DWORD_TOPS);
    }

    static long psubq(long a, long b) {
        return a - b;
    }

    // ---- adding and subtracting with saturation

    private static int saturate(int value, int least, int greatest) {
        return Math.max(least, Math.min(value, greatest));
    }

    private static long signedByte(int value) {
        return saturate(value, -0x80, 0x7F) & 0xFFL;
    }

    private static long unsignedByte(int value) {
        return saturate(value, 0, 0xFF);
    }

    private static long signedWord(int value) {
        return saturate(value, -0x8000, 0x7FFF) & 0xFFFFL;
    }

    private static long unsignedWord(int value) {
        return saturate(value, 0, 0xFFFF);
    }

    private static int ubyte(long value, int shift) {
        return (int) (value >>> shift) & 0xFF;
    }

    private static int uword(long value, int shift) {
        return (int) (value >>> shift) & 0xFFFF;
    }

    static long paddsb(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= signedByte((byte) (a >> shift) + (byte) (b >> shift)) << shift;
        }
        return result;
    }

    static long paddsw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= signedWord((short) (a >> shift) + (short) (b >> shift)) << shift;
        }
        return result;
    }

    static long paddusb(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= unsignedByte(ubyte(a, shift) + ubyte(b, shift)) << shift;
        }
        return result;
    }

    static long paddusw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= unsignedWord(uword(a, shift) + uword(b, shift)) << shift;
        }
        return result;
    }

    static long psubsb(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= signedByte((byte) (a >> shift) - (byte) (b >> shift)) << shift;
        }
        return result;
    }

    static long psubsw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= signedWord((short) (a >> shift) - (short) (b >> shift)) << shift;
        }
        return result;
    }

    static long psubusb(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= unsignedByte(ubyte(a, shift) - ubyte(b, shift)) << shift;
        }
        return result;
    }

    static long psubusw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= unsignedWord(uword(a, shift) - uword(b, shift)) << shift;
        }
        return result;
    }

    // ---- multiplying

    static long pmullw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (uword(a, shift) * uword(b, shift) & 0xFFFFL) << shift;
        }
        return result;
    }

    static long pmulhw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= ((short) (a >> shift) * (short) (b >> shift) >>> 16 & 0xFFFFL) << shift;
        }
        return result;
    }

    static long pmulhuw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (uword(a, shift) * uword(b, shift) >>> 16 & 0xFFFFL) << shift;
        }
        return result;
    }

    /** The one case that overflows, all four words 8000, wraps to 80000000 (Intel SDM 2, PMADDWD). */
    static long pmaddwd(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 32) {
            int sum =
                    (short) (a >> shift) * (short) (b >> shift) + (short) (a >> shift + 16) * (short) (b >> shift + 16);
            result |= (sum & 0xFFFF_FFFFL) << shift;
        }
        return result;
    }

    static long pmuludq(long a, long b) {
        return (a & 0xFFFF_FFFFL) * (b & 0xFFFF_FFFFL);
    }

    // ---- comparing: all ones where it holds

    /** The top bit of each lane that is zero in value, and nothing else. */
    private static long zeroLanes(long value, long tops) {
        return ~((value & ~tops) + ~tops | value | ~tops);
    }

    static long pcmpeqb(long a, long b) {
        return (zeroLanes(a ^ b, BYTE_TOPS) >>> 7) * 0xFFL;
    }

    static long pcmpeqw(long a, long b) {
        return (zeroLanes(a ^ b, WORD_TOPS) >>> 15) * 0xFFFFL;
    }

    static long pcmpeqd(long a, long b) {
        return (zeroLanes(a ^ b, DWORD_TOPS) >>> 31) * 0xFFFF_FFFFL;
    }

    static long pcmpgtb(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= (byte) (a >> shift) > (byte) (b >> shift) ? 0xFFL << shift : 0;
        }
        return result;
    }

    static long pcmpgtw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (short) (a >> shift) > (short) (b >> shift) ? 0xFFFFL << shift : 0;
        }
        return result;
    }

    static long pcmpgtd(long a, long b) {
        long low = (int) a > (int) b ? 0xFFFF_FFFFL : 0;
        return low | (a >> 32 > b >> 32 ? 0xFFFF_FFFF_0000_0000L : 0);
    }

    // ---- least, greatest, average, sum of differences

    static long pminub(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= (long) Math.min(ubyte(a, shift), ubyte(b, shift)) << shift;
        }
        return result;
    }

    static long pmaxub(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= (long) Math.max(ubyte(a, shift), ubyte(b, shift)) << shift;
        }
        return result;
    }

    static long pminsw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (Math.min((short) (a >> shift), (short) (b >> shift)) & 0xFFFFL) << shift;
        }
        return result;
    }

    static long pmaxsw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (Math.max((short) (a >> shift), (short) (b >> shift)) & 0xFFFFL) << shift;
        }
        return result;
    }

    static long pavgb(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            result |= (long) (ubyte(a, shift) + ubyte(b, shift) + 1 >> 1) << shift;
        }
        return result;
    }

    static long pavgw(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (long) (uword(a, shift) + uword(b, shift) + 1 >> 1) << shift;
        }
        return result;
    }

    static long psadbw(long a, long b) {
        long sum = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            sum += Math.abs(ubyte(a, shift) - ubyte(b, shift));
        }
        return sum;
    }

    // ---- logic

    static long pand(long a, long b) {
        return a & b;
    }

    static long pandn(long a, long b) {
        return ~a & b;
    }

    static long por(long a, long b) {
        return a | b;
    }

    static long pxor(long a, long b) {
        return a ^ b;
    }

    // ---- shifts by a 64-bit count

    private static boolean exceeds(long count, int greatest) {
        return Long.compareUnsigned(count, greatest) > 0;
    }

    static long psllw(long value, long count) {
        return exceeds(count, 15) ? 0 : value << count & (0xFFFF << count & 0xFFFF) * WORD_ONES;
    }

    static long pslld(long value, long count) {
        return exceeds(count, 31) ? 0 : value << count & (0xFFFF_FFFFL << count & 0xFFFF_FFFFL) * DWORD_ONES;
    }

    static long psllq(long value, long count) {
        return exceeds(count, 63) ? 0 : value << count;
    }

    static long psrlw(long value, long count) {
        return exceeds(count, 15) ? 0 : value >>> count & (0xFFFF >>> count) * WORD_ONES;
    }

    static long psrld(long value, long count) {
        return exceeds(count, 31) ? 0 : value >>> count & (0xFFFF_FFFFL >>> count) * DWORD_ONES;
    }

    static long psrlq(long value, long count) {
        return exceeds(count, 63) ? 0 : value >>> count;
    }

    static long psraw(long value, long count) {
        long distance = exceeds(count, 15) ? 15 : count;
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= ((short) (value >> shift) >> distance & 0xFFFFL) << shift;
        }
        return result;
    }

    static long psrad(long value, long count) {
        long distance = exceeds(count, 31) ? 31 : count;
        return (value >> 32 >> distance) << 32 | (int) value >> distance & 0xFFFF_FFFFL;
    }

    // ---- narrowing: the first operand to the low half

    static long packsswb(long a, long b) {
        long result = 0;
        for (int lane = 0; lane < 4; lane++) {
            result |= signedByte((short) (a >> 16 * lane)) << 8 * lane;
            result |= signedByte((short) (b >> 16 * lane)) << 8 * lane + 32;
        }
        return result;
    }

    static long packuswb(long a, long b) {
        long result = 0;
        for (int lane = 0; lane < 4; lane++) {
            result |= unsignedByte((short) (a >> 16 * lane)) << 8 * lane;
            result |= unsignedByte((short) (b >> 16 * lane)) << 8 * lane + 32;
        }
        return result;
    }

    static long packssdw(long a, long b) {
        return signedWord((int) a)
                | signedWord((int) (a >> 32)) << 16
                | signedWord((int) b) << 32
                | signedWord((int) (b >> 32)) << 48;
    }

    // ---- interleaving the low or the high halves

    /** Spreads four bytes to four words. */
    private static long spreadBytes(long value) {
        long pairs = (value | value << 16) & 0x0000_FFFF_0000_FFFFL;
        return (pairs | pairs << 8) & 0x00FF_00FF_00FF_00FFL;
    }

    private static long spreadWords(long value) {
        return value & 0xFFFF | (value & 0xFFFF_0000L) << 16;
    }

    static long punpcklbw(long a, long b) {
        return spreadBytes(a & 0xFFFF_FFFFL) | spreadBytes(b & 0xFFFF_FFFFL) << 8;
    }

    static long punpckhbw(long a, long b) {
        return punpcklbw(a >>> 32, b >>> 32);
    }

    static long punpcklwd(long a, long b) {
        return spreadWords(a) | spreadWords(b) << 16;
    }

    static long punpckhwd(long a, long b) {
        return punpcklwd(a >>> 32, b >>> 32);
    }

    static long punpckldq(long a, long b) {
        return a & 0xFFFF_FFFFL | b << 32;
    }

    static long punpckhdq(long a, long b) {
        return punpckldq(a >>> 32, b >>> 32);
    }

    // ---- choosing lanes

    /** Four words, chosen by two bits of the order each. */
    static long shuffleWords(long value, int order) {
        long result = 0;
        for (int lane = 0; lane < 4; lane++) {
            result |= (long) uword(value, 16 * (order >> 2 * lane & 3)) << 16 * lane;
        }
        return result;
    }

    /** One of four dwords, zero-extended. */
    static long dword(long low, long high, int number) {
        long half = (number & 2) != 0 ? high : low;
        return half >>> 32 * (number & 1) & 0xFFFF_FFFFL;
    }

    static long withWord(long value, int lane, int word) {
        int shift = 16 * lane;
        return value & ~(0xFFFFL << shift) | (word & 0xFFFFL) << shift;
    }

    /** The top bits of the eight bytes. */
    static int byteSigns(long value) {
        // each product bit that is kept comes from one byte; the multiplier moves them side by side
        return (int) ((value & BYTE_TOPS) * 0x0002_0408_1020_4081L >>> 56);
    }
}
