// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercall;
import vmlab.vmm.Hypercalls;

/** The register tables of the hypercall ABI: docs/cross-vm.md. */
class VmcallConnectionsTest {
    private static final int RAM = 1 << 20;
    private static final long PAGE = 0x5000;

    private final List<String> reports = new ArrayList<>();
    private final GuestMemory memory = GuestMemory.allocate(RAM);
    private final Hypercalls hypercalls = new Hypercalls((source, message) -> reports.add(message));
    private final Dataport data = Dataport.create("data", 4096);
    private final Dataport large = Dataport.create("large", 8192);
    private final List<EventChannel> emitted = List.of(new EventChannel("a"), new EventChannel("b"));
    private final List<EventChannel> consumed =
            List.of(new EventChannel("c"), new EventChannel("d"), new EventChannel("e"));
    private boolean irq;
    private int edges;

    private final VmcallConnections connections = new VmcallConnections(
            "crossvm",
            new VmcallConnections.Wires(
                    memory, hypercalls, (source, message) -> reports.add(message), Runnable::run, this::irq),
            new VmcallConnections.Ends(List.of(data, large), emitted, consumed));

    private void irq(boolean level) {
        edges += level && !irq ? 1 : 0;
        irq = level;
    }

    @AfterEach
    void close() {
        memory.close();
        data.close();
        large.close();
    }

    private record Call(int eax, int ebx, int ecx, int edx, int esi) implements Hypercall {
        @Override
        public void result(int value) {
            throw new AssertionError("EAX stays as it is");
        }
    }

    private void call(int eax, int ebx, int ecx, int edx, int esi) {
        hypercalls.dispatch(new Call(eax, ebx, ecx, edx, esi));
    }

    private void call(int eax, int ebx, int ecx) {
        call(eax, ebx, ecx, 0, 0);
    }

    @Test
    void aSharedDataportIsTheGuestsMemory() {
        memory.write32(0x8000, 7);
        call(1, 1, 2, 0x8000, 8192);
        large.cString("hello");
        assertEquals('h', memory.read8(0x8000));
        memory.write8(0x9FFF, 5);
        assertEquals(5, large.memory().read8(8191));
        assertEquals(Map.of(2, 0x8000L), connections.shared());
        assertEquals(List.of(), reports);
    }

    @Test
    void sharingAgainMovesADataport() {
        call(1, 1, 1, 0x8000, 4096);
        call(1, 1, 1, 0x8000, 4096);
        call(1, 1, 1, 0xA000, 4096);
        data.cString("x");
        assertEquals('x', memory.read8(0xA000));
        assertEquals(0, memory.read8(0x8000));
        assertEquals(List.of(), reports);
    }

    /** In the order in which the original checks: the id comes before the command. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            1, 1, 0, 0x8000, 4096, Illegal dataport id 0
            1, 2, 0, 0x8000, 4096, Illegal dataport id 0
            1, 1, 3, 0x8000, 4096, Dataport 3 not found
            1, 1, -1, 0x8000, 4096, Dataport -1 not found
            1, 2, 1, 0x8000, 4096, Unknown command: 2
            1, 1, 1, 0x8000, 8192, Dataport guest size and host size are different (8192 and 4096)
            1, 1, 1, 0x8004, 4096, Failed to map dataport into guest: dataport 1 at 0x8004
            1, 1, 1, 0x100000, 4096, Failed to map dataport into guest: dataport 1 at 0x100000
            1, 1, 2, 0xff000, 8192, Failed to map dataport into guest: dataport 2 at 0xff000
            2, 1, 0x123, 0, 0, Failed to share event context with guest: no page at 0x123
            2, 1, 0x7ffff000, 0, 0, Failed to share event context with guest: no page at 0x7ffff000
            2, 3, 0, 0, 0, Unknown command: 3
            2, 2, 0, 0, 0, an event was acknowledged that wasn't delivered
            3, 1, 0, 0, 0, Invalid event id 0
            3, 1, 3, 0, 0, Invalid event id 3. Id must be in range 1..2
            3, 2, 1, 0, 0, Unknown command: 2
            """)
    void whatIsWrongIsReportedAndDoesNothing(
            String eax, String ebx, String ecx, String edx, String esi, String message) {
        VmcallConnections.State before = connections.state();
        call(number(eax), number(ebx), number(ecx), number(edx), number(esi));
        assertEquals(List.of(message), reports);
        assertEquals(before, connections.state());
        assertFalse(emitted.get(0).poll() || emitted.get(1).poll() || irq);
    }

    private static int number(String text) {
        return Integer.decode(text);
    }

    @Test
    void twoDataportsCantHaveOnePlace() {
        call(1, 1, 1, 0x8000, 4096);
        call(1, 1, 2, 0x7000, 8192);
        assertEquals(List.of("Failed to map dataport into guest: dataport 2 at 0x7000"), reports);
        assertEquals(Map.of(1, 0x8000L), connections.shared());
    }

    @Test
    void anEmittedEventReachesItsChannel() {
        call(3, 1, 2);
        call(3, 1, 2);
        assertEquals(2, emitted.get(1).emitted());
        assertTrue(emitted.get(1).poll());
        assertFalse(emitted.get(1).poll());
        assertFalse(emitted.get(0).poll());
    }

    @Test
    void anEventIsDeliveredInThePageUntilItIsAcknowledged() {
        call(2, 1, (int) PAGE);
        assertEquals(42, memory.read32(PAGE + 4));
        consumed.get(1).emit();
        assertEquals(2, memory.read32(PAGE));
        assertTrue(irq);
        consumed.get(0).emit();
        assertEquals(2, memory.read32(PAGE), "the first is still there");
        call(2, 2, 0);
        assertEquals(1, memory.read32(PAGE));
        assertEquals(2, edges, "the second has an edge of its own");
        call(2, 2, 0);
        assertFalse(irq);
        assertEquals(List.of(), reports);
    }

    @Test
    void anEventBeforeThePageWaitsForIt() {
        consumed.get(2).emit();
        consumed.get(2).emit();
        assertFalse(irq);
        call(2, 1, (int) PAGE);
        assertTrue(irq);
        assertEquals(3, memory.read32(PAGE));
        call(2, 2, 0);
        assertFalse(irq, "two of one id are one");
    }

    /** A module that is loaded anew. */
    @Test
    void anotherPageGetsWhatWasNotAcknowledged() {
        call(2, 1, (int) PAGE);
        consumed.get(0).emit();
        call(2, 1, 0x6000);
        assertEquals(42, memory.read32(0x6004));
        assertEquals(1, memory.read32(0x6000));
        assertEquals(2, edges);
    }

