// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PageWalkTest {
    private static final long PG = 0x80000001L;
    private static final long PSE = 0x10;
    private static final long PAE = 0x20;
    private static final long LA57 = 0x1000;
    private static final long LARGE = 0x80;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);

    @AfterEach
    void free() {
        memory.close();
    }

    private void assertMaps(PageWalk walk, long virtual, long physical) {
        assertEquals(OptionalLong.of(physical), walk.physical(virtual), () -> "of %#x".formatted(virtual));
    }

    private void assertAbsent(PageWalk walk, long virtual) {
        assertEquals(OptionalLong.empty(), walk.physical(virtual), () -> "of %#x".formatted(virtual));
    }

    @Test
    void withoutPagingAddressesAreThemselves() {
        PageWalk walk = new PageWalk(memory, 1, 0x1000, PAE, false);
        assertMaps(walk, 0x12345, 0x12345);
        assertMaps(walk, -1, 0xFFFFFFFFL);
    }

    @Test
    @DisplayName("SDM 3A, 4.3: two levels of 32-bit entries, and 4 MB pages with CR4.PSE")
    void thirtyTwoBitTables() {
        memory.write32(0x1000 + 0x300 * 4, 0x2000 | 1);
        memory.write32(0x2000 + 5 * 4, 0x7000 | 1);
        memory.write32(0x1000 + 0x301 * 4, 0x80400000 | (int) LARGE | 1);
        PageWalk walk = new PageWalk(memory, PG, 0x1018, PSE, false);
        assertMaps(walk, 0xC0005ABCL, 0x7ABC);
        assertMaps(walk, (int) 0xC0005ABCL, 0x7ABC);
        assertMaps(walk, 0xC0412345L, 0x80412345L);
        assertAbsent(walk, 0xC0006000L);
        assertAbsent(walk, 0x1000);
        assertMaps(new PageWalk(memory, PG, 0x1000, 0, false), 0xC0005ABCL, 0x7ABC);
    }

    @Test
    @DisplayName("SDM 3A, 4.3: without CR4.PSE bit 7 of a directory's entry means nothing")
    void largePagesNeedPse() {
        memory.write32(0x1000, 0x2000 | (int) LARGE | 1);
        memory.write32(0x2000, 0x7000 | 1);
        assertMaps(new PageWalk(memory, PG, 0x1000, 0, false), 0x10, 0x7010);
        assertMaps(new PageWalk(memory, PG, 0x1000, PSE, false), 0x10, 0x10);
    }

    @Test
    @DisplayName("SDM 3A, 4.4: PAE, whose first table has four entries and is aligned to 32 bytes")
    void paeTables() {
        memory.write64(0x1020 + 3 * 8, 0x2000 | 1);
        memory.write64(0x2000 + 2 * 8, 0x3000 | 1);
        memory.write64(0x2000 + 3 * 8, 0x8000_0000_0060_0000L | LARGE | 1);
        memory.write64(0x3000 + 4 * 8, 0x7000 | 1);
        PageWalk walk = new PageWalk(memory, PG, 0x1020, PAE, false);
        assertMaps(walk, 0xC0404ABCL, 0x7ABC);
        assertMaps(walk, 0xC0612345L, 0x612345);
        assertAbsent(walk, 0x404ABC);
    }

    @Test
    @DisplayName("SDM 3A, 4.5: four levels, pages of 2 MB and 1 GB, and addresses that aren't canonical")
    void fourLevels() {
        memory.write64(0x1000 + 511 * 8, 0x2000 | 1);
        memory.write64(0x2000 + 510 * 8, 0x3000 | 1);
        memory.write64(0x2000 + 509 * 8, 0x4000_0000L | LARGE | 1);
        memory.write64(0x3000 + 8 * 8, 0x1000000L | LARGE | 1);
        memory.write64(0x3000 + 9 * 8, 0x4000 | 1);
        memory.write64(0x4000, 0x8000_0000_0000_9000L | 1);
        PageWalk walk = new PageWalk(memory, PG, 0x1000, PAE, true);
        assertMaps(walk, 0xFFFFFFFF81012345L, 0x1012345);
        assertMaps(walk, 0xFFFFFFFF81200ABCL, 0x9ABC);
        assertMaps(walk, 0xFFFFFFFF41234567L, 0x41234567L);
        assertAbsent(walk, 0xFFFFFFFF81201000L);
        assertAbsent(walk, 0x0000FFFF81012345L);
    }

    @Test
    @DisplayName("SDM 3A, 4.5.1: CR4.LA57 puts a fifth level in front")
    void fiveLevels() {
        memory.write64(0x5000 + 511 * 8, 0x1000 | 1);
        memory.write64(0x1000 + 511 * 8, 0x2000 | 1);
        memory.write64(0x2000 + 510 * 8, 0x40000000L | LARGE | 1);
        assertMaps(new PageWalk(memory, PG, 0x5000, PAE | LA57, true), 0xFFFFFFFF80000010L, 0x40000010L);
    }

    @Test
    void tablesOutsideTheRamMapNothing() {
        memory.write32(0x1000, 0xFF000000 | 1);
        assertAbsent(new PageWalk(memory, PG, 0x1000, 0, false), 0);
        assertAbsent(new PageWalk(memory, PG, 0xFFF00000L, 0, false), 0);
    }
}
