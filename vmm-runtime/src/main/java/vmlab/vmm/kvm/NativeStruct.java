// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.RawMemory;

/** A zeroed block of native memory for one C structure, by offset. Nothing is checked: offsets are {@link KvmApi}'s. */
final class NativeStruct implements AutoCloseable {
    private final int sizeBytes;
    private long address;

    NativeStruct(int sizeBytes) {
        this.sizeBytes = sizeBytes;
        address = RawMemory.allocate(sizeBytes);
        clear();
    }

    void clear() {
        RawMemory.fill(address, sizeBytes, (byte) 0);
    }

    long address() {
        return address;
    }

    int get8(int offset) {
        return RawMemory.get8(address + offset) & 0xFF;
    }

    int get16(int offset) {
        return RawMemory.get16(address + offset) & 0xFFFF;
    }

    int get32(int offset) {
        return RawMemory.get32(address + offset);
    }

    long get64(int offset) {
        return RawMemory.get64(address + offset);
    }

    NativeStruct put8(int offset, int value) {
        RawMemory.put8(address + offset, (byte) value);
        return this;
    }

    NativeStruct put16(int offset, int value) {
        RawMemory.put16(address + offset, (short) value);
        return this;
    }

    NativeStruct put32(int offset, int value) {
        RawMemory.put32(address + offset, value);
        return this;
    }

    NativeStruct put64(int offset, long value) {
        RawMemory.put64(address + offset, value);
        return this;
    }

    @Override
    public void close() {
        if (address != 0) {
            RawMemory.free(address);
            address = 0;
        }
    }
}
