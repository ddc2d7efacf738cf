// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * A non-empty range of addresses that doesn't wrap.
 *
 * @param base first address
 * @param sizeBytes number of addresses
 */
public record AddressRange(long base, long sizeBytes) {
    public AddressRange {
        if (base < 0 || sizeBytes <= 0 || base + sizeBytes < 0) {
            throw new IllegalArgumentException("no such address range: base %#x, size %#x".formatted(base, sizeBytes));
        }
    }

    /** The first address behind the range. */
    public long end() {
        return base + sizeBytes;
    }

    public boolean contains(long address) {
        return address >= base && address < end();
    }

    public boolean overlaps(AddressRange other) {
        return base < other.end() && other.base < end();
    }

    @Override
    public String toString() {
        return "%#x-%#x".formatted(base, end() - 1);
    }
}
