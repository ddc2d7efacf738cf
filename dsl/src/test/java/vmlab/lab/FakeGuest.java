// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.ChipSet;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.InterruptController;
import vmlab.vmm.Machine;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;

/**
 * A real {@link Machine} whose CPU isn't one: it prints what it was told at the times it was told, takes keys, and has a
 * login and a real shell (the host's {@code sh}) behind its serial line. Every "instruction" takes a microsecond.
 */
public final class FakeGuest implements MachineFactory, AutoCloseable {
    private record Planned(Duration at, Consumer<FakeCpu> action) {}

    private final List<Planned> plan = new ArrayList<>();
    private final List<FakeCpu> cpus = new ArrayList<>();
    private String password = "root";
    private boolean flushesBeforePassword;
    private boolean spins;
    private Optional<ChipSet> chips = Optional.empty();

    /** Programs print this at that time. */
    public FakeGuest prints(Duration at, String text) {
        plan.add(new Planned(at, cpu -> cpu.print(text, false)));
        return this;
    }

    /** The kernel prints this at that time, even into the middle of a program's line. */
    public FakeGuest kernelPrints(Duration at, String text) {
        plan.add(new Planned(at, cpu -> cpu.print(text, true)));
        return this;
    }

    /** The kernel prints this right after programs have printed so many octets. */
    public FakeGuest kernelInterrupts(String afterText, String text) {
        plan.add(new Planned(Duration.ZERO, cpu -> cpu.interruptions.add(new String[] {afterText, text})));
        return this;
    }

    public FakeGuest ends(Duration at, VcpuExit.Kind kind, String detail) {
        plan.add(new Planned(at, cpu -> cpu.ending = new VcpuExit(kind, detail)));
        return this;
    }

    public FakeGuest resets(Duration at, String why) {
        plan.add(new Planned(at, cpu -> cpu.machine.control().reset(why)));
        return this;
    }

    /** A login prompt at that time, and a shell behind it. */
    public FakeGuest logsIn(Duration at) {
        plan.add(new Planned(at, cpu -> cpu.print("\r\nWelcome to Buildroot\r\nbuildroot login: ", false)));
        return this;
    }

    /** A shell at that time, without a login. */
    public FakeGuest shell(Duration at) {
        plan.add(new Planned(at, cpu -> {
            cpu.mode = Mode.SHELL;
            cpu.print("# ", false);
        }));
        return this;
    }

    /** Throws away what is typed in the first 5 ms after it asked for a password, as busybox does. */
    public FakeGuest flushesBeforePassword() {
        flushesBeforePassword = true;
        return this;
    }

    /** Never waits for an interrupt, as a guest in a loop. */
    public FakeGuest spins() {
        spins = true;
        return this;
    }

    /** Something else happens at that time, on the machine's thread. */
    public FakeGuest does(Duration at, Runnable action) {
        plan.add(new Planned(at, cpu -> action.run()));
        return this;
    }

    /** Its back end brings these chips. */
    public FakeGuest brings(ChipSet newChips) {
        chips = Optional.of(newChips);
        return this;
    }

    /** Needs no password. */
    public FakeGuest withoutPassword() {
        password = "";
        return this;
    }

    /** The CPU of the last machine that was made. */
    public FakeCpu cpu() {
        return cpus.get(cpus.size() - 1);
    }

    @Override
    public Made make(VmSpec spec, Line console, GuestEvents events) {
        Machine machine = new Machine(spec.name(), GuestMemory.allocate(GuestMemory.PAGE_BYTES), events);
        FakeCpu[] made = new FakeCpu[1];
        machine.open(hypervisor(machine, console, made), NO_INTERRUPTS);
        FakeCpu cpu = made[0];
        cpus.add(cpu);
        for (Planned planned : plan) {
            machine.clock().alarm(() -> planned.action.accept(cpu)).at(planned.at.toNanos());
        }
        return new Made(machine, () -> cpu.inputPending = true, level -> {}, (thread, connections) -> List.of());
    }

