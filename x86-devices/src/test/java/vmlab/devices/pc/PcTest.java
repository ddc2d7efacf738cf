// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.devices.FakeChips;
import vmlab.vmm.ChipSet;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.Device;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.IoBus;
import vmlab.vmm.MachineState;
import vmlab.vmm.Stateful;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;

/** The wiring, seen from a CPU's side. */
class PcTest {
    private static final long RAM = 16L << 20;
    private static final Instant POWER_ON = Instant.parse("2026-01-02T03:04:05Z");

    private final FakeHypervisor hypervisor = new FakeHypervisor();
    private final List<String> reports = Collections.synchronizedList(new ArrayList<>());
    private final List<Integer> printed = new ArrayList<>();
    private final ArrayDeque<Integer> typed = new ArrayDeque<>();
    private final Pc pc = build(4);
    private final IoBus ports = pc.machine().ports();

    /** A CPU that stops at once; the test plays the guest. */
    private static final class FakeHypervisor implements Hypervisor {
        private Board board;
        private int kicks;
        private ChipSet chips;
        private boolean closed;

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public Vm create(Board given) {
            board = given;
            Vcpu cpu = new Vcpu() {
                @Override
                public VcpuExit run() {
                    return new VcpuExit(VcpuExit.Kind.STOPPED, "");
                }

                @Override
                public void kick() {
                    kicks++;
                }

                @Override
                public VcpuExit step() {
                    return run();
                }

                @Override
                public void debug(DebugPoints points) {
                    throw new UnsupportedOperationException("not in these tests");
                }

                @Override
                public CpuState state() {
                    return CpuState.reset();
                }

                @Override
                public void restore(CpuState state) {
                    assertEquals(state(), state, "the test plays the guest");
                }
            };
            return new Vm() {
                @Override
                public Vcpu vcpu() {
                    return cpu;
                }

                @Override
                public Optional<ChipSet> chips() {
                    return Optional.ofNullable(chips);
                }

                @Override
                public void close() {
                    closed = true;
                }
            };
        }
    }

    private Pc build(int lines) {
        Pc.SerialLine line = new Pc.SerialLine(printed::add, () -> typed.isEmpty() ? -1 : typed.remove());
        Pc.Config config = new Pc.Config("pc", RAM, POWER_ON, Collections.nCopies(lines, line));
        return Pc.build(config, hypervisor, (source, message) -> reports.add(source + ": " + message));
    }

    @AfterEach
    void close() {
        pc.close();
        assertTrue(hypervisor.closed);
    }

    private void initialisePics() {
        int[][] words = {
            {0x20, 0x11}, {0x21, 0x30}, {0x21, 4}, {0x21, 1}, {0xA0, 0x11}, {0xA1, 0x38}, {0xA1, 2}, {0xA1, 1}
        };
        for (int[] word : words) {
            ports.write(word[0], 1, word[1]);
        }
    }

    private void endOfInterrupt() {
        ports.write(0xA0, 1, 0x20);
        ports.write(0x20, 1, 0x20);
    }

    @Test
    void onlyAPcOfSeveralCpusHasAMultiprocessorTable() {
        assertEquals(0, pc.machine().memory().read32(PcLayout.MP_TABLE));
        Pc.SerialLine line = new Pc.SerialLine(printed::add, () -> -1);
        try (Pc two = Pc.build(
                new Pc.Config("two", CpuModel.I386, RAM, POWER_ON, List.of(line), 2), hypervisor, (s, m) -> {})) {
            assertEquals(2, hypervisor.board.cpus());
            assertEquals(
                    "_MP_", new String(two.machine().memory().read(PcLayout.MP_TABLE, 4), StandardCharsets.US_ASCII));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 9})
    void aPcHasOneToEightCpus(int cpus) {
        List<Pc.SerialLine> lines = List.of(new Pc.SerialLine(printed::add, () -> -1));
        assertThrows(
                IllegalArgumentException.class, () -> new Pc.Config("pc", CpuModel.I386, RAM, POWER_ON, lines, cpus));
    }

    @Test
    void theBoardIsTheMachines() {
        assertEquals(RAM, hypervisor.board.memory().sizeBytes());
        assertEquals(pc.interrupts(), hypervisor.board.interrupts());
        assertEquals(pc.machine().clock(), hypervisor.board.clock());
    }

