// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * The functions of the C library that the back end calls. Addresses go as numbers: JNA's direct mapping then converts and
 * allocates nothing.
 *
 * <p>Errors: as in C; {@link #errno()} is the calling thread's, of its latest call.
 */
final class Libc {
    static final int O_RDWR_CLOEXEC = 0x80002;
    static final int EFD_CLOEXEC = 0x80000;
    static final int PROT_READ_WRITE = 3;
    static final int PROT_READ_EXECUTE = 5;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_ANONYMOUS = 0x20;
    static final int SIG_BLOCK = 0;
    static final int CLOCK_MONOTONIC = 1;

    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EFAULT = 14;
    static final int ENXIO = 6;
    static final int ENODEV = 19;
    static final int EBUSY = 16;
    static final int EPERM = 1;

    private Libc() {}

    static {
        Native.register(Libc.class, NativeLibrary.getProcess());
    }

    /** Java's files give no descriptor that ioctl could take. {@code path} is a C string that outlives the call. */
    static native int open(Pointer path, int flags);

    /** A descriptor that {@link #open} or KVM gave; closed once, by its owner. */
    static native int close(int descriptor);

    /** All of KVM, by {@link SystemCall}. {@code argument} is a number or the address of a structure that is at least as long as KVM reads. */
    static native int ioctl(int descriptor, long request, long argument);

    /** For KVM's run page and {@link SystemCall}'s code: the kernel chooses the place, so no mapping of the JVM is touched. */
    static native long mmap(long address, long length, int protection, int flags, int descriptor, long offset);

    /** Only for what {@link #mmap} gave. */
    static native int mprotect(long address, long length, int protection);

    /** Only for what {@link #mmap} gave. */
    static native int munmap(long address, long length);

    /** A counter of the kernel's, for {@link #read} and {@link #write}. */
    static native int eventfd(int initial, int flags);

    /** Into memory of ours that is at least as long. */
    static native long read(int descriptor, long buffer, long bytes);

    static native long write(int descriptor, long buffer, long bytes);

    static native int getpid();

    static native int gettid();

    /** Sends the kick signal to a thread that has it blocked: to another one it would be deadly. */
    static native int tgkill(int process, int thread, int signal);

    /** Blocks the kick signal in the calling thread; no other signal is changed. */
    static native int pthread_sigmask(int how, long set, long oldSet);

    /** Takes a blocked, pending signal away without a handler. */
    static native int sigtimedwait(long set, long info, long timeout);

    /** A timer that sends the kick signal to one thread. */
    static native int timer_create(int clock, long event, long id);

    static native int timer_settime(long id, int flags, long value, long oldValue);

    static native int timer_delete(long id);

    private static native Pointer strerror(int errno);

    static int errno() {
        return Native.getLastError();
    }

    static String describe(int errno) {
        return strerror(errno).getString(0);
    }
}
