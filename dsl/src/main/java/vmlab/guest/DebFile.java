// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A Debian package file: an ar archive with a tar archive of files in it. Unpacks the files asked for, a symbolic link as a
 * copy of the file it leads to (a library has a short name that way); nothing of it is ever run, and nothing is written
 * outside the target.
 *
 * <p>Not modelled: links to what isn't asked for, hard links, owners, modes, and the control part.
 *
 * @spec deb(5), format 2.0
 */
final class DebFile {
    private DebFile() {}

    /**
     * Unpacks the files whose path inside (such as {@code boot/vmlinuz-…}) is asked for; their paths, in archive order.
     *
     * @param limit reading ends when so many were found
     */
    static List<String> unpack(Path deb, Path target, Predicate<String> wanted, int limit) throws IOException {
        Map<String, byte[]> files = contents(deb, wanted, limit);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path path = inside(target, file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
        return List.copyOf(files.keySet());
    }

    /** What is wanted is a few megabytes; reading all of it first tells a damaged package from a full disk. */
    private static Map<String, byte[]> contents(Path deb, Predicate<String> wanted, int limit) throws ArchiveFailure {
        try (ArArchiveInputStream ar =
                new ArArchiveInputStream(new BufferedInputStream(Files.newInputStream(deb), 1 << 16))) {
            for (ArArchiveEntry entry = ar.getNextEntry(); entry != null; entry = ar.getNextEntry()) {
                if (entry.getName().startsWith("data.tar")) {
                    return contents(decompressed(ar, entry.getName()), wanted, limit);
                }
            }
        } catch (IOException e) {
            throw new ArchiveFailure("not a package that can be read: " + deb + ": " + e.getMessage(), e);
        }
        throw new ArchiveFailure("not a package that can be read: " + deb + ": no data.tar in it");
    }

    private static InputStream decompressed(InputStream data, String name) throws IOException {
        return switch (name) {
            case "data.tar" -> data;
            case "data.tar.gz" -> new GZIPInputStream(data, 1 << 16);
            case "data.tar.xz" -> new XZInputStream(data);
            case "data.tar.zst" -> new ZstdInputStream(data);
            default -> throw new ArchiveFailure("compressed in a way not known here: " + name);
        };
    }

    private static Map<String, byte[]> contents(InputStream data, Predicate<String> wanted, int limit)
            throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        Map<String, String> links = new LinkedHashMap<>();
        TarArchiveInputStream tar = new TarArchiveInputStream(data);
        for (TarArchiveEntry entry = tar.getNextEntry();
                entry != null && files.size() < limit;
                entry = tar.getNextEntry()) {
            String name = entry.getName().replaceFirst("^(\\./)+", "");
            if (entry.isSymbolicLink() && wanted.test(name)) {
                links.put(
                        name,
                        Path.of(name)
                                .resolveSibling(entry.getLinkName())
                                .normalize()
                                .toString());
            } else if (entry.isFile() && wanted.test(name)) {
                files.put(name, tar.readAllBytes());
            }
        }
        links.forEach((name, target) -> {
            if (files.containsKey(target)) {
                files.put(name, files.get(target));
            }
        });
        return files;
    }

    private static Path inside(Path target, String name) throws IOException {
        Path root = target.toAbsolutePath().normalize();
        Path file = root.resolve(name).normalize();
        if (name.startsWith("/") || !file.startsWith(root)) {
            throw new ArchiveFailure("the package would write outside of its folder: " + name);
        }
        return file;
    }
}
