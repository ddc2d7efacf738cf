// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import vmlab.vmm.CpuModel;
import vmlab.vmm.HostMistake;

/**
 * The setup header of a Linux kernel: what the kernel tells its loader, and room for the answers.
 *
 * <p>Not modelled: the real-mode code around it, which the 32-bit protocol doesn't run. Errors: a header that breaks the
 * protocol is a {@link HostMistake}.
 *
 * <p>Spec: Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header" and "Details of Header Fields".
 */
final class SetupHeader {
    /** Where the header starts, in the file and in the zero page. */
    static final int START = 0x1F1;

    /** The zero page has no room for a longer header (boot.rst, "The kernel_info"). */
    static final int MOST_END = 0x290;

    static final int SETUP_SECTS = 0x1F1;
    static final int SYSSIZE = 0x1F4;
    static final int VID_MODE = 0x1FA;
    static final int BOOT_FLAG = 0x1FE;
    static final int JUMP = 0x200;
    static final int HEADER = 0x202;
    static final int VERSION = 0x206;
    static final int TYPE_OF_LOADER = 0x210;
    static final int LOADFLAGS = 0x211;
    static final int CODE32_START = 0x214;
    static final int RAMDISK_IMAGE = 0x218;
    static final int RAMDISK_SIZE = 0x21C;
    static final int CMD_LINE_PTR = 0x228;
    static final int INITRD_ADDR_MAX = 0x22C;
    static final int KERNEL_ALIGNMENT = 0x230;
    static final int RELOCATABLE_KERNEL = 0x234;
    static final int XLOADFLAGS = 0x236;
    static final int CMDLINE_SIZE = 0x238;
    static final int HARDWARE_SUBARCH = 0x23C;
    static final int PAYLOAD_OFFSET = 0x248;
    static final int PAYLOAD_LENGTH = 0x24C;
    static final int PREF_ADDRESS = 0x258;
    static final int INIT_SIZE = 0x260;

    private static final int SECTOR_BYTES = 512;
    private static final int BOOT_FLAG_MAGIC = 0xAA55;
    private static final byte[] MAGIC = "HdrS".getBytes(StandardCharsets.US_ASCII);
    private static final int LOADED_HIGH = 1;
    private static final int XLF_KERNEL_64 = 1;

    /** The first with cmd_line_ptr: older kernels were last built in the 1990s. */
    private static final int OLDEST_VERSION = 0x0202;

    /** Where initrds ended before the header said so: the end of what a default i386 kernel maps. */
    private static final long DEFAULT_INITRD_ADDR_MAX = 0x37FFFFFF;

    private static final long INITRD_ADDR_MAX_64 = 0x7FFFFFFF;

    private static final int NORMAL_VIDEO_MODE = 0xFFFF;
    private static final int UNDEFINED_LOADER = 0xFF;
    private static final int PC = 0;

    /** Indexed by offsets in the file: the bytes before {@link #START} are zeros. */
    private final ByteBuffer bytes;

    private SetupHeader(byte[] header) {
        bytes = ByteBuffer.wrap(Arrays.copyOf(header, MOST_END)).order(ByteOrder.LITTLE_ENDIAN);
    }

    static boolean isIn(BootFile file) {
        return file.has(HEADER, MAGIC) && file.u16(BOOT_FLAG) == BOOT_FLAG_MAGIC;
    }

    /** The header of a bzImage, of which {@link #isIn} holds. */
    static SetupHeader of(BootFile file) {
        int end = HEADER + file.u8(JUMP + 1);
        if (end > MOST_END) {
            throw damaged(file, "its setup header ends at %#x".formatted(end));
        }
        byte[] upToEnd = file.slice(0, end);
        Arrays.fill(upToEnd, 0, START, (byte) 0);
        SetupHeader header = new SetupHeader(upToEnd);
        header.check(file);
        return header;
    }

    /**
     * A header for a kernel that comes without: an ELF file. The values are those every kernel for its CPU has had since
     * 2.6.31; the kernel itself, past its decompressor, looks only at what a loader answers.
     */
    static SetupHeader forElf(ElfImage kernel) {
        SetupHeader header = new SetupHeader(new byte[0]);
        header.bytes.putShort(BOOT_FLAG, (short) BOOT_FLAG_MAGIC);
        header.bytes.put(JUMP, (byte) 0xEB).put(JUMP + 1, (byte) (0x26C - HEADER));
        header.bytes.put(HEADER, MAGIC);
        header.bytes.putShort(VERSION, (short) 0x020F);
        header.bytes.put(LOADFLAGS, (byte) LOADED_HIGH);
        boolean is64Bit = kernel.cpu() == CpuModel.AMD64;
        header.bytes.putInt(INITRD_ADDR_MAX, (int) (is64Bit ? INITRD_ADDR_MAX_64 : DEFAULT_INITRD_ADDR_MAX));
        header.bytes.putShort(XLOADFLAGS, (short) (is64Bit ? XLF_KERNEL_64 : 0));
        header.bytes.putInt(KERNEL_ALIGNMENT, 1 << 24);
        header.bytes.putInt(CMDLINE_SIZE, 2047);
        header.bytes.putLong(PREF_ADDRESS, kernel.lowest());
        header.bytes.putInt(INIT_SIZE, (int) (kernel.end() - kernel.lowest()));
        return header;
    }

