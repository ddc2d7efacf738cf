// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import vmlab.vmm.SharedMemory;

/**
 * Memory that both sides of a connection have: guests at an address of theirs, components by this object. Strings are C's,
 * ended by a zero.
 *
 * <p>Threads: any; see {@link SharedMemory}.
 *
 * @param name its connection's name
 */
public record Dataport(String name, SharedMemory memory) implements AutoCloseable {
    public Dataport {
        Objects.requireNonNull(name);
        Objects.requireNonNull(memory);
    }

    /**
     * Makes a dataport of zeros.
     *
     * @throws vmlab.vmm.HostMistake if the host has no memory or files left
     */
    public static Dataport create(String name, long sizeBytes) {
        return new Dataport(name, SharedMemory.create(name, sizeBytes));
    }

    public long sizeBytes() {
        return memory.sizeBytes();
    }

    /** The string at the start: up to the first zero, or all of it. */
    public String cString() {
        return cString(0);
    }

    /** The string at an offset: up to the next zero, or to the end. */
    public String cString(long offset) {
        byte[] bytes = memory.read(offset, Math.toIntExact(sizeBytes() - offset));
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Writes a string and its zero at the start. */
    public void cString(CharSequence text) {
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= sizeBytes()) {
            throw new IndexOutOfBoundsException(
                    "%d bytes and a zero don't fit into the %d of %s".formatted(bytes.length, sizeBytes(), name));
        }
        memory.write(0, bytes);
        memory.write8(bytes.length, 0);
    }

    @Override
    public void close() {
        memory.close();
    }
}
