// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import com.sun.jna.Memory;
import vmlab.vmm.HostMistake;

/** An open file of KVM: the system, a VM or a vCPU. Errors: what KVM refuses is a {@link HostMistake} that names the request. */
final class KvmDescriptor implements AutoCloseable {
    static final String DEVICE = "/dev/kvm";
    private static final String INSTEAD = "take the CPU in Java: --backend soft";

    private final int number;
    private boolean closed;

    private KvmDescriptor(int number) {
        this.number = number;
    }

    /**
     * Opens {@code /dev/kvm}.
     *
     * @throws HostMistake if there is none, or it may not be opened
     */
    static KvmDescriptor system() {
        if (!hostCouldHaveKvm()) {
            throw new HostMistake(
                    "KVM runs x86 guests on x86-64 Linux only; this is %s %s"
                            .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
                    INSTEAD);
        }
        try (Memory path = new Memory(DEVICE.length() + 1L)) {
            path.setString(0, DEVICE);
            int descriptor = Libc.open(path, Libc.O_RDWR_CLOEXEC);
            if (descriptor < 0) {
                throw notOpened(Libc.errno());
            }
            return new KvmDescriptor(descriptor);
        }
    }

    /** Whether this is Linux on x86-64: what all of the calls here are made for. */
    static boolean hostCouldHaveKvm() {
        return System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
    }

    /** What is missing and how to get it, by the error of open(2). */
    static HostMistake notOpened(int errno) {
        return switch (errno) {
            case Libc.ENOENT, Libc.ENXIO, Libc.ENODEV ->
                new HostMistake(
                        "there is no working " + DEVICE,
                        "switch on virtualization in the firmware and load the module (modprobe kvm_intel or kvm_amd), or "
                                + INSTEAD);
            case Libc.EACCES, Libc.EPERM ->
                new HostMistake(
                        DEVICE + " may not be opened",
                        "join its group (sudo usermod -aG kvm $USER, then log in again), or " + INSTEAD);
            case Libc.EBUSY ->
                new HostMistake(
                        DEVICE + " is taken by another hypervisor", "end the other one (VirtualBox?), or " + INSTEAD);
            default -> new HostMistake(DEVICE + " can't be opened: " + Libc.describe(errno), INSTEAD);
        };
    }

    /** Makes a VM or vCPU: a request whose answer is another descriptor. */
    KvmDescriptor create(String name, long request, long argument) {
        return new KvmDescriptor(call(name, request, argument));
    }

    /** Does a request. */
    int call(String name, long request, long argument) {
        int answer = attempt(request, argument);
        if (answer < 0) {
            throw new HostMistake(
                    "KVM refuses %s: %s".formatted(name, Libc.describe(-answer)), "run vmlab doctor, or " + INSTEAD);
        }
        return answer;
    }

    /** Does a request that may fail: the error's number, negated, then. */
    int attempt(long request, long argument) {
        return SystemCall.ioctl(number, request, argument);
    }

    /** The value of a capability; 0 if KVM doesn't have it. */
    int capability(int capability) {
        return Math.max(0, attempt(KvmApi.Ioctl.KVM_CHECK_EXTENSION, capability));
    }

    boolean isOpen() {
        return !closed;
    }

    int number() {
        return number;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Libc.close(number);
        }
    }
}