    @Test
    void chipsOfTheBackEndTakeThePlaceOfTheMachines() {
        FakeChips chips = new FakeChips();
        hypervisor.chips = chips;
        try (Pc brought = build(1)) {
            assertEquals(
                    pc.machine().devices().stream()
                            .map(Device::name)
                            .filter(name -> !name.matches("uart[123]"))
                            .toList(),
                    brought.machine().devices().stream().map(Device::name).toList());
            IoBus its = brought.machine().ports();
            its.write(0x20, 1, 0x11);
            its.write(0x3FC, 1, 0x08);
            its.write(0x3F9, 1, 0x02);
            its.read(0x3FA, 1);

            assertEquals(List.of("4 high", "4 low"), chips.lines);
            assertEquals(0xFF, its.read(0x21, 1), "nobody is there");
            assertEquals(0xFF, its.read(0x61, 1), "nobody is there");
        }
    }

    @ParameterizedTest(name = "serial port {0}")
    @ValueSource(ints = {0, 1, 2, 3})
    void serialPortsPrintAndInterrupt(int n) {
        initialisePics();
        long base = PcLayout.SERIAL.get(n).base();
        ports.write(base, 1, '!');
        assertEquals(List.of((int) '!'), printed);
        ports.write(base + 4, 1, 0x08);
        ports.write(base + 1, 1, 0x01);
        typed.add((int) 'x');
        pc.uart(n).inputAvailable();
        assertTrue(pc.interrupts().pending());
        assertEquals(0x30 + PcLayout.SERIAL_IRQ.get(n), pc.interrupts().acknowledge());
        assertEquals('x', ports.read(base, 1));
    }

    @Test
    void onlyTheAskedForSerialPortsExist() {
        try (Pc small = build(1)) {
            assertEquals(0x60, small.machine().ports().read(0x3FD, 1));
            assertEquals(0xFF, small.machine().ports().read(0x2FD, 1));
        }
    }

    @Test
    void theTimerTicks() {
        initialisePics();
        ports.write(0x43, 1, 0x34);
        ports.write(0x40, 1, 4773 & 0xFF);
        ports.write(0x40, 1, 4773 >> 8);
        if (pc.interrupts().pending()) {
            pc.interrupts().acknowledge();
            endOfInterrupt();
        }
        for (int tick = 0; tick < 250; tick++) {
            while (!pc.interrupts().pending()) {
                assertTrue(pc.machine().clock().nextDeadline() < 2_000_000_000L, "a tick is ahead");
                pc.machine().clock().skipTo(pc.machine().clock().nextDeadline());
                pc.machine().clock().fireDue();
            }
            assertEquals(0x30, pc.interrupts().acknowledge());
            endOfInterrupt();
        }
        long seconds = Math.round(pc.machine().clock().nanos() / 1e9);
        assertEquals(1, seconds);
    }

    @Test
    void theClockInterruptsOnLine8() {
        initialisePics();
        ports.write(0x70, 1, 0x0B);
        ports.write(0x71, 1, 0x12);
        pc.machine().clock().skipTo(1_000_000_000);
        pc.machine().clock().fireDue();
        assertEquals(0x38, pc.interrupts().acknowledge());
    }

    @Test
    void theKeyboardControllerInterruptsOnLine1() {
        initialisePics();
        ports.write(0x64, 1, 0x60);
        ports.write(0x60, 1, 0x65);
        ports.write(0x60, 1, 0xF2);
        assertEquals(0x31, pc.interrupts().acknowledge());
        assertEquals(0xFE, ports.read(0x60, 1));
    }

    @Test
    void linuxFindsPciMechanism1() {
        ports.write(0xCFB, 1, 0x01);
        long before = ports.read(0xCF8, 4);
        ports.write(0xCF8, 4, 0x8000_0000L);
        assertEquals(0x8000_0000L, ports.read(0xCF8, 4));
        assertEquals(0x8086, ports.read(0xCFC, 2));
        ports.write(0xCF8, 4, 0x8000_0008L);
        assertEquals(0x0600, ports.read(0xCFE, 2), "a host bridge");
        ports.write(0xCF8, 4, before);
        assertTrue(reports.isEmpty(), reports.toString());
    }

    @Test
    void everyWayToResetEndsTheMachine() {
        int[][] writes = {{0x64, 0xFE}, {0x92, 0x01}, {0xCF9, 0x06}, {0xF4, 0x21}};
        for (int[] write : writes) {
            int before = hypervisor.kicks;
            ports.write(write[0], 1, write[1]);
            assertEquals(before + 1, hypervisor.kicks, "port %#x".formatted(write[0]));
        }
    }

