// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A guest of a few instructions: it prints a text on its serial line, makes one hypercall, and halts for ever.
 *
 * @spec Multiboot Specification 0.6.96, 3.1: the header
 */
final class BareKernel {
    private static final int BASE = 0x100000;
    private static final int MAGIC = 0x1BADB002;
    private static final int HAS_ADDRESSES = 1 << 16;
    private static final int HEADER_BYTES = 32;

    private BareKernel() {}

    /** Writes it. */
    static Path write(Path file, String text, int token) throws IOException {
        byte[] words = text.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer code = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        code.put(octets(0x66, 0xBA, 0xF8, 0x03)); // mov dx, 3F8h
        code.put(octets(0xBE)).putInt(0); // mov esi, the text; set below
        code.put(octets(
                0xAC, 0x84, 0xC0, 0x74, 0x03, 0xEE, 0xEB,
                0xF8)); // next: lodsb; test al, al; jz on; out dx, al; jmp next
        code.put(octets(0xB8)).putInt(token).put(octets(0xE6, 0xF8)); // on: mov eax, token; out F8h, al
        code.put(octets(0xFA, 0xF4)); // cli; hlt
        code.putInt(5, BASE + HEADER_BYTES + code.position());
        int end = BASE + HEADER_BYTES + code.position() + words.length + 1;
        ByteBuffer image = ByteBuffer.allocate(end - BASE).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(MAGIC).putInt(HAS_ADDRESSES).putInt(-(MAGIC + HAS_ADDRESSES));
        image.putInt(BASE).putInt(BASE).putInt(end).putInt(end).putInt(BASE + HEADER_BYTES);
        image.put(code.flip()).put(words);
        return Files.write(file, image.array());
    }

    private static byte[] octets(int... values) {
        byte[] octets = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            octets[i] = (byte) values[i];
        }
        return octets;
    }
}
