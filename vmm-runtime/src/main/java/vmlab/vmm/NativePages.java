// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.BitSet;

/**
 * The C library's calls for mapped memory. Everything here can end the JVM if it is called with wrong numbers, so
 * only {@link GuestMemory}, {@link SharedMemory} and {@link MemoryLayer} do, on address ranges of their own.
 *
 * <p>Errors: -1, as in C.
 *
 * @spec mmap(2), madvise(2), mremap(2), memfd_create(2), fcntl(2), open(2), pwrite(2), lseek(2)
 */
final class NativePages {
    static final int PAGE_BYTES = 4096;

    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 0x1;
    private static final int MAP_PRIVATE_NORESERVE = 0x2 | 0x4000;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
    private static final int MAP_FIXED = 0x10;
    private static final int MREMAP_MAYMOVE_FIXED = 3;
    private static final int MFD_CLOEXEC_ALLOW_SEALING = 3;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SEAL_SHRINK_GROW = 7;
    private static final int F_SEAL_SHRINK_GROW = 6;
    private static final int F_SEAL_FUTURE_WRITE = 16;
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int MADV_HUGEPAGE = 14;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    /** Bound when the first guest gets its memory, not at every start of vmlab. */
    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        static native long mmap(long address, long length, int protection, int flags, int file, long offset);

        static native long mremap(long from, long length, long newLength, int flags, long to);

        static native int madvise(long address, long length, int advice);

        static native int munmap(long address, long length);

        static native int memfd_create(byte[] name, int flags);

        static native int ftruncate(int file, long length);

        static native int fcntl(int file, int command, long argument);

        static native int close(int file);

        static native int open(byte[] path, int flags);

        static native long lseek(int file, long offset, int whence);

        static native long pwrite(int file, long from, long length, long offset);
    }

    private NativePages() {}

    /** Addresses that nobody else gets and nobody can touch. */
    static long reserve(long bytes) {
        return C.mmap(0, bytes, PROT_NONE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
    }

    /** Fresh zeros wherever there is room. */
    static long zeros(long bytes) {
        return C.mmap(0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
    }

    /** Fresh zeros in place of what is there, in huge pages where the host gives them. */
    static long hugeZerosAt(long address, long bytes) {
        long mapped = C.mmap(address, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE | MAP_FIXED, -1, 0);
        if (mapped != -1) {
            // A host without huge pages refuses, which is no harm.
            C.madvise(address, bytes, MADV_HUGEPAGE);
        }
        return mapped;
    }

    /** Nothing in place of what is there. */
    static long nothingAt(long address, long bytes) {
        return C.mmap(address, bytes, PROT_NONE, MAP_PRIVATE_ANONYMOUS_NORESERVE | MAP_FIXED, -1, 0);
    }

    /** A file wherever there is room. */
    static long file(int file, long bytes) {
        return C.mmap(0, bytes, PROT_READ_WRITE, MAP_SHARED, file, 0);
    }

    /** A file in place of what is there; whoever accesses it meanwhile sees the one or the other. */
    static long fileAt(long address, long bytes, int file, long offset) {
        return C.mmap(address, bytes, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED, file, offset);
    }

    /** Moves pages to where others are, in one step. */
    static long move(long from, long to, long bytes) {
        return C.mremap(from, bytes, bytes, MREMAP_MAYMOVE_FIXED, to);
    }

    static void release(long address, long bytes) {
        C.munmap(address, bytes);
    }

    /** A file in place of what is there; what is stored there stays with who stores it, page by page. */
    static long copyAt(long address, long bytes, int file, long offset) {
        return C.mmap(address, bytes, PROT_READ_WRITE, MAP_PRIVATE_NORESERVE | MAP_FIXED, file, offset);
    }

    /** A file in memory that isn't inherited by other programs, and that nobody can truncate under those who map it. */
    static int memoryFile(String name, long bytes) {
        return memoryFile(name, bytes, F_SEAL_SEAL_SHRINK_GROW);
    }

    /** The same; {@link #forbidWrites} can be said of it later. */
    static int freezableFile(String name, long bytes) {
        return memoryFile(name, bytes, F_SEAL_SHRINK_GROW);
    }

    private static int memoryFile(String name, long bytes, int seals) {
        int file = C.memfd_create(Native.toByteArray(name, "UTF-8"), MFD_CLOEXEC_ALLOW_SEALING);
        if (file < 0) {
            return file;
        }
        if (C.ftruncate(file, bytes) != 0 || C.fcntl(file, F_ADD_SEALS, seals) != 0) {
            C.close(file);
            return -1;
        }
        return file;
    }

    /** Nobody can begin to write to the file any more; does nothing before Linux 5.1. */
    static void forbidWrites(int file) {
        C.fcntl(file, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
    }

    /** The pages of a file in memory that were ever touched. */
    static BitSet pagesOf(int file) {
        BitSet pages = new BitSet();
        long data = C.lseek(file, 0, SEEK_DATA);
        while (data >= 0) {
            long hole = C.lseek(file, data, SEEK_HOLE);
            pages.set((int) (data / PAGE_BYTES), (int) ((hole + PAGE_BYTES - 1) / PAGE_BYTES));
            data = C.lseek(file, hole, SEEK_DATA);
        }
        return pages;
    }

    /** A file of the host's, for reading. */
    static int open(String path) {
        return C.open(Native.toByteArray(path, "UTF-8"), O_RDONLY_CLOEXEC);
    }

    /** Writes all of it. */
    static boolean write(int file, long from, long bytes, long offset) {
        for (long done = 0; done < bytes; ) {
            long written = C.pwrite(file, from + done, bytes - done, offset + done);
            if (written <= 0) {
                return false;
            }
            done += written;
        }
        return true;
    }

    static void close(int file) {
        C.close(file);
    }
}
