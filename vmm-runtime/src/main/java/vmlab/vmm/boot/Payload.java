// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;
import vmlab.vmm.HostMistake;

/**
 * The compressed kernel inside a bzImage. Its last four bytes are the unpacked size: gzip ends so by itself, for the
 * other formats the kernel's build appends it.
 *
 * <p>Not modelled: bzip2 and LZO, which no distribution uses for x86.
 *
 * <p>Spec: Linux Documentation/arch/x86/boot.rst, field payload_offset.
 */
final class Payload {
    private static final int SIZE_BYTES = 4;

    /** Larger than any kernel without debugging data: a damaged size shall not fill the heap. */
    private static final long MOST_BYTES = 256L << 20;

    private static final String BOOT_IT_AS_IT_IS = "boot the file as it is: it unpacks itself, which takes longer";

    private static final int MOST_LZMA_KILOBYTES = 256 << 10;

    private interface Unpacking {
        /** Up to {@code size} bytes; fewer if the data end early. */
        byte[] unpack(byte[] packed, int size) throws IOException;
    }

    private interface Opening {
        InputStream open(InputStream packed) throws IOException;
    }

    private enum Format {
        GZIP(new int[] {0x1F, 0x8B}, 0, streamed(GZIPInputStream::new)),
        XZ(new int[] {0xFD, 0x37}, SIZE_BYTES, streamed(SingleXZInputStream::new)),
        ZSTD(new int[] {0x28, 0xB5}, SIZE_BYTES, streamed(ZstdInputStreamNoFinalizer::new)),
        LZMA(new int[] {0x5D, 0x00}, SIZE_BYTES, streamed(in -> new LZMAInputStream(in, MOST_LZMA_KILOBYTES))),
        LZ4(new int[] {0x02, 0x21}, SIZE_BYTES, Lz4::unpackLegacyFrame);

        private final int[] magic;
        private final int trailingBytes;
        private final Unpacking unpacking;

        Format(int[] magic, int trailingBytes, Unpacking unpacking) {
            this.magic = magic;
            this.trailingBytes = trailingBytes;
            this.unpacking = unpacking;
        }

        private static Unpacking streamed(Opening opening) {
            return (packed, size) -> {
                try (InputStream in = opening.open(new ByteArrayInputStream(packed))) {
                    byte[] unpacked = in.readNBytes(size);
                    if (in.read() >= 0) {
                        throw new IOException("there is more than the announced size");
                    }
                    return unpacked;
                }
            };
        }

        boolean matches(byte[] packed) {
            return (packed[0] & 0xFF) == magic[0] && (packed[1] & 0xFF) == magic[1];
        }
    }

    private Payload() {}

    /** Unpacks the payload of a bzImage. */
    static byte[] unpack(BootFile file, SetupHeader header) {
        if (header.payloadOffset() == 0 || header.payloadLength() <= SIZE_BYTES) {
            throw new HostMistake(
                    "%s doesn't say where its compressed kernel is".formatted(file.path()), BOOT_IT_AS_IT_IS);
        }
        byte[] packed = file.slice(header.payloadOffset(), header.payloadLength());
        Format format = Arrays.stream(Format.values())
                .filter(candidate -> candidate.matches(packed))
                .findFirst()
                .orElseThrow(() -> new HostMistake(
                        "the kernel in %s is packed in a format that starts with %02X %02X, which vmlab can't unpack"
                                .formatted(file.path(), packed[0], packed[1]),
                        BOOT_IT_AS_IT_IS));
        return unpack(file, format, packed);
    }

    private static byte[] unpack(BootFile file, Format format, byte[] packed) {
        int sizeAt = packed.length - SIZE_BYTES;
        long size = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).getInt(sizeAt) & 0xFFFF_FFFFL;
        try {
            if (size > MOST_BYTES) {
                throw new IOException("it announces %d MB".formatted(RamSize.megabytes(size)));
            }
            byte[] unpacked =
                    format.unpacking.unpack(Arrays.copyOf(packed, packed.length - format.trailingBytes), (int) size);
            if (unpacked.length != size) {
                throw new IOException("it announces %d bytes and has %d".formatted(size, unpacked.length));
            }
            return unpacked;
        } catch (IOException e) {
            throw new HostMistake(
                    "the %s-packed kernel in %s is damaged: %s".formatted(format, file.path(), e.getMessage()),
                    "fetch, copy or build it again",
                    e);
        }
    }
}
