// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.function.Executable;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/** Builds small boot images, and shows mistakes as the user sees them. */
final class Images {
    static final Consumer<ByteBuffer> UNCHANGED = image -> {};

    /** One sector of setup code, so the protected-mode code starts here. */
    static final int CODE_OFFSET = 1024;

    private Images() {}

    /** A relocatable bzImage of protocol 2.15 that prefers 16 MB and needs 1 MB there. */
    static byte[] bzImage(byte[] code, Consumer<ByteBuffer> changes) {
        int paragraphs = (code.length + 15) / 16;
        ByteBuffer image = littleEndian(CODE_OFFSET + 16 * paragraphs);
        image.put(0x1F1, (byte) 1).putInt(0x1F4, paragraphs).putShort(0x1FE, (short) 0xAA55);
        image.put(0x200, (byte) 0xEB).put(0x201, (byte) 0x6A);
        image.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putShort(0x206, (short) 0x020F);
        image.put(0x211, (byte) 1).putInt(0x214, 0x100000);
        image.putInt(0x22C, 0x7FFFFFFF).putInt(0x230, 0x1000000).put(0x234, (byte) 1);
        image.putInt(0x238, 2047).putLong(0x258, 0x1000000).putInt(0x260, 1 << 20);
        image.put(CODE_OFFSET, code);
        changes.accept(image);
        return image.array();
    }

    /** A bzImage around a packed kernel that starts 64 bytes into its code. */
    static byte[] bzImageWithPayload(byte[] payload) {
        byte[] code = new byte[64 + payload.length];
        System.arraycopy(payload, 0, code, 64, payload.length);
        return bzImage(code, image -> image.putInt(0x248, 64).putInt(0x24C, payload.length));
    }

    /** A part of an ELF file. */
    record Segment(int virtual, int physical, byte[] contents, int memoryBytes) {}

    /** An executable for i386. */
    static byte[] elf(int entry, Consumer<ByteBuffer> changes, Segment... segments) {
        int size = 52 + 32 * segments.length;
        for (Segment segment : segments) {
            size += segment.contents.length;
        }
        ByteBuffer elf = littleEndian(size);
        elf.put(0, new byte[] {0x7F, 'E', 'L', 'F', 1, 1, 1});
        elf.putShort(0x10, (short) 2).putShort(0x12, (short) 3).putInt(0x14, 1).putInt(0x18, entry);
        elf.putInt(0x1C, 52).putShort(0x2A, (short) 32).putShort(0x2C, (short) segments.length);
        int contentsAt = 52 + 32 * segments.length;
        for (int i = 0; i < segments.length; i++) {
            Segment segment = segments[i];
            elf.position(52 + 32 * i);
            elf.putInt(1).putInt(contentsAt).putInt(segment.virtual).putInt(segment.physical);
            elf.putInt(segment.contents.length).putInt(segment.memoryBytes);
            elf.put(contentsAt, segment.contents);
            contentsAt += segment.contents.length;
        }
        changes.accept(elf);
        return elf.array();
    }

    /** The same for amd64. */
    static byte[] elf64(long entry, Consumer<ByteBuffer> changes, long virtual, long physical, byte[] contents) {
        ByteBuffer elf = littleEndian(64 + 56 + contents.length);
        elf.put(0, new byte[] {0x7F, 'E', 'L', 'F', 2, 1, 1});
        elf.putShort(0x10, (short) 2).putShort(0x12, (short) 62).putInt(0x14, 1).putLong(0x18, entry);
        elf.putLong(0x20, 64).putShort(0x36, (short) 56).putShort(0x38, (short) 1);
        elf.position(64);
        elf.putInt(1).putInt(5).putLong(64 + 56).putLong(virtual).putLong(physical);
        elf.putLong(contents.length).putLong(0x2000).putLong(0x200000).put(contents);
        changes.accept(elf);
        return elf.array();
    }

    /** A little vmlinux for amd64: one segment at 16 MB, linked to the top 2 GB, entered by its physical address. */
    static byte[] vmlinux64() {
        return elf64(0x1000000, UNCHANGED, 0xFFFFFFFF81000000L, 0x1000000, new byte[] {(byte) 0xF4, 1, 2, 3});
    }

    /** A little vmlinux: one segment at 16 MB, linked to 3 GB + 16 MB, entered by its physical address. */
    static byte[] vmlinux() {
        return elf(0x1000000, UNCHANGED, new Segment(0xC1000000, 0x1000000, new byte[] {(byte) 0xF4, 1, 2, 3}, 0x2000));
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static Path file(Path directory, String name, byte[] contents) {
        try {
            return Files.write(directory.resolve(name), contents);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static BootImage image(Path kernel) {
        return new BootImage(kernel, Optional.empty(), "console=ttyS0");
    }

    static GuestMemory ram(int megabytes) {
        return GuestMemory.allocate((long) megabytes << 20);
    }

    /** What was found and what would do, without the part of the path that differs from run to run. */
    static String mistakeOf(Path directory, Executable executable) {
        HostMistake mistake = assertThrows(HostMistake.class, executable);
        return (mistake.getMessage() + "; " + mistake.remedy()).replace(directory + "/", "");
    }
}
