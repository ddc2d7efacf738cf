// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZOutputStream;
import vmlab.vmm.HostMistake;

class VmlinuxTest {
    private enum Packing {
        GZIP {
            @Override
            OutputStream open(OutputStream out) throws IOException {
                return new GZIPOutputStream(out);
            }
        },
        XZ {
            @Override
            OutputStream open(OutputStream out) throws IOException {
                // As Linux's build does for x86: with the filter for branch targets.
                return new XZOutputStream(out, new FilterOptions[] {new X86Options(), new LZMA2Options()});
            }
        },
        LZMA {
            @Override
            OutputStream open(OutputStream out) throws IOException {
                return new LZMAOutputStream(out, new LZMA2Options(), -1);
            }
        },
        ZSTD {
            @Override
            OutputStream open(OutputStream out) {
                return new OneShot(out);
            }
        };

        abstract OutputStream open(OutputStream out) throws IOException;

        byte[] pack(byte[] contents) throws IOException {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (OutputStream out = open(packed)) {
                out.write(contents);
            }
            if (this != GZIP) {
                packed.write(size(contents.length));
            }
            return packed.toByteArray();
        }
    }

    private static final class OneShot extends ByteArrayOutputStream {
        private final OutputStream out;

        OneShot(OutputStream out) {
            this.out = out;
        }

        @Override
        public void close() throws IOException {
            out.write(Zstd.compress(toByteArray()));
        }
    }

    private static final String AGAIN = "; fetch, copy or build it again";

    @TempDir
    Path directory;

