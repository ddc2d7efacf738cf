// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Unpacks LZ4 in the legacy frame that kernels use: blocks that are independent of each other, each with its length.
 *
 * <p>Spec: LZ4 Frame Format, "Legacy frame"; LZ4 Block Format.
 */
final class Lz4 {
    private static final int LEGACY_MAGIC = 0x184C2102;
    private static final int SHORTEST_MATCH = 4;

    /** A length nibble with this value goes on in the following bytes. */
    private static final int LONGER = 15;

    private final ByteBuffer in;
    private final byte[] out;
    private int filled;

    private Lz4(byte[] packed, int size) {
        in = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
        out = new byte[size];
    }

    /** Up to {@code size} bytes. */
    static byte[] unpackLegacyFrame(byte[] packed, int size) throws IOException {
        Lz4 lz4 = new Lz4(packed, size);
        try {
            lz4.frame();
        } catch (BufferUnderflowException e) {
            throw new EOFException("it ends in the middle of a block");
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("it refers to bytes that aren't there", e);
        }
        return Arrays.copyOf(lz4.out, lz4.filled);
    }

    private void frame() throws IOException {
        if (in.getInt() != LEGACY_MAGIC) {
            throw new IOException("it has no legacy frame");
        }
        while (in.hasRemaining()) {
            int length = in.getInt();
            block(in.position() + length);
        }
    }

    private void block(int end) {
        if (end < in.position() || end > in.limit()) {
            throw new BufferUnderflowException();
        }
        int blockStart = filled;
        while (in.position() < end) {
            int token = in.get() & 0xFF;
            literals(length(token >> 4));
            if (in.position() < end) {
                int distance = in.getShort() & 0xFFFF;
                match(distance, length(token & 15) + SHORTEST_MATCH, blockStart);
            }
        }
    }

    private int length(int nibble) {
        int length = nibble;
        int more = nibble == LONGER ? 255 : 0;
        while (more == 255) {
            more = in.get() & 0xFF;
            length += more;
        }
        return length;
    }

    private void literals(int length) {
        in.get(out, filled, length);
        filled += length;
    }

    private void match(int distance, int length, int blockStart) {
        if (distance == 0 || filled - distance < blockStart) {
            throw new IndexOutOfBoundsException(distance);
        }
        for (int i = 0; i < length; i++) {
            out[filled] = out[filled - distance];
            filled++;
        }
    }
}