    @Test
    void aCorruptedPageHasNoEffect() {
        call(2, 1, (int) PAGE);
        consumed.get(1).emit();
        memory.write(PAGE, new byte[] {9, 9, 9, 9, 9, 9, 9, 9});
        consumed.get(2).emit();
        call(2, 2, 0);
        assertEquals(3, memory.read32(PAGE));
        assertTrue(irq);
        call(2, 2, 0);
        assertFalse(irq);
        assertEquals(List.of(), reports);
    }

    @Test
    void aPageThatBecomesADataportStillGetsEvents() {
        call(2, 1, (int) PAGE);
        call(1, 1, 1, (int) PAGE, 4096);
        consumed.get(0).emit();
        assertEquals(1, data.memory().read32(0));
        assertEquals(List.of(), reports);
    }

    @Test
    void itsStateIsAllOfIt() {
        call(2, 1, (int) PAGE);
        call(1, 1, 1, 0x8000, 4096);
        consumed.get(0).emit();
        consumed.get(2).emit();
        VmcallConnections.State state = connections.state();
        connections.reset();
        assertEquals(Map.of(), connections.shared());
        assertFalse(irq);
        connections.restore(state);
        assertEquals(state, connections.state());
        assertTrue(irq);
        data.cString("y");
        assertEquals('y', memory.read8(0x8000));
        call(2, 2, 0);
        assertEquals(3, memory.read32(PAGE));
    }

    /** Against a model: a set of pending ids, and one being delivered. */
    @Test
    void noEventIsLostInRandomTraffic() {
        Random random = new Random(1);
        BitSet pending = new BitSet();
        int delivering = 0;
        call(2, 1, (int) PAGE);
        for (int i = 0; i < 200_000; i++) {
            int id = random.nextInt(4);
            if (id > 0) {
                consumed.get(id - 1).emit();
                pending.set(id);
            } else if (delivering != 0) {
                call(2, 2, 0);
                delivering = 0;
            }
            if (delivering == 0 && !pending.isEmpty()) {
                delivering = memory.read32(PAGE);
                assertTrue(pending.get(delivering), "delivered without being emitted: " + delivering);
                pending.clear(delivering);
            }
            assertEquals(delivering != 0, irq);
        }
        for (int left = pending.cardinality(); left >= 0; left--) {
            call(2, 2, 0);
            pending.clear(irq ? memory.read32(PAGE) : 0);
        }
        assertTrue(pending.isEmpty() && !irq);
        assertEquals(List.of(), reports);
    }

    @Test
    void rewiringKeepsIdsAndPlacesAndShowsTheOtherMemory() {
        call(1, 1, 1, 0x8000, 4096);
        data.cString("old");
        Dataport other = Dataport.create("other", 4096);
        Dataport third = Dataport.create("third", 4096);
        other.cString("new");
        EventChannel added = new EventChannel("f");
        EventChannel replacing = new EventChannel("d2");
        replacing.emit();

        connections.rewire(new VmcallConnections.Ends(
                List.of(other, large, third), emitted, List.of(consumed.get(0), replacing, consumed.get(2), added)));

        assertEquals('n', memory.read8(0x8000));
        assertEquals(Map.of(1, 0x8000L), connections.shared());
        call(1, 1, 3, 0x9000, 4096);
        assertEquals(Map.of(1, 0x8000L, 3, 0x9000L), connections.shared());
        consumed.get(1).emit();
        added.emit();
        call(2, 1, (int) PAGE, 0, 0);
        assertEquals(2, memory.read32(PAGE), "what was pending is delivered");
        call(2, 2, 0, 0, 0);
        assertEquals(4, memory.read32(PAGE), "a new id comes behind the others");
        assertTrue(consumed.get(1).isPending(), "nobody listens to what was replaced");
        memory.unmap(0x8000);
        memory.unmap(0x9000);
        other.close();
        third.close();
    }

    @Test
    void rewiringWithFewerIdsIsRefused() {
        VmcallConnections.Ends fewer = new VmcallConnections.Ends(List.of(data), emitted, consumed);

        assertThrows(IllegalArgumentException.class, () -> connections.rewire(fewer));
    }
}
