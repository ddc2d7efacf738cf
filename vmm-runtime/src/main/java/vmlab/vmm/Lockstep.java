// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Runs one guest on two CPUs at once and stops where they first differ: each is the other's oracle.
 *
 * <p>The first CPU has the machine's memory and devices. The second has a copy of the memory and no devices: it is given what the
 * first one read, at the same instruction, and the interrupts that the first one took; what it writes must be what the first
 * one wrote. After each instruction, or each one that had to do with a device ({@link Grain}), the registers are compared;
 * memory every so many comparisons, and at the end.
 *
 * <p>Flags that the manual leaves undefined, and time stamps, are taken over from the first CPU. What else isn't compared says
 * {@link StateComparison}. Not modelled: devices that write to memory, hypercalls with results, more than one CPU. A repeated string
 * instruction counts as one. Threads: one; the machine is not started.
 */
public final class Lockstep implements AutoCloseable {
    /** What is done between two comparisons. */
    public enum Grain {
        /** One instruction. */
        INSTRUCTION,
        /** Whatever comes before an access of a device is done, or a HLT. Interrupts come only then. */
        EXIT
    }

    /** How it ended. */
    public enum End {
        /** The guest halted for good or failed, in the same way on both. */
        ENDED,
        DIFFERENT,
        /** So many comparisons had been asked for. */
        LIMIT
    }

    /**
     * What was found.
     *
     * @param comparisons how often the registers were compared
     * @param text for people; of a difference, both states and how they came about
     */
    public record Report(End end, long comparisons, String text) {}

    private static final int SHOWN_INSTRUCTIONS = 8;
    private static final long COMPARISONS_PER_MEMORY = 100_000;
    /** Of one instruction: more is no progress. */
    private static final int MOST_PARTS = 1 << 20;

    private final Machine machine;
    private final Grain grain;
    private final DeviceTape tape;
    private final GuestMemory copy;
    private final String[] names;
    private final Vm first;
    private final Vm second;
    private final Deque<String> trail = new ArrayDeque<>();
    private long comparisons;

    /**
     * Takes a machine that is ready to be started: open, loaded, its registers set.
     *
     * @throws IllegalArgumentException if one of the CPUs can't have its state
     * @throws HostMistake if one of the back ends can't be used
     */
    public Lockstep(Machine machine, Hypervisor one, Hypervisor other, Grain grain) {
        this.machine = Objects.requireNonNull(machine);
        this.grain = Objects.requireNonNull(grain);
        names = new String[] {"1 " + one.name(), "2 " + other.name()};
        CpuState start = machine.vcpu().state();
        tape = new DeviceTape(machine.board());
        copy = GuestMemory.allocate(machine.memory().sizeBytes());
        RawMemory.copy(machine.memory().address(), copy.address(), copy.sizeBytes());
        first = one.create(tape.recording(this::accessed));
        second = other.create(tape.replaying(copy, this::accessed));
        first.vcpu().restore(start);
        second.vcpu().restore(start);
    }

    /** In the coarse grain an access is where both stop. */
    private void accessed(boolean ofFirst) {
        if (grain == Grain.EXIT) {
            (ofFirst ? first : second).vcpu().kick();
        }
    }

    /** Goes on until they differ, the guest has ended or so many comparisons were made. */
    public Report run(long mostComparisons) {
        for (long n = 0; n < mostComparisons; n++) {
            Optional<Report> end = step();
            if (end.isPresent()) {
                return end.get();
            }
        }
        return memoryDiffers().orElse(new Report(End.LIMIT, comparisons, "no difference so far"));
    }

    private Optional<Report> step() {
        CpuState before = first.vcpu().state();
        byte[] code = code(before);
        remember(before, code);
        tape.begin(grain == Grain.INSTRUCTION);
        VcpuExit one = go(first.vcpu(), before, code);
        tape.rewind();
        VcpuExit two = go(second.vcpu(), before, code);
        comparisons++;
        CpuState left = first.vcpu().state();
        CpuState right = second.vcpu().state();
        if (InstructionBytes.readsTime(code)) {
            right = takeOver(right.with(left.general()));
        }
        int undefined = grain == Grain.INSTRUCTION ? UndefinedFlags.of(code) : UndefinedFlags.ALL;
        if (one.kind() == VcpuExit.Kind.SHUTDOWN && two.kind() == one.kind()) {
            // On AMD KVM has reset the CPU by now.
            return Optional.of(ended(one));
        }
        String wrong = tape.difference()
                .orElse(
                        one.kind() != two.kind()
                                ? "one says %s, the other %s".formatted(spoken(one), spoken(two))
                                : !StateComparison.same(left, right, undefined) ? "registers differ" : "");
        if (!wrong.isEmpty()) {
            return Optional.of(different(wrong, left, right));
        }
        if (grain == Grain.INSTRUCTION
                && left.general().rflags() != right.general().rflags()) {
            takeOver(right.with(right.general().withRflags(left.general().rflags())));
        }
        if (comparisons % COMPARISONS_PER_MEMORY == 0 && memoryDiffers().isPresent()) {
            return memoryDiffers();
        }
        return goOn(one);
    }

    private CpuState takeOver(CpuState state) {
        second.vcpu().restore(state);
        return state;
    }