    private static byte[] size(int bytes) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes)
                .array();
    }

    private Path vmlinuz(byte[] payload) {
        return Images.file(directory, "vmlinuz", Images.bzImageWithPayload(payload));
    }

    private Path extract(Path vmlinuz) {
        return Vmlinux.extract(vmlinuz, directory.resolve("cache"));
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void packedKernelIsUnpackedAndBoots(Packing packing) throws IOException {
        Path vmlinux = extract(vmlinuz(packing.pack(Images.vmlinux())));
        assertArrayEquals(Images.vmlinux(), Files.readAllBytes(vmlinux));
        try (var ram = Images.ram(32)) {
            assertEquals(
                    0x1000000,
                    BootLoaders.forImage(Images.image(vmlinux)).load(ram).eip());
        }
    }

    /** "abcd" as literals, then 10 bytes from 4 back, then "xy" as the last literals. */
    @Test
    void lz4BlockIsUnpackedWithOverlappingMatch() throws IOException {
        byte[] block = {0x46, 'a', 'b', 'c', 'd', 4, 0, 0x20, 'x', 'y'};
        byte[] frame = ByteBuffer.allocate(18)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184C2102)
                .putInt(block.length)
                .put(block)
                .array();
        assertEquals("abcdabcdabcdabxy", new String(Lz4.unpackLegacyFrame(frame, 16)));
    }

    @Test
    void lz4PackedKernelIsUnpacked() throws IOException {
        byte[] elf = Images.vmlinux();
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.write(size(0x184C2102));
        payload.write(size(2 + elf.length));
        payload.write(0xF0);
        payload.write(elf.length - 15);
        payload.write(elf);
        payload.write(size(elf.length));
        assertArrayEquals(elf, Files.readAllBytes(extract(vmlinuz(payload.toByteArray()))));
    }

    @Test
    void secondCallOnlyLooksUp() throws IOException {
        Path vmlinuz = vmlinuz(Packing.XZ.pack(Images.vmlinux()));
        Path first = extract(vmlinuz);
        Files.writeString(first, "kept");
        assertEquals(first, extract(vmlinuz));
        assertEquals("kept", Files.readString(first));
    }

    @Test
    void otherContentUnderTheSameNameIsAnotherEntry() throws IOException {
        Path first = extract(vmlinuz(Packing.XZ.pack(Images.vmlinux())));
        assertNotEquals(first, extract(vmlinuz(Packing.GZIP.pack(Images.vmlinux()))));
    }

    @Test
    void cacheHoldsNothingButTheResult() throws IOException {
        Path vmlinux = extract(vmlinuz(Packing.XZ.pack(Images.vmlinux())));
        try (var files = Files.list(directory.resolve("cache"))) {
            assertEquals(List.of(vmlinux), files.toList());
        }
    }

    @Test
    void elfFileIsItsOwnVmlinux() {
        Path elf = Images.file(directory, "vmlinux", Images.vmlinux());
        assertEquals(elf, extract(elf));
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void wrongAnnouncedSizeIsExplained(Packing packing) throws IOException {
        byte[] payload = packing.pack(Images.vmlinux());
        payload[payload.length - 4]++;
        String found = Images.mistakeOf(directory, () -> extract(vmlinuz(payload)));
        assertTrue(found.startsWith("the " + packing + "-packed kernel in vmlinuz is damaged: "), found);
        assertTrue(found.endsWith(AGAIN), found);
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void damagedPayloadIsAHostMistakeOrUnnoticedButNeverABug(Packing packing) throws IOException {
        byte[] payload = packing.pack(Images.vmlinux());
        for (int i = 2; i < payload.length; i++) {
            byte[] damaged = payload.clone();
            damaged[i] ^= (byte) 0x55;
            try {
                extract(vmlinuz(damaged));
            } catch (HostMistake expected) {
                assertTrue(expected.getMessage().contains("vmlinuz"), expected.getMessage());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            425A6839 | the kernel in vmlinuz is packed in a format that starts with 42 5A, which vmlab can't unpack; boot the file as it is: it unpacks itself, which takes longer
            28B52FFD | the ZSTD-packed kernel in vmlinuz is damaged: it announces 4096 MB; fetch, copy or build it again
            """)
    void otherPayloadIsExplained(String hex, String explanation) {
        byte[] payload = new byte[12];
        Arrays.fill(payload, (byte) 0xFF);
        byte[] start = HexFormat.of().parseHex(hex);
        System.arraycopy(start, 0, payload, 0, start.length);
        assertEquals(explanation, Images.mistakeOf(directory, () -> extract(vmlinuz(payload))));
    }

    @Test
    void payloadThatIsNoElfIsExplained() throws IOException {
        byte[] payload = Packing.XZ.pack("no kernel".getBytes());
        assertEquals(
                "what is packed in vmlinuz is no ELF file" + AGAIN,
                Images.mistakeOf(directory, () -> extract(vmlinuz(payload))));
    }

    @Test
    void kernelWithoutPayloadFieldIsExplained() {
        Path vmlinuz = Images.file(directory, "vmlinuz", Images.bzImage(new byte[16], Images.UNCHANGED));
        assertEquals(
                "vmlinuz doesn't say where its compressed kernel is;"
                        + " boot the file as it is: it unpacks itself, which takes longer",
                Images.mistakeOf(directory, () -> extract(vmlinuz)));
    }

    @Test
    void fileThatIsNoVmlinuzIsExplained() {
        Path script = Images.file(directory, "run", "#!/bin/sh\n".getBytes());
        assertEquals(
                "run is no vmlinuz: it is a script; " + BootFile.NAME_A_KERNEL,
                Images.mistakeOf(directory, () -> extract(script)));
    }

    @Test
    void unwritableCacheIsExplained() throws IOException {
        Path vmlinuz = vmlinuz(Packing.XZ.pack(Images.vmlinux()));
        Path file = Images.file(directory, "occupied", new byte[1]);
        String found = Images.mistakeOf(directory, () -> Vmlinux.extract(vmlinuz, file));
        assertTrue(found.startsWith("the unpacked kernel can't be kept in occupied: "), found);
        assertTrue(found.endsWith("; make room there, or choose another cache directory"), found);
    }
}
