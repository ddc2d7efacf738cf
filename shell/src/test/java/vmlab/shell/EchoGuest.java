// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.Backend;
import vmlab.lab.GuestFiles;
import vmlab.lab.Lab;
import vmlab.lab.LabSettings;
import vmlab.lab.MachineFactory;
import vmlab.lab.Progress;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercall;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.InterruptController;
import vmlab.vmm.Machine;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;

/**
 * A machine whose guest greets and then says {@code you typed …} for every line it gets; {@code call 4} makes the hypercall
 * of token 4.
 */
final class EchoGuest implements MachineFactory {
    static final String GREETING = "\u001b[1mhello\u001b[0m from\u0007 the guest\r\n> ";

    /** A lab of such guests, in real time. */
    static Lab lab() {
        GuestFiles none = new GuestFiles() {
            @Override
            public GuestFiles forCpu(vmlab.vmm.CpuModel cpu) {
                return this;
            }

            @Override
            public java.nio.file.Path debianKernel() {
                return java.nio.file.Path.of("kernel");
            }

            @Override
            public java.nio.file.Path rootfs(vmlab.dsl.model.RootFs rootfs) {
                return java.nio.file.Path.of("initrd");
            }

            @Override
            public vmlab.ccomponent.CProgram component(vmlab.ccomponent.CSource source) {
                throw new AssertionError("nobody compiles anything here");
            }

            @Override
            public java.util.List<Built> part(String name, vmlab.dsl.model.RootFs rootfs) {
                return java.util.List.of();
            }
        };
        return new Lab(
                new LabSettings(Backend.SOFT, Machine.Pace.REAL_TIME, none, Progress.silent(), Instant.EPOCH),
                new EchoGuest());
    }

    @Override
    public Made make(VmSpec spec, Line console, GuestEvents events) {
        Machine machine = new Machine(spec.name(), GuestMemory.allocate(GuestMemory.PAGE_BYTES), events);
        machine.open(new EchoBackend(console), new NoInterrupts());
        return new Made(machine, () -> {}, level -> {}, (thread, connections) -> List.of());
    }

    private static final class NoInterrupts implements InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            return 0;
        }
    }

    private record EchoBackend(Line console) implements Hypervisor {
        @Override
        public String name() {
            return "echo";
        }

        @Override
        public Vm create(Board board) {
            EchoCpu cpu = new EchoCpu(console, board);
            return new Vm() {
                @Override
                public Vcpu vcpu() {
                    return cpu;
                }

                @Override
                public void close() {
                    // It holds nothing.
                }
            };
        }
    }

    private record EchoCall(int eax) implements Hypercall {
        @Override
        public int ebx() {
            return 0;
        }

        @Override
        public int ecx() {
            return 0;
        }

        @Override
        public int edx() {
            return 0;
        }

        @Override
        public int esi() {
            return 0;
        }

        @Override
        public void result(int value) {
            // It doesn't look at it.
        }
    }

    private static final class EchoCpu implements Vcpu {
        private final Line console;
        private final Hypervisor.Board board;
        private final StringBuilder line = new StringBuilder();
        private final AtomicBoolean kicked = new AtomicBoolean();
        private boolean greeted;

        private EchoCpu(Line console, Hypervisor.Board board) {
            this.console = console;
            this.board = board;
        }

        @Override
        public VcpuExit run() {
            board.clock().fireDue();
            if (!greeted) {
                greeted = true;
                print(GREETING);
            }
            for (int octet = console.next(); octet >= 0; octet = console.next()) {
                typed((char) octet);
            }
            return new VcpuExit(kicked.getAndSet(false) ? VcpuExit.Kind.KICKED : VcpuExit.Kind.HALTED, "");
        }

        private void typed(char c) {
            if (c == '\r' || c == '\n') {
                if (line.toString().matches("call \\d+")) {
                    board.hypercalls().dispatch(new EchoCall(Integer.parseInt(line.substring(5))));
                }
                print("\r\nyou typed " + line + "\r\n> ");
                line.setLength(0);
            } else {
                line.append(c);
            }
        }

        private void print(String text) {
            for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
                console.sent(octet & 0xFF, false);
            }
        }

        @Override
        public void kick() {
            kicked.set(true);
        }

        @Override
        public VcpuExit step() {
            return run();
        }

        @Override
        public void debug(DebugPoints points) {
            throw new UnsupportedOperationException("this CPU has no breakpoints");
        }

        @Override
        public CpuState state() {
            return CpuState.reset();
        }

        @Override
        public void restore(CpuState state) {
            // It has no registers.
        }
    }
}
