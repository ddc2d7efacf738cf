// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import vmlab.vmm.GuestMemory;

/**
 * Builds the boot parameters of Linux, its "zero page".
 *
 * <p>Not modelled: firmware, disks and video modes: their fields are 0, which Linux reads as absent. So is the text
 * screen: with no columns Linux doesn't look for a VGA.
 *
 * <p>Spec: Linux Documentation/arch/x86/zero-page.rst.
 */
final class ZeroPage {
    static final int BYTES = 4096;
    static final int EXT_MEM_K = 0x002;
    static final int ALT_MEM_K = 0x1E0;
    static final int E820_ENTRIES = 0x1E8;
    static final int E820_TABLE = 0x2D0;
    static final int E820_ENTRY_BYTES = 20;

    private ZeroPage() {}

    static byte[] of(GuestMemory ram, byte[] setupHeader) {
        ByteBuffer page = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long kilobytes = LowMemory.kilobytesAboveOneMegabyte(ram);
        page.putShort(EXT_MEM_K, (short) Math.min(kilobytes, 0xFFFF));
        page.putInt(ALT_MEM_K, (int) kilobytes);
        List<LowMemory.Region> map = LowMemory.map(ram);
        page.put(E820_ENTRIES, (byte) map.size());
        page.position(E820_TABLE);
        map.forEach(region ->
                page.putLong(region.base()).putLong(region.sizeBytes()).putInt(region.type()));
        page.put(SetupHeader.START, setupHeader);
        return page.array();
    }
}
