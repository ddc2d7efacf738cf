// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import vmlab.gdb.DebugTarget;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Machine;
import vmlab.vmm.MachineEnd;
import vmlab.vmm.PageWalk;
import vmlab.vmm.VcpuExit;

/**
 * A VM as gdb sees it, from its attaching to its leaving: the power-on that it attached to.
 *
 * <p>Not modelled: memory that is no RAM, as reading a device's registers may change it. Threads: gdb's session; stops are
 * told on the machine's.
 */
final class DebuggedGuest implements DebugTarget {
    private static final String COMMANDS = """
            monitor info    what the VM is and how it is
            monitor events  what its guest did oddly
            monitor time    guest time since power-on
            """;

    private final LabVm vm;
    private PowerCycle cycle;
    private Machine machine;
    private DebugPoints points = DebugPoints.NONE;
    private Consumer<Stop> listener = stop -> {};

    DebuggedGuest(LabVm vm) {
        this.vm = Objects.requireNonNull(vm);
    }

    @Override
    public Stop attach(Consumer<Stop> newListener) throws InterruptedException {
        cycle = vm.poweredOn();
        machine = cycle.machine();
        points = DebugPoints.NONE;
        listener = Objects.requireNonNull(newListener);
        cycle.stopForDebugger();
        machine.onBreakpoint(this::stoppedAt);
        machine.whenEnded().thenAccept(end -> listener.accept(stop(end)));
        return machine.end().map(DebuggedGuest::stop).orElseGet(() -> stop(Reason.INTERRUPTED, Optional.empty()));
    }

    private static Stop stop(Reason reason, Optional<DebugPoints.Hit> hit) {
        return new Stop(reason, 0, hit, 0);
    }

    private static Stop stop(MachineEnd end) {
        boolean crashed = end.kind() == MachineEnd.Kind.CRASHED || end.kind() == MachineEnd.Kind.FAILED;
        return new Stop(crashed ? Reason.CRASHED : Reason.EXITED, 0, Optional.empty(), end.status());
    }

    private void stoppedAt(VcpuExit exit) {
        cycle.stoppedForDebugger();
        listener.accept(stop(Reason.BREAKPOINT, exit.hit()));
    }

    @Override
    public void detach() throws InterruptedException {
        listener = stop -> {};
        cycle.detachDebugger();
    }

    @Override
    public int cpus() {
        return 1;
    }

    @Override
    public boolean isWide() throws InterruptedException {
        return isLong(state(0));
    }

    private static boolean isLong(CpuState state) {
        return (state.control().efer() & CpuState.Control.EFER_LMA) != 0;
    }

    @Override
    public CpuState state(int cpu) throws InterruptedException {
        return cycle.registers(cpu);
    }

    @Override
    public void state(int cpu, CpuState changed) throws InterruptedException {
        refuseIfEnded();
        onMachine(() -> {
            machine.vcpu().restore(changed);
            return true;
        });
    }

    private void refuseIfEnded() {
        if (machine.end().isPresent()) {
            throw new IllegalArgumentException("the machine has ended");
        }
    }

    /** What throws in a task ends the machine; a mistake of gdb's must not. */
    private <T> T onMachine(Supplier<T> work) throws InterruptedException {
        AtomicReference<IllegalArgumentException> mistake = new AtomicReference<>();
        Optional<T> done = cycle.ask(() -> {
            try {
                return Optional.of(work.get());
            } catch (IllegalArgumentException e) {
                mistake.set(e);
                return Optional.<T>empty();
            }
        });
        return done.orElseThrow(mistake::get);
    }

    // ---- memory

    private PageWalk walk() {
        CpuState s = machine.vcpu().state();
        CpuState.Control control = s.control();
        return new PageWalk(machine.memory(), control.cr0(), control.cr3(), control.cr4(), isLong(s));
    }

    /** Bytes from a place to its page's end. */
    private static int inPage(long linear, int most) {
        return (int) Math.min(most, GuestMemory.PAGE_BYTES - (linear & GuestMemory.PAGE_BYTES - 1));
    }

    @Override
    public byte[] read(int cpu, long linear, int bytes) throws InterruptedException {
        return machine.end().isPresent() ? new byte[0] : onMachine(() -> readMapped(linear, bytes));
    }

    private byte[] readMapped(long linear, int bytes) {
        PageWalk walk = walk();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        while (read.size() < bytes) {
            long at = linear + read.size();
            int part = inPage(at, bytes - read.size());
            OptionalLong physical = walk.physical(at);
            if (physical.isEmpty() || !machine.memory().contains(physical.getAsLong(), part)) {
                break;
            }
            read.writeBytes(machine.memory().read(physical.getAsLong(), part));
        }
        return read.toByteArray();
    }

    @Override
    public boolean write(int cpu, long linear, byte[] bytes) throws InterruptedException {
        return machine.end().isEmpty() && onMachine(() -> writeMapped(linear, bytes));
    }

    private boolean writeMapped(long linear, byte[] bytes) {
        if (readMapped(linear, bytes.length).length < bytes.length) {
            return false;
        }
        PageWalk walk = walk();
        int written = 0;
        while (written < bytes.length) {
            int part = inPage(linear + written, bytes.length - written);
            long physical = walk.physical(linear + written).orElseThrow();
            machine.memory().write(physical, Arrays.copyOfRange(bytes, written, written + part));
            written += part;
        }
        return true;
    }

    // ---- running

    @Override
    public void points(DebugPoints wanted) throws InterruptedException {
        refuseIfEnded();
        points = onMachine(() -> {
            machine.vcpu().debug(wanted);
            return wanted;
        });
    }

    @Override
    public void resume() {
        cycle.resumeForDebugger();
    }

    @Override
    public void step(int cpu) {
        DebugPoints present = points;
        machine.post(() -> {
            // A CPU that waits for an interrupt gets it.
            boolean waits = machine.vcpu().state().activity().halted();
            machine.vcpu().debug(present.holdingInterrupts(!waits));
            VcpuExit exit = machine.step();
            machine.vcpu().debug(present);
            switch (exit.kind()) {
                case BREAKPOINT -> stoppedAt(exit);
                case STEPPED, HALTED -> listener.accept(stop(Reason.STEPPED, Optional.empty()));
                default -> {} // The machine's end is told.
            }
        });
    }

    @Override
    public void stop() throws InterruptedException {
        cycle.stopForDebugger();
        if (machine.end().isEmpty()) {
            listener.accept(stop(Reason.INTERRUPTED, Optional.empty()));
        }
    }

    // ---- monitor

    @Override
    public String monitor(String command) throws InterruptedException {
        return switch (command) {
            case "info" -> vm.describe() + "\n";
            case "events" ->
                vm.events().isEmpty()
                        ? "nothing odd\n"
                        : vm.events().stream().map(event -> event + "\n").collect(Collectors.joining());
            case "time" -> Spoken.duration(time()) + " of guest time\n";
            default -> COMMANDS;
        };
    }

    private Duration time() throws InterruptedException {
        return cycle.time();
    }
}
