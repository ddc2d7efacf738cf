// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** A back end whose instructions are Java: a step returns why to leave the guest, or null to go on. */
final class FakeCpu implements Hypervisor, Vm, Vcpu {
    static final Supplier<VcpuExit> SPIN = () -> null;

    private final Supplier<VcpuExit> step;
    private final AtomicBoolean kicked = new AtomicBoolean();
    volatile long steps;
    volatile boolean closed;

    FakeCpu(Supplier<VcpuExit> step) {
        this.step = Objects.requireNonNull(step);
    }

    static VcpuExit exit(VcpuExit.Kind kind) {
        return new VcpuExit(kind, "at 0x1234");
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public Vm create(Board board) {
        return this;
    }

    @Override
    public Vcpu vcpu() {
        return this;
    }

    @Override
    public VcpuExit run() {
        while (!kicked.getAndSet(false)) {
            steps = steps + 1;
            VcpuExit exit = step.get();
            if (exit != null) {
                return exit;
            }
        }
        return new VcpuExit(VcpuExit.Kind.KICKED, "");
    }

    @Override
    public void kick() {
        if (closed) {
            throw new AssertionError("a closed CPU was kicked");
        }
        kicked.set(true);
    }

    @Override
    public void debug(DebugPoints points) {
        throw new UnsupportedOperationException("this CPU has no breakpoints");
    }

    @Override
    public VcpuExit step() {
        return run();
    }

    @Override
    public CpuState state() {
        return CpuState.reset();
    }

    @Override
    public void restore(CpuState state) {
        throw new UnsupportedOperationException("this CPU has no registers");
    }

    @Override
    public void close() {
        closed = true;
    }
}
