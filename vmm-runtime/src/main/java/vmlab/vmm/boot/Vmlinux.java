// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import vmlab.vmm.HostMistake;

/**
 * Unpacks kernels on the host, once, so that the guest doesn't have to at every boot.
 *
 * <p>Understands xz, zstd, gzip, LZMA and LZ4; not bzip2 and LZO. Threads: any, and any number of processes with the same
 * cache: a file appears there complete or not at all.
 */
public final class Vmlinux {
    private static final int KEY_BYTES = 16;

    private Vmlinux() {}

    /**
     * The ELF file inside a bzImage. What was unpacked before is only looked up, by the bzImage's content.
     *
     * @param vmlinuz a bzImage; a file that is ELF already is returned as it is
     * @param cacheDir made if it isn't there
     * @throws HostMistake if the file is no bzImage, damaged, packed in an unknown format or not for x86, or the cache
     *     can't be written
     */
    public static Path extract(Path vmlinuz, Path cacheDir) {
        BootFile file = BootFile.read(vmlinuz, "kernel");
        if (ElfImage.isElf(file)) {
            return vmlinuz;
        }
        if (!SetupHeader.isIn(file)) {
            throw new HostMistake(
                    "%s is no vmlinuz: it %s".formatted(vmlinuz, WhatItIs.of(file)), BootFile.NAME_A_KERNEL);
        }
        Path cached = cacheDir.resolve("vmlinux-" + key(file));
        if (!Files.isRegularFile(cached)) {
            store(cached, unpack(file));
        }
        return cached;
    }

    private static byte[] unpack(BootFile file) {
        byte[] unpacked = Payload.unpack(file, SetupHeader.of(file));
        BootFile vmlinux = BootFile.of(file.path(), unpacked);
        if (!ElfImage.isElf(vmlinux)) {
            throw new HostMistake(
                    "what is packed in %s is no ELF file".formatted(file.path()), "fetch, copy or build it again");
        }
        ElfImage.check(vmlinux);
        return unpacked;
    }

    private static String key(BootFile file) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(file.slice(0, file.size()));
            return HexFormat.of().formatHex(digest, 0, KEY_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static void store(Path target, byte[] contents) {
        Path directory = target.getParent();
        try {
            Files.createDirectories(directory);
            Path unfinished =
                    Files.createTempFile(directory, target.getFileName().toString(), ".part");
            try {
                Files.write(unfinished, contents);
                Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new HostMistake(
                    "the unpacked kernel can't be kept in %s: %s".formatted(directory, e),
                    "make room there, or choose another cache directory",
                    e);
        }
    }
}
