// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.Objects;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.IoBus;
import vmlab.vmm.kvm.KvmApi.Exit;

/**
 * Decides what an exit of KVM means, and does its port or memory access. It knows the shared page, the buses and the
 * registers that KVM leaves to us, but no vCPU: a test makes exits by hand.
 *
 * <p>Threads: the vCPU's. Errors: what KVM can't do is a verdict.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 5 (the kvm_run structure)
 */
final class ExitHandler {
    /** What follows from an exit. */
    enum Verdict {
        /** An access was done; KVM finishes the instruction at the next entry. */
        ACCESS_DONE,
        /** Nothing to do but to look around: an interrupt can be taken now, or a signal came. */
        LOOK,
        /** HLT. */
        HALTED,
        /** The guest rang the doorbell port; the OUT itself does nothing else. */
        DOORBELL,
        /** {@code vmcall} or {@code vmmcall} where KVM passes it on; the result goes into the page. */
        XEN_HYPERCALL,
        /** The guest has done the one instruction that it was let do, or has come to a breakpoint. */
        DEBUG,
        /** Triple fault. */
        SHUTDOWN,
        /** KVM or the host's CPU can't go on; {@link #failure()} says why. */
        FAILED
    }

    private final RunPage page;
    private final IoBus ports;
    private final IoBus mmio;
    private final ModelSpecificRegisters registers;

    ExitHandler(RunPage page, IoBus ports, IoBus mmio, ModelSpecificRegisters registers) {
        this.page = Objects.requireNonNull(page);
        this.ports = Objects.requireNonNull(ports);
        this.mmio = Objects.requireNonNull(mmio);
        this.registers = Objects.requireNonNull(registers);
    }

    /** Handles the exit that the page holds. */
    Verdict handle() {
        return switch (page.exitReason()) {
            case Exit.KVM_EXIT_IO -> portAccess();
            case Exit.KVM_EXIT_MMIO -> memoryAccess();
            case Exit.KVM_EXIT_HLT -> Verdict.HALTED;
            case Exit.KVM_EXIT_IRQ_WINDOW_OPEN, Exit.KVM_EXIT_INTR -> Verdict.LOOK;
            case Exit.KVM_EXIT_DEBUG -> Verdict.DEBUG;
            case Exit.KVM_EXIT_SHUTDOWN -> Verdict.SHUTDOWN;
            case Exit.KVM_EXIT_X86_RDMSR -> {
                registers.read(page);
                yield Verdict.ACCESS_DONE;
            }
            case Exit.KVM_EXIT_X86_WRMSR -> {
                registers.write(page);
                yield Verdict.ACCESS_DONE;
            }
            case Exit.KVM_EXIT_XEN -> page.xenIsHypercall() ? Verdict.XEN_HYPERCALL : Verdict.FAILED;
            default -> Verdict.FAILED;
        };
    }

    /** After {@code FAILED}, for people. */
    String failure() {
        int reason = page.exitReason();
        return switch (reason) {
            case Exit.KVM_EXIT_INTERNAL_ERROR -> page.internalError();
            case Exit.KVM_EXIT_FAIL_ENTRY ->
                "the host's CPU refuses the guest's state: reason %#x".formatted(page.entryFailure());
            case Exit.KVM_EXIT_UNKNOWN ->
                "the host's CPU left the guest for a reason KVM doesn't know: %#x".formatted(page.hardwareExit());
            default -> "KVM left the guest for reason %d, which vmlab didn't ask for".formatted(reason);
        };
    }

    private Verdict portAccess() {
        int port = page.ioPort();
        int bytes = page.ioBytes();
        int count = page.ioCount();
        if (!page.ioIsOut()) {
            for (int i = 0; i < count; i++) {
                page.ioValue(i, ports.read(port, bytes));
            }
            return Verdict.ACCESS_DONE;
        }
        if (port == Hypercalls.DOORBELL_PORT) {
            return Verdict.DOORBELL;
        }
        for (int i = 0; i < count; i++) {
            ports.write(port, bytes, page.ioValue(i));
        }
        return Verdict.ACCESS_DONE;
    }

    /** In the widths that a bus knows: at most one step where KVM didn't cut an access. */
    private Verdict memoryAccess() {
        long address = page.mmioAddress();
        int left = page.mmioBytes();
        for (int from = 0; left > 0; ) {
            int bytes = Integer.highestOneBit(left);
            if (page.mmioIsWrite()) {
                mmio.write(address + from, bytes, page.mmioValue(from, bytes));
            } else {
                page.mmioValue(from, bytes, mmio.read(address + from, bytes));
            }
            from += bytes;
            left -= bytes;
        }
        return Verdict.ACCESS_DONE;
    }
}
