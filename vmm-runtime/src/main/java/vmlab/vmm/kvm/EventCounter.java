// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import vmlab.vmm.AddressRange;
import vmlab.vmm.HostMistake;
import vmlab.vmm.IoEvent;
import vmlab.vmm.IrqEvent;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Ioeventfd;
import vmlab.vmm.kvm.KvmApi.Irqfd;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * A counter of the kernel's (eventfd) that KVM adds to or is told by: a register that only rings, or an interrupt line.
 *
 * <p>Threads: any. It is closed before its VM. Errors: {@link HostMistake} if the host gives none.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.59 KVM_IOEVENTFD, 4.75 KVM_IRQFD; eventfd(2)
 */
final class EventCounter implements IoEvent, IrqEvent {
    private final int descriptor;
    private final Runnable detach;
    /** Who is in a call on the descriptor, and the owner: the last one closes it. */
    private final AtomicInteger users = new AtomicInteger(1);

    private volatile boolean closed;

    private EventCounter(int descriptor, Runnable detach) {
        this.descriptor = descriptor;
        this.detach = Objects.requireNonNull(detach);
    }

    /** Writes to this register: of its width, or of 1, 2, 4 or 8 bytes for memory. */
    static EventCounter ofRegister(KvmDescriptor vm, AddressRange register, boolean port) {
        int descriptor = descriptor();
        attach(vm, descriptor, register, port ? Value.KVM_IOEVENTFD_FLAG_PIO : 0);
        return new EventCounter(
                descriptor,
                () -> attach(
                        vm,
                        descriptor,
                        register,
                        (port ? Value.KVM_IOEVENTFD_FLAG_PIO : 0) | Value.KVM_IOEVENTFD_FLAG_DEASSIGN));
    }

    private static void attach(KvmDescriptor vm, int descriptor, AddressRange register, int flags) {
        try (NativeStruct event = new NativeStruct(Ioeventfd.SIZE)) {
            event.put64(Ioeventfd.ADDR, register.base());
            event.put32(Ioeventfd.LEN, (int) register.sizeBytes());
            event.put32(Ioeventfd.FD, descriptor).put32(Ioeventfd.FLAGS, flags);
            vm.call("KVM_IOEVENTFD", Ioctl.KVM_IOEVENTFD, event.address());
        }
    }

    /** Edges on this line of KVM's interrupt chips. */
    static EventCounter ofLine(KvmDescriptor vm, int line) {
        int descriptor = descriptor();
        route(vm, descriptor, line, 0);
        return new EventCounter(descriptor, () -> route(vm, descriptor, line, Value.KVM_IRQFD_FLAG_DEASSIGN));
    }

    private static void route(KvmDescriptor vm, int descriptor, int line, int flags) {
        try (NativeStruct irq = new NativeStruct(Irqfd.SIZE)) {
            irq.put32(Irqfd.FD, descriptor).put32(Irqfd.GSI, line).put32(Irqfd.FLAGS, flags);
            vm.call("KVM_IRQFD", Ioctl.KVM_IRQFD, irq.address());
        }
    }

    private static int descriptor() {
        int descriptor = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        if (descriptor < 0) {
            throw new HostMistake(
                    "the host gives no event counter: " + Libc.describe(Libc.errno()),
                    "raise the limit of files (ulimit -n)");
        }
        return descriptor;
    }

    @Override
    public long await() {
        if (!enter()) {
            return 0;
        }
        try (NativeStruct count = new NativeStruct(Long.BYTES)) {
            long read;
            do {
                read = Libc.read(descriptor, count.address(), Long.BYTES);
            } while (read < 0 && Libc.errno() == Libc.EINTR);
            return closed ? 0 : count.get64(0);
        } finally {
            leave();
        }
    }

    @Override
    public void signal() {
        if (enter()) {
            try {
                add();
            } finally {
                leave();
            }
        }
    }

    private void add() {
        try (NativeStruct one = new NativeStruct(Long.BYTES)) {
            one.put64(0, 1);
            Libc.write(descriptor, one.address(), Long.BYTES);
        }
    }

    private boolean enter() {
        return users.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
    }

    private void leave() {
        if (users.decrementAndGet() == 0) {
            Libc.close(descriptor);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            detach.run();
            // Who waits must come back before the descriptor goes.
            add();
            leave();
        }
    }
}
