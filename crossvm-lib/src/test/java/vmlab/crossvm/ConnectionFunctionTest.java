// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.devices.pci.ConfigSpace;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Machine;

/** The registers of a connection's PCI function, as its guest module uses them. */
class ConnectionFunctionTest {
    private static final long EVENTS = 0xA0000000L;
    private static final long DATA = EVENTS + 4096;

    private final List<String> reports = new ArrayList<>();
    private final Machine machine =
            new Machine("vm0", GuestMemory.allocate(1 << 20), (source, message) -> reports.add(message));
    private final Dataport dataport = Dataport.create("data", 4096);
    private final EventChannel emitted = new EventChannel("ready");
    private final EventChannel consumed = new EventChannel("done");
    private boolean irq;

    private final ConnectionFunction function = new ConnectionFunction(
            "connection0",
            machine,
            new ConnectionFunction.Ends("connector", dataport, Optional.of(emitted), Optional.of(consumed)),
            new ConnectionFunction.Place(EVENTS, level -> irq = level, 12, Runnable::run, machine.events()));

    @AfterEach
    void close() {
        machine.close();
        dataport.close();
    }

    private long read32(long address) {
        return machine.mmio().read(address, 4) & 0xFFFF_FFFFL;
    }

    private void write32(long address, long value) {
        machine.mmio().write(address, 4, value);
    }

    @Test
    void itIsFoundByItsIdsAndPointsToItsPages() {
        assertEquals(0xA1111AF4, function.configRead(ConfigSpace.VENDOR_ID, 4));
        assertEquals((int) EVENTS | 8, function.configRead(ConfigSpace.BAR0, 4));
        assertEquals((int) DATA | 8, function.configRead(ConfigSpace.BAR0 + 4, 4));
        assertEquals(12, function.configRead(ConfigSpace.INTERRUPT_LINE, 1));
        byte[] name = new byte[9];
        for (int i = 0; i < name.length; i++) {
            name[i] = (byte) machine.mmio().read(EVENTS + 8 + i, 1);
        }
        assertEquals("connector", new String(name, StandardCharsets.US_ASCII));
    }

    @Test
    void theDataportIsMemoryBehindItsBaseAddress() {
        assertEquals(1, machine.memory().windows().size());
        assertEquals(DATA, machine.memory().windows().get(0).base());
        function.configWrite(ConfigSpace.BAR0 + 4, 4, 0xB0000000);
        assertEquals(0xB0000000L, machine.memory().windows().get(0).base());
        function.configWrite(ConfigSpace.COMMAND, 2, 0);
        assertTrue(machine.memory().windows().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00080000, 0xFEE00000, 0xFFFFF000})
    void aDataportGoesNeitherOverRamNorOverApics(int address) {
        machine.memory().write8(0x80000, 7);
        function.configWrite(ConfigSpace.BAR0 + 4, 4, address);
        assertTrue(machine.memory().windows().isEmpty());
        assertEquals(7, machine.memory().read8(0x80000));
        assertEquals(1, reports.size());
        assertTrue(reports.get(0).contains("which is taken"), reports.get(0));
        function.configWrite(ConfigSpace.BAR0 + 4, 4, (int) DATA);
        assertEquals(DATA, machine.memory().windows().get(0).base());
    }

    @Test
    void otherMemoryComesWhereTheGuestHasItsDataport() {
        try (Dataport other = Dataport.create("other", 4096);
                Dataport large = Dataport.create("large", 8192)) {
            function.configWrite(ConfigSpace.BAR0 + 4, 4, 0xB0000000);
            function.share(other);
            assertEquals(1, machine.memory().windows().size());
            assertEquals(0xB0000000L, machine.memory().windows().get(0).base());
            function.share(large);
            assertEquals(4096, machine.memory().windows().get(0).sizeBytes());
            assertEquals(
                    List.of(
                            "a dataport of 8192 bytes doesn't fit its base address register: it keeps the memory it has"),
                    reports);
            function.configWrite(ConfigSpace.COMMAND, 2, 0);
            function.share(dataport);
            assertTrue(machine.memory().windows().isEmpty());
        }
    }

