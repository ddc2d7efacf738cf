// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * The archive Linux unpacks into its first root file system: folders, files, symbolic links and device nodes. The same
 * entries give the same bytes, on any host and in any order of adding: owners are 0:0, times {@link #TIME_SECONDS}, inodes
 * count up, entries are sorted by name (so a folder precedes what is in it; missing parents are added with mode 755).
 *
 * <p>Not modelled: hard links, extended attributes, several archives in a row. Not safe for several threads.
 *
 * @spec Linux 6.1, Documentation/driver-api/early-userspace/buffer-format.rst: cpio "newc"
 */
public final class Initramfs {
    /** 2020-01-01T00:00:00Z: any fixed time will do, but one before 1990 makes build tools complain in the guest. */
    static final long TIME_SECONDS = 1_577_836_800L;

    private static final int PERMISSIONS = 07777;
    private final TreeMap<String, Item> items = new TreeMap<>();

    /** One entry: its type and mode, its bytes (of a link: where it points), and of a device node its numbers. */
    private record Item(long mode, byte[] content, int major, int minor) {}

    /** Adds a folder, or changes the mode of one that is there. */
    public Initramfs folder(String path, int mode) {
        return add(path, CpioConstants.C_ISDIR, mode, new byte[0], 0, 0);
    }

    /** Adds a file. */
    public Initramfs file(String path, byte[] content, int mode) {
        return add(path, CpioConstants.C_ISREG, mode, content.clone(), 0, 0);
    }

    /** Adds a symbolic link. */
    public Initramfs link(String path, String target) {
        return add(path, CpioConstants.C_ISLNK, 0777, target.getBytes(StandardCharsets.UTF_8), 0, 0);
    }

    /** Adds a node of a character device. */
    public Initramfs characterDevice(String path, int mode, int major, int minor) {
        return add(path, CpioConstants.C_ISCHR, mode, new byte[0], major, minor);
    }

    /** Adds a node of a block device. */
    public Initramfs blockDevice(String path, int mode, int major, int minor) {
        return add(path, CpioConstants.C_ISBLK, mode, new byte[0], major, minor);
    }

    private Initramfs add(String path, int type, int mode, byte[] content, int major, int minor) {
        if ((mode & ~PERMISSIONS) != 0) {
            throw new IllegalArgumentException(
                    "not a file mode: 0" + Integer.toOctalString(mode) + " (give octal, 0755)");
        }
        String name = normal(path);
        parents(name);
        Item previous = items.put(name, new Item(type | mode, content, major, minor));
        if (previous != null && kind(previous) == CpioConstants.C_ISDIR && type != CpioConstants.C_ISDIR) {
            items.put(name, previous);
            throw new IllegalArgumentException("a folder of that name is there: /" + name);
        }
        return this;
    }

    private static String normal(String path) {
        String name = path.startsWith("/") ? path.substring(1) : path;
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not a path in a guest: " + path);
            }
        }
        return name;
    }

    private void parents(String name) {
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            String parent = name.substring(0, slash);
            Item there =
                    items.computeIfAbsent(parent, key -> new Item(CpioConstants.C_ISDIR | 0755, new byte[0], 0, 0));
            if (kind(there) != CpioConstants.C_ISDIR) {
                throw new IllegalArgumentException("/" + parent + " is no folder, so it can't hold /" + name);
            }
        }
    }

    private static int kind(Item item) {
        return (int) (item.mode() & CpioConstants.S_IFMT);
    }

    /** Writes it uncompressed: an emulated CPU copies faster than it unpacks. */
    public void write(Path output) throws IOException {
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(output), 1 << 16)) {
            write(file);
        }
    }

    /** Writes it gzipped: smaller on the disk, slower to boot. */
    public void writeCompressed(Path output) throws IOException {
        try (OutputStream file = new GZIPOutputStream(Files.newOutputStream(output), 1 << 16)) {
            write(file);
        }
    }

    /** Writes it uncompressed into a stream, which stays open. */
    public void write(OutputStream output) throws IOException {
        Objects.requireNonNull(output);
        CpioArchiveOutputStream cpio = new CpioArchiveOutputStream(output, CpioConstants.FORMAT_NEW);
        int inode = 1;
        for (Map.Entry<String, Item> entry : items.entrySet()) {
            Item item = entry.getValue();
            cpio.putArchiveEntry(header(entry.getKey(), item, inode++));
            cpio.write(item.content());
            cpio.closeArchiveEntry();
        }
        cpio.finish();
        cpio.flush();
    }

    private static CpioArchiveEntry header(String name, Item item, int inode) {
        CpioArchiveEntry header = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name, item.content().length);
        header.setMode(item.mode());
        header.setInode(inode);
        header.setNumberOfLinks(kind(item) == CpioConstants.C_ISDIR ? 2 : 1);
        header.setTime(TIME_SECONDS);
        header.setRemoteDeviceMaj(item.major());
        header.setRemoteDeviceMin(item.minor());
        return header;
    }
}
