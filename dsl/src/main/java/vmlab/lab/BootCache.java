// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.vmm.HostMistake;
import vmlab.vmm.snapshot.SnapshotFile;

/**
 * Guests as they were when they had booted, on disk: a VM that would boot to the same state goes on from there. The oldest ones
 * are deleted when all together hold more than a bound; what can't be read any more, too. Deleting the folder is always allowed.
 *
 * <p>Threads: any; files are written on threads of its own, which {@link #awaitKept} waits for. Errors: none; a cache that
 * can't be used is told in the log, and guests boot.
 */
public final class BootCache {
    /** So much memory of guests is kept, in all. */
    public static final long MOST_BYTES = 1L << 30;

    private static final String SUFFIX = ".boot";
    private static final int KEY_DIGITS = 24;

    private final Optional<Path> folder;
    private final long mostBytes;
    private final ConcurrentLinkedQueue<Thread> writers = new ConcurrentLinkedQueue<>();

    private BootCache(Optional<Path> folder, long mostBytes) {
        this.folder = folder;
        this.mostBytes = mostBytes;
    }

    /** One that keeps nothing. */
    public static BootCache none() {
        return new BootCache(Optional.empty(), 0);
    }

    /** One in a folder, which needn't be there yet. */
    public static BootCache in(Path folder) {
        return in(folder, MOST_BYTES);
    }

    static BootCache in(Path folder, long mostBytes) {
        return new BootCache(Optional.of(folder), mostBytes);
    }

    boolean isUsed() {
        return folder.isPresent();
    }

    /** Whether some moment of that guest's is kept. */
    boolean knows(String guest) {
        awaitKept();
        return files().stream().anyMatch(file -> file.getFileName().toString().startsWith(key(guest)));
    }

    /** A moment of that guest's, if it is kept. */
    Optional<SnapshotStore> find(String guest, String moment) {
        awaitKept();
        Optional<Path> file = folder.map(in -> in.resolve(name(guest, moment))).filter(Files::isRegularFile);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            Files.setLastModifiedTime(file.get(), FileTime.from(Instant.now()));
            return Optional.of(SnapshotStore.open(file.get()));
        } catch (IOException | HostMistake e) {
            drop(file.get(), e);
            return Optional.empty();
        }
    }

    /** Not in a field: every prompt makes a cache, and hardly one has something to say. */
    private static Logger log() {
        return LoggerFactory.getLogger(BootCache.class);
    }

    /** What was found can't be used. */
    void drop(Path file, Exception why) {
        log().warn("a kept boot can't be used, and is made anew: {}", why.getMessage());
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log().warn("{} can't be deleted: {}", file, e.toString());
        }
    }

    /** Keeps a moment of that guest's; the snapshot is closed when it is written. */
    void keep(String guest, String moment, VmSnapshot snapshot) {
        Path file = folder.orElseThrow().resolve(name(guest, moment));
        Thread writer = new Thread(() -> write(file, snapshot), "boot-cache");
        writer.setDaemon(true);
        writer.setPriority(Thread.MIN_PRIORITY);
        writers.add(writer);
        writer.start();
    }

    private void write(Path file, VmSnapshot snapshot) {
        try (snapshot) {
            SnapshotStore.write(file, "booted", List.of(snapshot), Optional.empty(), false);
            evict();
        } catch (HostMistake e) {
            log().warn("a boot isn't kept: {}", e.getMessage());
        }
    }

    /** Waits until what is being written is there. */
    void awaitKept() {
        for (Thread writer = writers.poll(); writer != null; writer = writers.poll()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void evict() {
        List<Path> newestFirst = new ArrayList<>(files());
        newestFirst.sort(Comparator.comparing(BootCache::time).reversed());
        long held = 0;
        for (Path file : newestFirst) {
            try {
                held += SnapshotFile.open(file).memoryBytes();
                if (held > mostBytes) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException | HostMistake e) {
                drop(file, e);
            }
        }
        deleteHalfWritten();
    }

    /** What a vmlab that was killed has left. */
    private void deleteHalfWritten() {
        Instant old = Instant.now().minus(1, ChronoUnit.HOURS);
        for (Path file : all()) {
            if (file.toString().endsWith(".tmp") && time(file).toInstant().isBefore(old)) {
                drop(file, new IOException("half written: " + file));
            }
        }
    }

    private static FileTime time(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            // Another vmlab has deleted it.
            return FileTime.fromMillis(0);
        }
    }

    private List<Path> files() {
        return all().stream().filter(file -> file.toString().endsWith(SUFFIX)).toList();
    }

    private List<Path> all() {
        if (folder.isEmpty() || !Files.isDirectory(folder.get())) {
            return Collections.emptyList();
        }
        try (Stream<Path> files = Files.list(folder.get())) {
            return files.toList();
        } catch (IOException e) {
            log().warn("{} can't be read: {}", folder.get(), e.toString());
            return Collections.emptyList();
        }
    }

    private static String name(String guest, String moment) {
        return key(guest) + "-" + digest(moment).substring(0, KEY_DIGITS) + SUFFIX;
    }

    private static String key(String guest) {
        return digest(guest).substring(0, KEY_DIGITS);
    }

    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
