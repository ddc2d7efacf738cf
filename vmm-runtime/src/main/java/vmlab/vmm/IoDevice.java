// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** What a bus sees of a device: registers that are read and written. Called on the vCPU's thread only. */
public interface IoDevice {
    /**
     * Reads a register.
     *
     * @param offset from the start of the range the device was mapped at
     * @param bytes width of the access: 1, 2, 4 or 8
     * @return the value, in its low {@code bytes} bytes
     */
    long read(long offset, int bytes);

    /**
     * Writes a register.
     *
     * @param offset from the start of the range the device was mapped at
     * @param bytes width of the access: 1, 2, 4 or 8
     * @param value in its low {@code bytes} bytes; the bits above are undefined
     */
    void write(long offset, int bytes, long value);
}
