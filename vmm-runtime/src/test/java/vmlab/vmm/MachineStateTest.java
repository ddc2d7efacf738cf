// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmlab.vmm.soft.SoftHypervisor;

/** A machine's state as one value, and machines that go on with another CPU. */
final class MachineStateTest {
    private static final long RAM_BYTES = 1 << 20;
    private static final int CODE = 0x1000;

    /** inc eax; out 0x10, al; jmp back */
    private static final byte[] COUNT = {0x40, (byte) 0xE6, 0x10, (byte) 0xEB, (byte) 0xFB};

    private static final int KEPT = 0x4000;

    /** inc eax; mov [KEPT], eax; jmp back */
    private static final byte[] COUNT_IN_MEMORY = {0x40, (byte) 0xA3, 0, KEPT >> 8, 0, 0, (byte) 0xEB, (byte) 0xF8};

    private record Count(int value, long nextNanos) {}

    /** Notes what is written to it, and stops the machine's CPU every microsecond. */
    private static final class Counter implements Device, ByteIoDevice, Stateful<Count> {
        private final VmClock clock;
        private final VmClock.Alarm alarm;
        private final List<Integer> seen = new ArrayList<>();
        private int value;
        private long next;

        Counter(VmClock clock, Runnable tick) {
            this.clock = clock;
            alarm = clock.alarm(() -> {
                set(this.clock.nanos() + 1000);
                tick.run();
            });
            set(1000);
        }

        private void set(long nanos) {
            next = nanos;
            alarm.at(nanos);
        }

        @Override
        public String name() {
            return "counter";
        }

        @Override
        public void reset() {
            value = 0;
        }

        @Override
        public int readByte(int offset) {
            return value;
        }

        @Override
        public void writeByte(int offset, int octet) {
            value = octet;
            seen.add(octet);
        }

        @Override
        public Count state() {
            return new Count(value, next);
        }

        @Override
        public void restore(Count state) {
            value = state.value;
            set(state.nextNanos);
        }
    }

    private Machine machine;
    private Counter counter;

    @BeforeEach
    void build() {
        machine = machine();
        counter = (Counter) machine.devices().get(0);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static Machine machine() {
        Machine made = new Machine("m", GuestMemory.allocate(RAM_BYTES), (source, message) -> {});
        Counter device = made.add(new Counter(made.clock(), () -> made.vcpu().kick()));
        made.ports().map(new AddressRange(0x10, 1), device.name(), device);
        made.open(new SoftHypervisor(), new InterruptController() {
            @Override
            public boolean pending() {
                return false;
            }

            @Override
            public int acknowledge() {
                throw new AssertionError("no interrupt is pending");
            }
        });
        made.memory().write(CODE, COUNT);
        made.vcpu().restore(CpuState.flat(CODE, 8, 16, new CpuState.Table(0, 0)));
        return made;
    }

    private static void ticks(Machine on, int count) {
        for (int i = 0; i < count; i++) {
            assertEquals(VcpuExit.Kind.KICKED, on.vcpu().run().kind());
        }
    }

    /** The kick that stands for those that came while there was no CPU. */
    private static void move(Machine on, Hypervisor to) {
        on.moveTo(to);
        assertEquals(VcpuExit.Kind.KICKED, on.vcpu().run().kind());
    }

    @Test
    void aMachineWithAnotherCpuGoesOnAsIfNothingHadBeen() {
        try (Machine stays = machine()) {
            ticks(stays, 6);
            ticks(machine, 3);
            move(machine, new SoftHypervisor());
            ticks(machine, 3);

            assertEquals(stays.state(), machine.state());
            assertEquals(((Counter) stays.devices().get(0)).seen, counter.seen);
            assertTrue(counter.seen.size() > 100, counter.seen.toString());
        }
    }

    @Test
    void aStateGoesOnInAnotherMachine() {
        ticks(machine, 3);
        MachineState middle = machine.state();
        try (Machine other = machine()) {
            ticks(other, 10);
            other.restore(middle);
            assertEquals(middle, other.state(), "back in time, too");
            ticks(other, 2);
            ticks(machine, 2);

            assertEquals(machine.state(), other.state());
        }
    }

    @Test
    void aSnapshotIsGoneOnFromAnyNumberOfTimesInAnyMachine() {
        machine.memory().write(CODE, COUNT_IN_MEMORY);
        ticks(machine, 3);
        try (MachineSnapshot middle = machine.snapshot();
                Machine other = machine()) {
            int then = machine.memory().read32(KEPT);
            ticks(machine, 4);
            MachineState end = machine.state();
            int last = machine.memory().read32(KEPT);
            assertTrue(last > then && then > 0, then + " and then " + last);
            ticks(other, 9);
            for (Machine each : List.of(machine, other)) {
                each.restore(middle);
                assertEquals(middle.state(), each.state());
                assertEquals(then, each.memory().read32(KEPT));
                ticks(each, 4);
                assertEquals(end, each.state());
                assertEquals(last, each.memory().read32(KEPT));
            }
        }
    }

    @Test
    void codeOfAnotherTimeIsForgotten() {
        ticks(machine, 1);
        try (MachineSnapshot before = machine.snapshot()) {
            int seen = counter.seen.size();
            machine.memory().write(CODE, COUNT_IN_MEMORY);
            ticks(machine, 1);
            assertEquals(seen, counter.seen.size(), "the new code writes to no port");
            machine.restore(before);
            ticks(machine, 1);
            assertTrue(counter.seen.size() > seen);
        }
    }

    @Test
    void aStateOfOtherPartsIsRefused() {
        MachineState state = machine.state();
        MachineState others = new MachineState(0, state.cpus(), Map.of("uart0", new Count(0, 0)));
        MachineState more =
                new MachineState(0, List.of(state.cpus().get(0), state.cpus().get(0)), state.devices());
        MachineState alien = new MachineState(0, state.cpus(), Map.of("counter", new CpuState.Table(0, 0)));

        for (MachineState wrong : List.of(others, more, alien)) {
            assertThrows(IllegalArgumentException.class, () -> machine.restore(wrong));
        }
    }

    @Test
    void aCpuThatCantHaveTheStateLeavesTheMachineAsItWas() {
        ticks(machine, 3);
        MachineState before = machine.state();
        Hypervisor narrow = new FakeCpu(FakeCpu.SPIN);

        assertThrows(UnsupportedOperationException.class, () -> machine.moveTo(narrow));

        assertEquals(before, machine.state());
        assertEquals("soft", machine.hypervisor().name());
        assertEquals(VcpuExit.Kind.KICKED, machine.vcpu().run().kind());
        ticks(machine, 1);
    }
}