    private void check(BootFile file) {
        if (version() < OLDEST_VERSION) {
            throw new HostMistake(
                    "%s speaks the Linux boot protocol %d.%02d, which is too old"
                            .formatted(file.path(), version() >> 8, version() & 0xFF),
                    "use a kernel of this century");
        }
        if ((bytes.get(LOADFLAGS) & LOADED_HIGH) == 0) {
            throw new HostMistake(
                    "%s is a zImage, made to be loaded below 1 MB".formatted(file.path()), "build a bzImage instead");
        }
        if (relocates() && (Integer.bitCount((int) kernelAlignment()) != 1 || prefAddress() < LowMemory.HIGH)) {
            throw damaged(file, "it wants to run at %#x, aligned to %#x".formatted(prefAddress(), kernelAlignment()));
        }
    }

    /** By the 64-bit entry point; 64-bit kernels before 3.8 had only the one for 32 bits, and go for i386 ones here. */
    CpuModel cpu() {
        boolean is64Bit = version() >= 0x020C && (bytes.getShort(XLOADFLAGS) & XLF_KERNEL_64) != 0;
        return is64Bit ? CpuModel.AMD64 : CpuModel.I386;
    }

    private static HostMistake damaged(BootFile file, String how) {
        return new HostMistake("%s is damaged: %s".formatted(file.path(), how), "fetch, copy or build it again");
    }

    int version() {
        return bytes.getShort(VERSION) & 0xFFFF;
    }

    /** Offset in the file of the protected-mode code. */
    long codeOffset() {
        int setupSectors = bytes.get(SETUP_SECTS) & 0xFF;
        return (1L + (setupSectors == 0 ? 4 : setupSectors)) * SECTOR_BYTES;
    }

    /** Bytes of protected-mode code in the file. Before protocol 2.04 it is all the rest of the file. */
    long codeBytes(BootFile file) {
        return version() >= 0x0204 ? 16 * u32(SYSSIZE) : file.size() - codeOffset();
    }

    /** The last address the initrd may occupy. */
    long initrdAddrMax() {
        return version() >= 0x0203 ? u32(INITRD_ADDR_MAX) : DEFAULT_INITRD_ADDR_MAX;
    }

    /** The longest command line, in bytes without the zero. */
    long cmdlineSize() {
        return version() >= 0x0206 ? u32(CMDLINE_SIZE) : 255;
    }

    /** Whether the loader may choose where the kernel is, and the kernel says where it likes to be. */
    boolean relocates() {
        return version() >= 0x020A && bytes.get(RELOCATABLE_KERNEL) != 0;
    }

    long kernelAlignment() {
        return u32(KERNEL_ALIGNMENT);
    }

    /** Where the kernel runs unless it is relocated; 0 if it doesn't say. */
    long prefAddress() {
        return version() >= 0x020A ? bytes.getLong(PREF_ADDRESS) : 0;
    }

    /** The memory it needs where it runs before it can look at the memory map; 0 if it doesn't say. */
    long initSize() {
        return version() >= 0x020A ? u32(INIT_SIZE) : 0;
    }

    /** Offset in the file of the compressed vmlinux; 0 if the kernel doesn't say. */
    long payloadOffset() {
        return version() >= 0x0208 && u32(PAYLOAD_OFFSET) != 0 ? codeOffset() + u32(PAYLOAD_OFFSET) : 0;
    }

    long payloadLength() {
        return u32(PAYLOAD_LENGTH);
    }

    private long u32(int offset) {
        return bytes.getInt(offset) & 0xFFFF_FFFFL;
    }

    /** The header with a loader's obligatory answers, as it goes into the zero page at {@link #START}. */
    byte[] answered(long codeStart, Initrd.Placed initrd) {
        ByteBuffer answer = ByteBuffer.wrap(bytes.array().clone()).order(ByteOrder.LITTLE_ENDIAN);
        answer.putShort(VID_MODE, (short) NORMAL_VIDEO_MODE);
        answer.put(TYPE_OF_LOADER, (byte) UNDEFINED_LOADER);
        answer.putInt(CODE32_START, (int) codeStart);
        answer.putInt(RAMDISK_IMAGE, (int) initrd.address());
        answer.putInt(RAMDISK_SIZE, (int) initrd.sizeBytes());
        answer.putInt(CMD_LINE_PTR, (int) LowMemory.COMMAND_LINE);
        if (version() >= 0x0207) {
            answer.putInt(HARDWARE_SUBARCH, PC);
        }
        return Arrays.copyOfRange(answer.array(), START, MOST_END);
    }
}
