// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * CPUID: a uniprocessor of family 6, so that a guest sees one machine wherever it runs: the 32-bit model with what both CPUs
 * have and nothing else, the 64-bit one with the psABI's level x86-64-v2.
 *
 * <p>It goes by the name of a vendor that every kernel knows, because of an unknown one Linux says on the console that the
 * system may be unstable; and of the vendor for whose parts kernels want the fewest model-specific registers (no microcode,
 * no performance counters).
 *
 * @spec SDM 2, CPUID, tables 3-8 to 3-11; System V ABI, AMD64 supplement, table 3.1
 */
public final class CpuIdentity {
    public static final int FEATURES_LEAF = 1;
    /** The last leaf that answers anything, of the basic ones and of the extended ones. */
    public static final int LAST_BASIC_LEAF = FEATURES_LEAF;

    public static final int FIRST_EXTENDED_LEAF = 0x80000000;
    public static final int EXTENDED_FEATURES_LEAF = 0x80000001;
    private static final int FIRST_NAME_LEAF = 0x80000002;
    public static final int LAST_EXTENDED_LEAF = 0x80000004;
    /** Of the 64-bit model, which has it. */
    public static final int ADDRESS_SIZES_LEAF = 0x80000008;

    private static final int FPU = 1;
    private static final int DE = 1 << 2;
    private static final int PSE = 1 << 3;
    private static final int TSC = 1 << 4;
    private static final int MSR = 1 << 5;
    private static final int MCE = 1 << 7;
    private static final int PAE = 1 << 6;
    private static final int CX8 = 1 << 8;
    private static final int SEP = 1 << 11;
    private static final int PGE = 1 << 13;
    private static final int MCA = 1 << 14;
    private static final int CMOV = 1 << 15;
    private static final int CLFSH = 1 << 19;
    private static final int MMX = 1 << 23;
    private static final int FXSR = 1 << 24;
    private static final int SSE = 1 << 25;
    private static final int SSE2 = 1 << 26;

    private static final int FEATURES =
            FPU | DE | PSE | TSC | MSR | MCE | CX8 | SEP | PGE | MCA | CMOV | CLFSH | MMX | FXSR | SSE | SSE2;

    /** In ECX: SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT. */
    private static final int FEATURES_OF_64_BITS = 1 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 23;

    /** In ECX of the extended leaf. */
    private static final int LAHF_IN_64_BIT_MODE = 1;

    private static final int SYSCALL = 1 << 11;
    private static final int NX = 1 << 20;
    /** Long mode. Without it a host can't have the 64-bit model. */
    public static final int LM = 1 << 29;

    /** 48 bits of linear address; of physical ones those that KVM takes for a CPU that doesn't say. */
    private static final int ADDRESS_SIZES = 48 << 8 | 36;

    /** CLFLUSH works on lines of 64 bytes; the field counts in 8. */
    private static final int CLFLUSH_LINE = 8 << 8;

    /** Family 6, model 10, stepping 9. */
    private static final int SIGNATURE = 0x6A9;

    private static final String VENDOR = "CentaurHauls";
    private static final String NAME = "vmlab x86";

    /** The answer to one leaf. */
    public record Leaf(int eax, int ebx, int ecx, int edx) {}

    private CpuIdentity() {}

    /** The 32-bit model's answer to the leaf in EAX. No leaf has subleaves. */
    public static Leaf leaf(int leaf) {
        return leaf(CpuModel.I386, leaf);
    }

    /** A model's answer to the leaf in EAX. */
    public static Leaf leaf(CpuModel model, int leaf) {
        return model == CpuModel.AMD64 ? leafOf64Bits(leaf) : leafOf32Bits(leaf);
    }

    private static Leaf leafOf64Bits(int leaf) {
        Leaf base = leafOf32Bits(leaf);
        return switch (leaf) {
            case FEATURES_LEAF -> new Leaf(base.eax(), base.ebx(), FEATURES_OF_64_BITS, base.edx() | PAE);
            case FIRST_EXTENDED_LEAF -> new Leaf(ADDRESS_SIZES_LEAF, 0, 0, 0);
            case EXTENDED_FEATURES_LEAF -> new Leaf(0, 0, LAHF_IN_64_BIT_MODE, SYSCALL | NX | LM);
            case ADDRESS_SIZES_LEAF -> new Leaf(ADDRESS_SIZES, 0, 0, 0);
            default -> base;
        };
    }

    private static Leaf leafOf32Bits(int leaf) {
        if (leaf == 0) {
            return new Leaf(LAST_BASIC_LEAF, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4));
        }
        if (leaf == FEATURES_LEAF) {
            return new Leaf(SIGNATURE, CLFLUSH_LINE, 0, FEATURES);
        }
        if (leaf == FIRST_EXTENDED_LEAF) {
            return new Leaf(LAST_EXTENDED_LEAF, 0, 0, 0);
        }
        if (leaf >= FIRST_NAME_LEAF && leaf <= LAST_EXTENDED_LEAF) {
            int at = (leaf - FIRST_NAME_LEAF) * 16;
            return new Leaf(word(NAME, at), word(NAME, at + 4), word(NAME, at + 8), word(NAME, at + 12));
        }
        // Not the last leaf's answer, as an Intel part gives: glibc reads leaf 4 until a zero ends the list.
        return new Leaf(0, 0, 0, 0);
    }

    private static int word(String text, int at) {
        int word = 0;
        for (int k = 0; k < 4; k++) {
            int character = at + k < text.length() ? text.charAt(at + k) : 0;
            word |= character << (8 * k);
        }
        return word;
    }
}
