// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * The private folder of what was fetched or made for guests. Everything in it can be made again: deleting the folder is
 * always allowed while no vmlab runs.
 *
 * <p>A file appears under its name only when it is whole (written beside, then renamed). Work that must happen once is
 * done {@linkplain #locked under a lock} that holds between threads and between processes of one host; locks of network
 * file systems are as good as theirs. Any thread may call any method.
 *
 * <p>Errors: {@link HostMistake} when the folder can't be made, written, or is full.
 *
 * @spec XDG Base Directory Specification 0.8, "Environment variables": XDG_CACHE_HOME
 */
public final class GuestCache {
    private static final String LOCK_FILE = "lock";
    private static final Map<Path, ReentrantLock> LOCKS_OF_THIS_PROCESS = new ConcurrentHashMap<>();

    private final Path root;

    /** Work done under the lock. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /** Writes one file or folder at a path given to it. */
    @FunctionalInterface
    public interface Maker {
        void make(Path target) throws IOException;
    }

    /** One entry of the cache as {@link #describe} sees it; a folder's size is that of all files below. */
    public record Entry(String name, long sizeBytes) {
        public Entry {
            Objects.requireNonNull(name);
        }
    }

    /** What is there: for a report on the host's health. */
    public record Description(Path location, boolean writable, long sizeBytes, List<Entry> entries) {
        public Description {
            Objects.requireNonNull(location);
            entries = List.copyOf(entries);
        }
    }

    public GuestCache(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    /** The cache of this process's user. */
    public static GuestCache ofUser() {
        return of(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    /** The cache an environment names: VMLAB_CACHE, else XDG_CACHE_HOME/vmlab, else ~/.cache/vmlab. */
    public static GuestCache of(Map<String, String> environment, Path home) {
        Optional<Path> own = folder(environment, "VMLAB_CACHE");
        // The specification, "Basics": a relative path is invalid and must be ignored.
        Optional<Path> xdg = folder(environment, "XDG_CACHE_HOME").filter(Path::isAbsolute);
        return new GuestCache(
                own.orElseGet(() -> xdg.orElse(home.resolve(".cache")).resolve("vmlab")));
    }

    private static Optional<Path> folder(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> !value.isBlank())
                .map(Path::of);
    }

    /** The folder itself; it need not exist yet. */
    public Path root() {
        return root;
    }

    /** A path inside; nothing is made. */
    public Path path(String relative) {
        Path path = root.resolve(relative).normalize();
        if (!path.startsWith(root)) {
            throw new IllegalArgumentException("outside the cache: " + relative);
        }
        return path;
    }

    /** Does the work while no other thread or process does work under this cache's lock. Not reentrant across caches. */
    public <T> T locked(Work<T> work) {
        ReentrantLock local = LOCKS_OF_THIS_PROCESS.computeIfAbsent(root, key -> new ReentrantLock());
        local.lock();
        try {
            return local.getHoldCount() > 1 ? work.run() : lockedAmongProcesses(work);
        } catch (IOException e) {
            throw mistake(e);
        } finally {
            local.unlock();
        }
    }

    private <T> T lockedAmongProcesses(Work<T> work) throws IOException {
        Files.createDirectories(root);
        try (FileChannel channel =
                        FileChannel.open(root.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid()) {
                throw new IOException("the lock was lost: " + root.resolve(LOCK_FILE));
            }
            return work.run();
        }
    }

    /** Makes a whole file or folder appear at a path inside, replacing what was there. */
    public Path put(String relative, Maker maker) {
        Path target = path(relative);
        return locked(() -> {
            Files.createDirectories(target.getParent());
            Path beside = target.resolveSibling(
                    "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
            deleteTree(beside);
            try {
                maker.make(beside);
                if (Files.isDirectory(beside)) {
                    deleteTree(target);
                }
                Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                deleteTree(beside);
            }
            return target;
        });
    }

    /** Removes a file or a folder with all below, if it is there; links are removed, never followed. */
    public static void deleteTree(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Refuses to begin what can't end: the disk must hold so many more bytes. */
    void requireSpace(long bytes) throws IOException {
        Files.createDirectories(root);
        long usable = Files.getFileStore(root).getUsableSpace();
        if (usable < bytes) {
            throw new HostMistake(
                    "the disk of the cache " + root + " has " + usable / 1_000_000 + " MB left, "
                            + (bytes + 999_999) / 1_000_000 + " MB are needed",
                    "free some space, or name a folder on another disk in VMLAB_CACHE");
        }
    }

    private HostMistake mistake(IOException cause) {
        return new HostMistake(
                "the cache " + root + " can't be used: " + cause,
                "make the folder writable and see that its disk isn't full, or name another folder in VMLAB_CACHE",
                cause);
    }

    /** Where it is, how big it is, what is there. A folder that isn't there yet is empty. */
    public Description describe() {
        List<Entry> entries = new ArrayList<>();
        if (Files.isDirectory(root)) {
            try (Stream<Path> children = Files.list(root)) {
                for (Path child : children.sorted().toList()) {
                    entries.add(new Entry(child.getFileName().toString(), sizeBytes(child)));
                }
            } catch (IOException e) {
                throw mistake(e);
            }
        }
        long sum = entries.stream().mapToLong(Entry::sizeBytes).sum();
        return new Description(root, writable(), sum, entries);
    }

    private boolean writable() {
        Path existing = root;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        return existing != null && Files.isDirectory(existing) && Files.isWritable(existing);
    }

    private static long sizeBytes(Path path) throws IOException {
        long[] sum = {0};
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                sum[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                // Another vmlab may remove its temporary files while we count.
                return FileVisitResult.CONTINUE;
            }
        });
        return sum[0];
    }
}
