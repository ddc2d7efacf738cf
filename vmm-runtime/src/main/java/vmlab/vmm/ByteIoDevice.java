// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** A device with an eight-bit data bus: a wider access reaches it as single bytes, lowest address first. */
public interface ByteIoDevice extends IoDevice {
    /** Reads the register at {@code offset}; 0 to 255. */
    int readByte(int offset);

    /** Writes the register at {@code offset}; {@code value} is 0 to 255. */
    void writeByte(int offset, int value);

    @Override
    default long read(long offset, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) (readByte((int) offset + i) & 0xFF) << (8 * i);
        }
        return value;
    }

    @Override
    default void write(long offset, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            writeByte((int) offset + i, (int) (value >>> (8 * i)) & 0xFF);
        }
    }
}