    /** The component's side is its own. */
    @Test
    void aComponentWritesAndEmitsWhileTheGuestHasNone() {
        function.configWrite(ConfigSpace.COMMAND, 2, 0);
        dataport.cString("kept");
        consumed.emit();
        assertTrue(irq);
        function.configWrite(ConfigSpace.COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        assertEquals("kept", dataport.cString());
        assertEquals(1, read32(EVENTS + 4));
    }

    @Test
    void aConnectionWithoutAnEventSaysSo() {
        ConnectionFunction silent = new ConnectionFunction(
                "connection1",
                machine,
                new ConnectionFunction.Ends(dataport, Optional.empty(), Optional.empty()),
                new ConnectionFunction.Place(
                        EVENTS + 0x10000, level -> irq = level, 12, Runnable::run, machine.events()));
        write32(EVENTS + 0x10000, 1);
        assertEquals(List.of("Connection is not configured with an emit function"), reports);
        assertEquals("connection1", silent.name());
    }

    @Test
    void aStoreEmitsAndRegistersRepeat() {
        write32(EVENTS, 1);
        machine.mmio().write(EVENTS + 0x100, 1, 0);
        assertEquals(2, emitted.emitted());
        write32(EVENTS + 0x40, 1);
        assertEquals(List.of("Event Bar register unsupported: 0x40"), reports);
    }

    @Test
    void anEventInterruptsUntilItIsCleared() {
        consumed.emit();
        assertTrue(irq);
        assertEquals(1, read32(EVENTS + 4));
        write32(EVENTS + 4, 0);
        assertFalse(irq);
        assertEquals(0, read32(EVENTS + 4));
    }

    /** The original loses it. */
    @Test
    void anEventBetweenReadingAndClearingIsKept() {
        consumed.emit();
        assertEquals(1, read32(EVENTS + 4));
        consumed.emit();
        write32(EVENTS + 4, 0);
        assertTrue(irq);
        assertEquals(1, read32(EVENTS + 4));
    }

    /** Whatever comes between a guest's reads and clears: it counts each event once, and the line is up while one is left. */
    @Test
    void noEventIsLostOrCountedTwice() {
        Random random = new Random(6);
        long counted = 0;
        long read = 0;
        for (int i = 0; i < 1_000_000; i++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    read = read32(EVENTS + 4);
                    assertEquals(consumed.taken() - counted, read);
                }
                case 1 -> {
                    write32(EVENTS + 4, 0);
                    counted += read;
                    read = 0;
                }
                default -> consumed.emit();
            }
            assertEquals(consumed.taken() > counted, irq);
        }
        assertEquals(consumed.emitted(), consumed.taken());
    }

    @Test
    void itsStateIsAllOfIt() {
        consumed.emit();
        function.configWrite(ConfigSpace.BAR0 + 4, 4, 0xB0000000);
        ConnectionFunction.State state = function.state();
        function.reset();
        assertFalse(irq);
        assertEquals(DATA, machine.memory().windows().get(0).base());
        function.restore(state);
        assertEquals(state, function.state());
        assertTrue(irq);
        assertEquals(0xB0000000L, machine.memory().windows().get(0).base());
    }

    /** Two connections on one line, seen by an input that waits for edges. */
    @Test
    void aSharedLineGoesDownForWhoIsLeft() {
        List<Boolean> levels = new ArrayList<>();
        EventInterrupt shared = new EventInterrupt(levels::add);
        var one = shared.input();
        var other = shared.input();
        one.set(true);
        assertEquals(List.of(true), levels);
        one.set(true);
        other.set(true);
        assertEquals(List.of(true, false, true, false, true), levels);
        levels.clear();
        one.set(false);
        assertEquals(List.of(false, true), levels);
        other.set(false);
        other.set(false);
        assertEquals(List.of(false, true, false, false), levels);
    }
}
