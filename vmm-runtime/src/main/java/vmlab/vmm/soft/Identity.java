// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * CPUID: a uniprocessor of family 6 with what is implemented here and nothing else.
 *
 * <p>The vendor is our own, so that no kernel looks for another vendor's registers and errata.
 *
 * @spec SDM 2, CPUID, tables 3-8 to 3-11
 */
final class Identity {
    private static final int FPU = 1;
    private static final int DE = 1 << 2;
    private static final int PSE = 1 << 3;
    private static final int TSC = 1 << 4;
    private static final int MSR = 1 << 5;
    private static final int CX8 = 1 << 8;
    private static final int SEP = 1 << 11;
    private static final int PGE = 1 << 13;
    private static final int CMOV = 1 << 15;

    private static final int FEATURES = FPU | DE | PSE | TSC | MSR | CX8 | SEP | PGE | CMOV;

    /** Family 6, model 11, stepping 1. */
    private static final int SIGNATURE = 0x6B1;

    private static final String VENDOR = "VMlabSoftCPU";
    private static final String NAME = "vmlab soft x86";

    private Identity() {}

    static void leaf(Cpu c) {
        int leaf = c.r[Cpu.EAX];
        if (leaf == 0) {
            answer(c, 1, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4));
        } else if (leaf == 0x80000000) {
            answer(c, 0x80000004, 0, 0, 0);
        } else if (leaf >= 0x80000002 && leaf <= 0x80000004) {
            int at = (leaf - 0x80000002) * 16;
            answer(c, word(NAME, at), word(NAME, at + 4), word(NAME, at + 8), word(NAME, at + 12));
        } else if (leaf == 0x80000001) {
            answer(c, 0, 0, 0, 0);
        } else {
            // A basic leaf beyond the last answers as the last (SDM 2, CPUID).
            answer(c, SIGNATURE, 0, 0, FEATURES);
        }
    }

    private static void answer(Cpu c, int eax, int ebx, int ecx, int edx) {
        c.r[Cpu.EAX] = eax;
        c.r[Cpu.EBX] = ebx;
        c.r[Cpu.ECX] = ecx;
        c.r[Cpu.EDX] = edx;
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