    @ParameterizedTest(name = "port {0}")
    @ValueSource(ints = {0x2E, 0x4E, 0x0D, 0x1F0, 0x170, 0x279, 0xA79, 0x378, 0x3D4, 0xF0, 0x402, 0x510})
    void absentPartsAreAnOpenBus(int port) {
        assertEquals(0xFF, ports.read(port, 1));
        ports.write(port, 1, 0);
        ports.read(port, 1);
        assertEquals(1, reports.size(), "reported once");
    }

    @Test
    void namesAreUnique() {
        List<String> names = pc.machine().devices().stream().map(Device::name).toList();
        assertEquals(names.size(), new HashSet<>(names).size(), names.toString());
    }

    @Test
    void allStatesAreRestoredInOrder() {
        initialisePics();
        List<Record> before = states();
        Random random = new Random(5);
        for (int i = 0; i < 5000; i++) {
            ports.write(random.nextInt(0x500), 1, random.nextInt(256));
        }
        assertFalse(before.equals(states()));
        restore(before);
        assertEquals(before, states());
    }

    /** The machine was asked between the end of an idle time and the interrupt that ends it. */
    @Test
    void aStateHasTheTimersPulseThatIsDue() {
        initialisePics();
        ports.write(0x43, 1, 0x38);
        assertEquals(0x30, pc.interrupts().acknowledge(), "OUT goes up at the control word");
        endOfInterrupt();
        ports.write(0x40, 1, 0xE8);
        ports.write(0x40, 1, 0x03);
        pc.machine().clock().skipTo(1_000_000);
        MachineState due = pc.machine().state();
        pc.machine().devices().forEach(Device::reset);
        pc.machine().restore(due);
        assertTrue(pc.interrupts().pending(), "a guest that sleeps until then would sleep for ever");
        assertEquals(due, pc.machine().state());
    }

    private List<Record> states() {
        List<Record> states = new ArrayList<>();
        for (Device device : pc.machine().devices()) {
            if (device instanceof Stateful<?> stateful) {
                states.add(stateful.state());
            }
        }
        return states;
    }

    @SuppressWarnings("unchecked")
    private void restore(List<Record> states) {
        int i = 0;
        for (Device device : pc.machine().devices()) {
            if (device instanceof Stateful<?> stateful) {
                ((Stateful<Record>) stateful).restore(states.get(i++));
            }
        }
    }

    @Test
    void aGuestCantFloodTheLog() {
        for (int command = 0x80; command < 0xA0; command++) {
            for (int i = 0; i < 100; i++) {
                ports.write(0x64, 1, command);
            }
        }
        assertEquals(32, reports.size(), "each report comes once");
        for (int value = 0; value < 256; value++) {
            for (int n = 0; n < 4; n++) {
                ports.write(PcLayout.SERIAL.get(n).base() + 5, 1, value);
                ports.write(PcLayout.SERIAL.get(n).base() + 6, 1, value);
            }
        }
        assertEquals(BoundedEvents.MOST_REPORTS + 1, reports.size(), "and then there is an end");
    }

    @Test
    void aBackEndThatCantOpenLeavesNothingBehind() {
        Hypervisor broken = new Hypervisor() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Vm create(Board board) {
                throw new HostMistake("no CPU", "get one");
            }
        };
        Pc.SerialLine line = new Pc.SerialLine(printed::add, () -> -1);
        Pc.Config config = new Pc.Config("pc", RAM, POWER_ON, List.of(line));
        assertThrows(HostMistake.class, () -> Pc.build(config, broken, (s, m) -> {}));
    }

    @ParameterizedTest(name = "{0} serial lines")
    @ValueSource(ints = {0, 5})
    void oneToFourSerialLines(int lines) {
        assertThrows(IllegalArgumentException.class, () -> build(lines));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0001-12-31T23:59:59Z", "+10000-01-01T00:00:00Z"})
    void theClockShowsFourDigitYears(String time) {
        Pc.SerialLine line = new Pc.SerialLine(printed::add, () -> -1);
        List<Pc.SerialLine> lines = List.of(line);
        Instant instant = Instant.parse(time);
        assertThrows(IllegalArgumentException.class, () -> new Pc.Config("pc", RAM, instant, lines));
    }
}