    private static String spoken(VcpuExit exit) {
        return exit.kind() + (exit.detail().isEmpty() ? "" : " (" + exit.detail() + ")");
    }

    private Optional<Report> goOn(VcpuExit exit) {
        switch (exit.kind()) {
            case STEPPED, KICKED, BREAKPOINT -> {
                return Optional.empty();
            }
            case HALTED -> {
                long deadline = machine.clock().nextDeadline();
                if (deadline == Long.MAX_VALUE && !tape.interruptPending()) {
                    return Optional.of(ended(exit));
                }
                if (!tape.interruptPending()) {
                    machine.clock().skipTo(deadline);
                    machine.clock().fireDue();
                }
                return Optional.empty();
            }
            default -> {
                return Optional.of(ended(exit));
            }
        }
    }

    private Report ended(VcpuExit exit) {
        return memoryDiffers().orElse(new Report(End.ENDED, comparisons, "both: " + spoken(exit)));
    }

    /** One step of one CPU, parts of an instruction taken together. */
    private VcpuExit go(Vcpu cpu, CpuState before, byte[] code) {
        if (grain == Grain.EXIT) {
            VcpuExit exit = runToAccess(cpu);
            CpuState now = cpu.state();
            // In the middle of one, or about to begin one: how much of it was done is the CPU's business.
            if (exit.kind() == VcpuExit.Kind.KICKED && InstructionBytes.isRepeated(code(now))) {
                VcpuExit end = finish(cpu, now, exit);
                return end.kind() == VcpuExit.Kind.STEPPED ? exit : end;
            }
            return exit;
        }
        VcpuExit exit = stepUnkicked(cpu);
        return InstructionBytes.isRepeated(code) ? finish(cpu, before, exit) : exit;
    }

    /** A kick without an access is a second one of the last instruction. */
    private VcpuExit runToAccess(Vcpu cpu) {
        long before = tape.count();
        VcpuExit exit = cpu.run();
        for (int n = 0; n < MOST_PARTS && exit.kind() == VcpuExit.Kind.KICKED && tape.count() == before; n++) {
            exit = cpu.run();
        }
        return exit;
    }

    /** The rest of a repeated instruction that began in that state, and wasn't or was only begun. */
    private VcpuExit finish(Vcpu cpu, CpuState before, VcpuExit last) {
        VcpuExit exit = last;
        tape.closeGate();
        for (int part = 0; part < MOST_PARTS; part++) {
            CpuState now = cpu.state();
            boolean moved = now.general().rip() != before.general().rip()
                    || now.cs().selector() != before.cs().selector();
            boolean over = exit.kind() != VcpuExit.Kind.STEPPED && exit.kind() != VcpuExit.Kind.KICKED;
            if (moved || over) {
                return exit;
            }
            exit = stepUnkicked(cpu);
        }
        return exit;
    }

    /** A kick before the step is about something else: alarms kick machines. */
    private static VcpuExit stepUnkicked(Vcpu cpu) {
        VcpuExit exit = cpu.step();
        return exit.kind() == VcpuExit.Kind.KICKED ? cpu.step() : exit;
    }

    private byte[] code(CpuState s) {
        CpuState.Control c = s.control();
        boolean wide = (c.efer() & CpuState.Control.EFER_LMA) != 0;
        PageWalk walk = new PageWalk(machine.memory(), c.cr0(), c.cr3(), c.cr4(), wide);
        byte[] bytes = new byte[InstructionBytes.MOST];
        long at = s.cs().base() + s.general().rip();
        for (int i = 0; i < bytes.length; i++) {
            OptionalLong physical = walk.physical(at + i);
            if (physical.isEmpty() || !machine.memory().contains(physical.getAsLong(), 1)) {
                break;
            }
            bytes[i] = (byte) machine.memory().read8(physical.getAsLong());
        }
        return bytes;
    }

    private void remember(CpuState s, byte[] code) {
        if (trail.size() == SHOWN_INSTRUCTIONS) {
            trail.removeFirst();
        }
        trail.add("  %04x:%08x  %s"
                .formatted(
                        s.cs().selector(),
                        s.general().rip(),
                        HexFormat.ofDelimiter(" ").formatHex(code)));
    }

    private Report different(String wrong, CpuState left, CpuState right) {
        String text = "after %d comparisons: %s%nthe last instructions began at%n%s%n%s"
                .formatted(
                        comparisons,
                        wrong,
                        String.join(System.lineSeparator(), trail),
                        StateComparison.table(names[0], left, names[1], right));
        return new Report(End.DIFFERENT, comparisons, text);
    }

    private Optional<Report> memoryDiffers() {
        for (long at = 0; at < copy.sizeBytes(); at += Long.BYTES) {
            long one = RawMemory.get64(machine.memory().address() + at);
            long other = RawMemory.get64(copy.address() + at);
            if (one != other) {
                return Optional.of(different(
                        "memory differs at %#x: %016x and %016x".formatted(at, one, other),
                        first.vcpu().state(),
                        second.vcpu().state()));
            }
        }
        return Optional.empty();
    }

    /** The machine stays its owner's. */
    @Override
    public void close() {
        first.close();
        second.close();
        copy.close();
    }
}
