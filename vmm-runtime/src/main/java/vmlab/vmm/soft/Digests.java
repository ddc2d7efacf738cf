// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import vmlab.vmm.RawMemory;

/**
 * Writes down what a CPU and its memory were like along the way, so that two runs of a guest can be compared: a line at every
 * so many instructions with the registers, a digest of the floating-point state, one of all places where the run loop looked
 * around since the line before (device accesses, interrupts, alarms) and one of RAM.
 *
 * <p>Runs that are the same write the same lines, whatever executes. Threads: the vCPU's.
 */
final class Digests implements AutoCloseable {
    /** System property: the file. Where it is there already, as of a VM that came before, a number is put behind it. */
    static final String FILE = "vmlab.soft.digests";

    /** System property: how many million instructions there are between two lines; 1 if it isn't set. */
    static final String MILLIONS = "vmlab.soft.digests.millions";

    private static final int CHUNK = 1 << 20;

    private final BufferedWriter out;
    private final long every;
    private final long ram;
    private final long ramBytes;
    private final byte[] chunk = new byte[CHUNK];
    private final CRC32C path = new CRC32C();
    private long next;

    private Digests(BufferedWriter out, long every, long ram, long ramBytes) {
        this.out = out;
        this.every = every;
        this.ram = ram;
        this.ramBytes = ramBytes;
        next = every;
    }

    /** Those that the process was asked for; null if none. */
    static Digests asked(long ram, long ramBytes) {
        String file = System.getProperty(FILE);
        if (file == null) {
            return null;
        }
        return new Digests(create(file), 1_000_000L * Integer.getInteger(MILLIONS, 1), ram, ramBytes);
    }

    private static BufferedWriter create(String file) {
        for (int number = 0; ; number++) {
            Path path = Path.of(number == 0 ? file : file + "." + number);
            try {
                return Files.newBufferedWriter(path, StandardOpenOption.CREATE_NEW);
            } catch (FileAlreadyExistsException taken) {
                continue;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Instructions to the next line. */
    long room(long count) {
        return next - count;
    }

    /** The run loop looks around. */
    void lookAround(Cpu c) {
        long count = c.count();
        fold(count);
        fold(c.eip);
        fold(c.eflags());
        for (int n = 0; n < 8; n++) {
            fold(c.r[n]);
        }
        if (count >= next) {
            write(c, count);
            next = count / every * every + every;
        }
    }

    private void fold(long value) {
        for (int shift = 0; shift < Long.SIZE; shift += 16) {
            path.update((int) (value >>> shift));
            path.update((int) (value >>> shift + 8));
        }
    }

    private void write(Cpu c, long count) {
        CRC32C floats = new CRC32C();
        floats.update(CpuStates.of(c).floats().bytes());
        String registers = CpuStates.of(c).describe().replace('\n', ' ');
        try {
            out.write("%d %s floats=%08x path=%08x ram=%08x%n"
                    .formatted(count, registers, floats.getValue(), path.getValue(), ramDigest()));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        path.reset();
    }

    private long ramDigest() {
        CRC32C digest = new CRC32C();
        for (long at = 0; at < ramBytes; at += CHUNK) {
            int bytes = (int) Math.min(CHUNK, ramBytes - at);
            RawMemory.copy(ram + at, chunk, 0, bytes);
            digest.update(chunk, 0, bytes);
        }
        return digest.getValue();
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
