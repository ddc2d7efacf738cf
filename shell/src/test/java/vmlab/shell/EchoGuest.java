// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.Backend;
import vmlab.lab.GuestFiles;
import vmlab.lab.Lab;
import vmlab.lab.LabSettings;
import vmlab.lab.MachineFactory;
import vmlab.lab.Progress;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.InterruptController;
import vmlab.vmm.Machine;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.VmClock;

/** A machine whose guest greets and then says {@code you typed …} for every line it gets. */
final class EchoGuest implements MachineFactory {
    static final String GREETING = "\u001b[1mhello\u001b[0m from\u0007 the guest\r\n> ";

    /** A lab of such guests, in real time. */
    static Lab lab() {
        GuestFiles none = new GuestFiles() {
            @Override
            public java.nio.file.Path debianKernel() {
                return java.nio.file.Path.of("kernel");
            }

            @Override
            public java.nio.file.Path rootfs(vmlab.dsl.model.RootFs rootfs) {
                return java.nio.file.Path.of("initrd");
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
        return new Made(machine, () -> {});
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
            EchoCpu cpu = new EchoCpu(console, board.clock());
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

    private static final class EchoCpu implements Vcpu {
        private final Line console;
        private final VmClock clock;
        private final StringBuilder line = new StringBuilder();
        private final AtomicBoolean kicked = new AtomicBoolean();
        private boolean greeted;

        private EchoCpu(Line console, VmClock clock) {
            this.console = console;
            this.clock = clock;
        }

        @Override
        public VcpuExit run() {
            clock.fireDue();
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
        public CpuState state() {
            return CpuState.reset();
        }

        @Override
        public void restore(CpuState state) {
            // It has no registers.
        }
    }
}
