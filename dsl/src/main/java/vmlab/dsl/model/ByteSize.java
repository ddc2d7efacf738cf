// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

/** A size that says its unit, such as {@code 128.MiB}. */
public record ByteSize(long bytes) {
    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size can't be negative: " + bytes);
        }
    }

    /** The shortest exact form: {@code 128 MiB}. */
    @Override
    public String toString() {
        String[] units = {"bytes", "KiB", "MiB", "GiB"};
        long value = bytes;
        int unit = 0;
        while (unit < units.length - 1 && value != 0 && value % 1024 == 0) {
            value /= 1024;
            unit++;
        }
        return value + " " + units[unit];
    }
}
