// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.HostMistake;
import vmlab.vmm.kvm.KvmApi.SignalMask;
import vmlab.vmm.kvm.KvmApi.Timer;

/**
 * Takes a vCPU out of KVM_RUN: at once, or at a time.
 *
 * <p>A real-time signal is blocked in the thread that runs the vCPU and let through by KVM only while the guest runs
 * (KVM_SET_SIGNAL_MASK). A signal that comes between the last look at the flag and the entry stays pending, and KVM_RUN
 * comes back before the guest's first instruction: there is no moment at which a kick is lost. So the kernel itself may send
 * it, and a POSIX timer does at the next alarm, without a thread of ours. The other way, a harmless process-wide handler
 * and kvm_run.immediate_exit, was tried, too, and loses nothing either; but a signal that finds the thread outside KVM_RUN is
 * gone then, so every sender must write the shared page first. The kernel's timer can't, and a Java thread in its place was
 * 86 microseconds late in the middle instead of 19 (500 alarms of 1 ms, on a busy host).
 *
 * <p>The signal is one that HotSpot and the C library leave alone. Its default action ends the process, hence the lock: it
 * is sent only while {@link #enter} to {@link #leave} vouch for the thread. It stays blocked in that thread afterwards.
 *
 * <p>Threads: {@link #kick()} is anybody's; {@link #close()} comes when nothing runs; the rest is the vCPU's thread's.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.21 KVM_SET_SIGNAL_MASK; timer_create(2), SIGEV_THREAD_ID
 */
final class Kicker implements AutoCloseable {
    /** SIGRTMIN of glibc and musl is 34 or 35, and libraries take theirs from the ends. */
    static final int SIGNAL = 40;

    private static final int KERNEL_SIGSET_BYTES = 8;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final KvmDescriptor vcpu;
    private final NativeStruct signals = new NativeStruct(Timer.SIGSET_SIZE);
    private final NativeStruct now = new NativeStruct(16);
    private final NativeStruct expiry = new NativeStruct(Timer.ITIMERSPEC_SIZE);
    private final Object lock = new Object();

    /** Under the lock, like {@link #threadId} and {@link #running}. */
    private boolean kicked;

    private boolean running;
    private int threadId;
    private Thread thread;
    private long timer;
    private boolean hasTimer;

    Kicker(KvmDescriptor vcpu) {
        this.vcpu = vcpu;
        signals.put64(0, 1L << (SIGNAL - 1));
    }

    /** Makes the guest's run end soon, or the next one at once. */
    void kick() {
        synchronized (lock) {
            if (!kicked && running && Thread.currentThread() != thread) {
                // The thread is alive and has the signal blocked: enter() saw to it, leave() hasn't come.
                Libc.tgkill(Libc.getpid(), threadId, SIGNAL);
            }
            kicked = true;
        }
    }

    /** Whether there was a kick since the last question. */
    boolean take() {
        synchronized (lock) {
            boolean was = kicked;
            kicked = false;
            return was;
        }
    }

    /** The calling thread is going to run the guest. */
    void enter() {
        if (Thread.currentThread() != thread) {
            adopt();
        }
        synchronized (lock) {
            running = true;
        }
    }

    /** The calling thread comes back from the guest. */
    void leave() {
        synchronized (lock) {
            running = false;
        }
    }

    private void adopt() {
        deleteTimer();
        try (NativeStruct before = new NativeStruct(Timer.SIGSET_SIZE);
                NativeStruct mask = new NativeStruct(SignalMask.SIZE)) {
            Libc.pthread_sigmask(Libc.SIG_BLOCK, signals.address(), before.address());
            mask.put32(SignalMask.LEN, KERNEL_SIGSET_BYTES);
            mask.put64(SignalMask.SIGSET, before.get64(0) & ~signals.get64(0));
            // What else the JVM has blocked or lets through stays so in the guest.
            vcpu.call("KVM_SET_SIGNAL_MASK", KvmApi.Ioctl.KVM_SET_SIGNAL_MASK, mask.address());
        }
        thread = Thread.currentThread();
        synchronized (lock) {
            threadId = Libc.gettid();
        }
        createTimer();
    }

    private void createTimer() {
        try (NativeStruct event = new NativeStruct(Timer.SIGEVENT_SIZE);
                NativeStruct id = new NativeStruct(8)) {
            event.put32(Timer.SIGEV_SIGNO, SIGNAL);
            event.put32(Timer.SIGEV_NOTIFY, Timer.SIGEV_THREAD_ID);
            event.put32(Timer.SIGEV_THREAD_ID_FIELD, threadId);
            // The kernel holds on to the thread itself: a later thread of the same number gets nothing.
            if (Libc.timer_create(Libc.CLOCK_MONOTONIC, event.address(), id.address()) != 0) {
                throw new HostMistake(
                        "the host gives no timer: " + Libc.describe(Libc.errno()),
                        "raise the limit of pending signals (ulimit -i)");
            }
            timer = id.get64(0);
            hasTimer = true;
        }
    }

    /** Has the guest left after this time; a request before is forgotten. */
    void wakeIn(long nanos) {
        long positive = Math.max(1, nanos);
        expiry.put64(Timer.IT_VALUE_SECONDS, positive / NANOS_PER_SECOND);
        expiry.put64(Timer.IT_VALUE_NANOS, positive % NANOS_PER_SECOND);
        Libc.timer_settime(timer, 0, expiry.address(), 0);
    }

    /** Takes away the signals that ended a run: while one is pending, the guest gets nowhere. */
    void drain() {
        int taken;
        do {
            taken = Libc.sigtimedwait(signals.address(), 0, now.address());
        } while (taken == SIGNAL);
    }

    private void deleteTimer() {
        if (hasTimer) {
            hasTimer = false;
            Libc.timer_delete(timer);
        }
    }

    @Override
    public void close() {
        deleteTimer();
        signals.close();
        now.close();
        expiry.close();
    }
}
