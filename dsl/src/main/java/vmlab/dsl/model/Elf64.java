// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Recognizes programs and modules for 64-bit x86.
 *
 * @spec System V ABI, "Object Files", ELF Header; its AMD64 supplement, 4.1.1
 */
final class Elf64 {
    private static final byte[] MAGIC_AND_CLASS = {0x7F, 'E', 'L', 'F', 2};
    private static final int E_MACHINE = 0x12;
    private static final int EM_X86_64 = 62;

    private Elf64() {}

    /** Whether that is what a file of a script holds. */
    static boolean isHeldBy(Object content) {
        byte[] start =
                content instanceof Path path ? start(path) : content instanceof byte[] octets ? octets : new byte[0];
        if (start.length <= E_MACHINE + 1) {
            return false;
        }
        for (int i = 0; i < MAGIC_AND_CLASS.length; i++) {
            if (start[i] != MAGIC_AND_CLASS[i]) {
                return false;
            }
        }
        return start[E_MACHINE] == EM_X86_64 && start[E_MACHINE + 1] == 0;
    }

    private static byte[] start(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(E_MACHINE + 2);
        } catch (IOException e) {
            // A file that isn't there is told of for itself; one that can't be read is when it is copied.
            return new byte[0];
        }
    }
}
