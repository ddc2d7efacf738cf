// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressRangeTest {
    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 0", "0, -1", "0x7FFFFFFFFFFFFFFF, 1"})
    void impossibleRangeIsRefused(long base, long size) {
        assertThrows(IllegalArgumentException.class, () -> new AddressRange(base, size));
    }

    @Test
    void rangeContainsItsBaseAndNotItsEnd() {
        AddressRange range = new AddressRange(0xFFFF_F000L, 0x1000);
        assertTrue(range.contains(0xFFFF_F000L));
        assertTrue(range.contains(0xFFFF_FFFFL));
        assertFalse(range.contains(0x1_0000_0000L));
        assertFalse(range.contains(0xFFFF_EFFFL));
        assertEquals("0xfffff000-0xffffffff", range.toString());
    }

    @ParameterizedTest
    @CsvSource({"0, 16, false", "0, 17, true", "31, 1, true", "32, 1, false", "20, 2, true", "0, 100, true"})
    void overlapIsSymmetric(long base, long size, boolean overlaps) {
        AddressRange fixed = new AddressRange(16, 16);
        AddressRange other = new AddressRange(base, size);
        assertEquals(overlaps, fixed.overlaps(other));
        assertEquals(overlaps, other.overlaps(fixed));
    }
}
