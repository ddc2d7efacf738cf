// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CpuIdentityTest {
    @ParameterizedTest(name = "SDM 2, CPUID: {4} at {1}, bit {3}: {0} {5}")
    @CsvSource({
        "AMD64, 1, EDX, 6, PAE, true",
        "AMD64, 1, EDX, 9, APIC, false",
        "AMD64, 1, EDX, 26, SSE2, true",
        "AMD64, 1, ECX, 0, SSE3, true",
        "AMD64, 1, ECX, 9, SSSE3, true",
        "AMD64, 1, ECX, 13, CMPXCHG16B, true",
        "AMD64, 1, ECX, 19, SSE4.1, true",
        "AMD64, 1, ECX, 20, SSE4.2, true",
        "AMD64, 1, ECX, 23, POPCNT, true",
        "AMD64, 1, ECX, 26, XSAVE, false",
        "AMD64, 1, ECX, 31, hypervisor, false",
        "AMD64, 0x80000001, ECX, 0, LAHF, true",
        "AMD64, 0x80000001, EDX, 11, SYSCALL, true",
        "AMD64, 0x80000001, EDX, 20, NX, true",
        "AMD64, 0x80000001, EDX, 27, RDTSCP, false",
        "AMD64, 0x80000001, EDX, 29, LM, true",
        "I386, 1, EDX, 6, PAE, false",
        "I386, 1, ECX, 13, CMPXCHG16B, false",
        "I386, 0x80000001, EDX, 29, LM, false",
    })
    void featureBits(CpuModel model, String leaf, String register, int bit, String name, boolean there) {
        CpuIdentity.Leaf answer = CpuIdentity.leaf(model, Long.decode(leaf).intValue());
        int word = register.equals("ECX") ? answer.ecx() : answer.edx();

        assertEquals(there, (word >>> bit & 1) == 1, name);
    }

    @ParameterizedTest(name = "SDM 2, CPUID: the last leaf behind {1} of {0} is {2}")
    @CsvSource({
        "AMD64, 0, 1",
        "AMD64, 0x80000000, 0x80000008",
        "I386, 0, 1",
        "I386, 0x80000000, 0x80000004",
    })
    void lastLeaves(CpuModel model, String first, String last) {
        assertEquals(
                Long.decode(last).intValue(),
                CpuIdentity.leaf(model, Long.decode(first).intValue()).eax());
    }

    @ParameterizedTest(name = "SDM 2, CPUID 80000008: {0} of {1} bits")
    @CsvSource({"physical addresses, 0, 36", "linear addresses, 8, 48"})
    void addressSizes(String what, int shift, int bits) {
        int eax =
                CpuIdentity.leaf(CpuModel.AMD64, CpuIdentity.ADDRESS_SIZES_LEAF).eax();

        assertEquals(bits, eax >> shift & 0xFF, what);
    }

    @ParameterizedTest
    @CsvSource({"0", "0x80000002", "0x80000003", "0x80000004", "4", "0x40000000"})
    void modelsDifferInNothingElse(String leaf) {
        int number = Long.decode(leaf).intValue();

        assertEquals(CpuIdentity.leaf(CpuModel.I386, number), CpuIdentity.leaf(CpuModel.AMD64, number));
    }
}
