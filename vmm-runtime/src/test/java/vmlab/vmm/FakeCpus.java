// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A back end of several CPUs whose instructions are Java: a step returns why to leave the guest, or null to go on. */
final class FakeCpus implements Hypervisor {
    static final Function<Cpu, VcpuExit> SPIN = cpu -> null;

    private final Function<Cpu, VcpuExit> step;
    private List<Cpu> cpus = List.of();
    private Lock turn;

    FakeCpus(Function<Cpu, VcpuExit> step) {
        this.step = step;
    }

    List<Cpu> cpus() {
        return cpus;
    }

    long steps() {
        return cpus.stream().mapToLong(cpu -> cpu.steps).sum();
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public Vm create(Board board) {
        turn = board.turn();
        cpus = IntStream.range(0, board.cpus()).mapToObj(Cpu::new).toList();
        return new Vm() {
            @Override
            public Vcpu vcpu() {
                return cpus.get(0);
            }

            @Override
            public List<Vcpu> vcpus() {
                return List.copyOf(cpus);
            }

            @Override
            public void close() {
                cpus.forEach(cpu -> cpu.closed = true);
            }
        };
    }

    final class Cpu implements Vcpu {
        final int number;
        private final AtomicBoolean kicked = new AtomicBoolean();
        volatile long steps;
        volatile boolean running;
        volatile boolean closed;

        private Cpu(int number) {
            this.number = number;
        }

        /** Leaves the guest for an access to a device, as a back end does. */
        void access(Runnable device) {
            turn.lock();
            try {
                device.run();
            } finally {
                turn.unlock();
            }
        }

        @Override
        public VcpuExit run() {
            running = true;
            try {
                while (!kicked.getAndSet(false)) {
                    steps = steps + 1;
                    VcpuExit exit = step.apply(this);
                    if (exit != null) {
                        return exit;
                    }
                    Thread.yield();
                }
                return new VcpuExit(VcpuExit.Kind.KICKED, "");
            } finally {
                running = false;
            }
        }

        @Override
        public VcpuExit step() {
            throw new UnsupportedOperationException("nobody steps this CPU");
        }

        @Override
        public void debug(DebugPoints points) {
            throw new UnsupportedOperationException("nobody debugs this CPU");
        }

        @Override
        public void kick() {
            if (closed) {
                throw new AssertionError("a closed CPU was kicked");
            }
            kicked.set(true);
        }

        @Override
        public CpuState state() {
            return CpuState.reset();
        }

        @Override
        public void restore(CpuState state) {
            throw new UnsupportedOperationException("this CPU has no registers");
        }
    }
}