    private static final InterruptController NO_INTERRUPTS = new InterruptController() {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            return 0;
        }
    };

    private Hypervisor hypervisor(Machine machine, Line console, FakeCpu[] made) {
        return new Hypervisor() {
            @Override
            public String name() {
                return "fake";
            }

            @Override
            public Vm create(Board board) {
                made[0] = new FakeCpu(machine, console);
                board.clock().useSource(() -> made[0].instructions * 1000, made[0]::kick);
                return new Vm() {
                    @Override
                    public Vcpu vcpu() {
                        return made[0];
                    }

                    @Override
                    public Optional<ChipSet> chips() {
                        return chips;
                    }

                    @Override
                    public void close() {
                        made[0].close();
                    }
                };
            }
        };
    }

    @Override
    public void close() {
        cpus.forEach(FakeCpu::close);
    }

    private enum Mode {
        USER,
        PASSWORD,
        SHELL
    }

    /** What stands in for the CPU, and for all the software it runs. */
    public final class FakeCpu implements Vcpu {
        private final Machine machine;
        private final Line console;
        private final AtomicBoolean kicked = new AtomicBoolean();
        private final ArrayDeque<int[]> output = new ArrayDeque<>();
        private final List<String[]> interruptions = new ArrayList<>();
        private final StringBuilder typed = new StringBuilder();
        private final StringBuilder printed = new StringBuilder();
        private Mode mode = Mode.USER;
        private VcpuExit ending;
        private boolean inputPending;
        private long deafUntil;
        private Process shell;
        private volatile long instructions;

        FakeCpu(Machine machine, Line console) {
            this.machine = machine;
            this.console = console;
        }

        public long instructions() {
            return instructions;
        }

        @Override
        public VcpuExit run() {
            while (true) {
                if (kicked.getAndSet(false)) {
                    return new VcpuExit(VcpuExit.Kind.KICKED, "");
                }
                machine.clock().fireDue();
                if (!output.isEmpty()) {
                    sendOne();
                } else if (ending != null) {
                    return ending;
                } else if (inputPending) {
                    fetchOne();
                } else if (spins) {
                    instructions++;
                } else if (!kicked.get()) {
                    return new VcpuExit(VcpuExit.Kind.HALTED, "");
                }
            }
        }

        private void sendOne() {
            instructions++;
            int[] next = output.poll();
            console.sent(next[0], next[1] == 1);
            if (next[1] == 0) {
                printed.append((char) next[0]);
                interruptions.removeIf(this::interrupts);
            }
        }

        private boolean interrupts(String[] interruption) {
            if (!printed.toString().endsWith(interruption[0])) {
                return false;
            }
            List<int[]> rest = new ArrayList<>(output);
            output.clear();
            print(interruption[1], true);
            output.addAll(rest);
            return true;
        }

        private void fetchOne() {
            instructions++;
            int octet = console.next();
            if (octet < 0) {
                inputPending = false;
            } else if (machine.clock().nanos() >= deafUntil) {
                typed.append((char) octet);
                if (mode != Mode.PASSWORD) {
                    print(octet == '\r' ? "\r\n" : String.valueOf((char) octet), false);
                }
                if (octet == '\r') {
                    String line = typed.substring(0, typed.length() - 1);
                    typed.setLength(0);
                    take(line);
                }
            }
        }

        private void take(String line) {
            switch (mode) {
                case USER -> {
                    mode = password.isEmpty() ? Mode.SHELL : Mode.PASSWORD;
                    print(password.isEmpty() ? "# " : "Password: ", false);
                    deafUntil = flushesBeforePassword ? machine.clock().nanos() + 5_000_000 : 0;
                }
                case PASSWORD -> {
                    boolean right = line.equals(password);
                    mode = right ? Mode.SHELL : Mode.USER;
                    print(right ? "\r\n# " : "\r\nLogin incorrect\r\nbuildroot login: ", false);
                }
                case SHELL -> print(answer(line).replace("\n", "\r\n") + "# ", false);
            }
        }

        private String answer(String line) {
            try {
                if (shell == null) {
                    ProcessBuilder sh = new ProcessBuilder("/bin/sh").redirectErrorStream(true);
                    sh.environment().put("LC_ALL", "C");
                    shell = sh.start();
                }
                shell.getOutputStream().write((line + "\nprintf '\\004'\n").getBytes(StandardCharsets.UTF_8));
                shell.getOutputStream().flush();
                return answerOf(shell.getInputStream());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String answerOf(InputStream in) throws IOException {
            StringBuilder answer = new StringBuilder();
            int octet = in.read();
            while (octet >= 0 && octet != 4) {
                answer.append((char) octet);
                octet = in.read();
            }
            return answer.toString();
        }

        private void print(String text, boolean polled) {
            for (byte octet : text.getBytes(StandardCharsets.ISO_8859_1)) {
                output.add(new int[] {octet & 0xFF, polled ? 1 : 0});
            }
        }

        void close() {
            if (shell != null) {
                shell.destroy();
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
            throw new UnsupportedOperationException("it has no registers");
        }
    }
}
