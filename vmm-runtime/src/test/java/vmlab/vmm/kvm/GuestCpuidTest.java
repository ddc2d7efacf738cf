// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import vmlab.vmm.CpuIdentity;
import vmlab.vmm.CpuModel;

final class GuestCpuidTest {
    private static final CpuIdentity.Leaf ALL = new CpuIdentity.Leaf(-1, -1, -1, -1);
    private static final CpuIdentity.Leaf NONE = new CpuIdentity.Leaf(0, 0, 0, 0);

    @ParameterizedTest
    @EnumSource
    void aHostWithEverythingShowsTheModelAsItIs(CpuModel cpu) {
        for (int leaf : GuestCpuid.leaves()) {
            assertEquals(CpuIdentity.leaf(cpu, leaf), GuestCpuid.answer(cpu, leaf, ALL));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, I386", "1, AMD64", "0x80000001, AMD64"})
    void featuresThatTheHostHasNotAreLeftOut(String leaf, CpuModel cpu) {
        int number = Long.decode(leaf).intValue();
        CpuIdentity.Leaf ours = CpuIdentity.leaf(cpu, number);

        assertEquals(new CpuIdentity.Leaf(ours.eax(), ours.ebx(), 0, 0), GuestCpuid.answer(cpu, number, NONE));
    }
}
