// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Recognizes files that people take for kernels, so that the message can say what they are. */
final class WhatItIs {
    private record Mark(int offset, byte[] bytes, String meaning) {
        static Mark text(int offset, String text, String meaning) {
            return new Mark(offset, text.getBytes(StandardCharsets.ISO_8859_1), meaning);
        }
    }

    private static final List<Mark> MARKS = List.of(
            // The arm64 Image begins with "MZ" too if it has an EFI stub, so its own mark comes first.
            Mark.text(0x38, "ARM\u0064", "is a kernel for 64-bit ARM"),
            Mark.text(0x24, "\u0018\u0028\u006f\u0001", "is a kernel for 32-bit ARM"),
            Mark.text(0x38, "RSC\u0005", "is a kernel for RISC-V"),
            Mark.text(0, "MZ", "is an EFI program"),
            Mark.text(0, "\u001f\u008b", "is a gzip'd file"),
            Mark.text(0, "\u00fd7zXZ", "is an xz file"),
            Mark.text(0, "\u0028\u00b5\u002f\u00fd", "is a zstd file"),
            Mark.text(0, "0707", "is a cpio archive, perhaps an initrd"),
            Mark.text(0, "!<arch>\n", "is an archive, perhaps a Debian package"),
            Mark.text(0x8001, "CD001", "is a CD image"),
            Mark.text(0, "#!", "is a script"),
            Mark.text(0x1FE, "\u0055\u00aa", "is a disk's boot sector or a disk image"));

    private WhatItIs() {}

    /** A predicate for "it ...". */
    static String of(BootFile file) {
        return MARKS.stream()
                .filter(mark -> file.has(mark.offset, mark.bytes))
                .map(Mark::meaning)
                .findFirst()
                .orElse("has neither a Multiboot header nor a Linux setup header, and is no ELF file");
    }
}
