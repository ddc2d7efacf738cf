// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import vmlab.vmm.AddressRange;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercall;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;
import vmlab.vmm.Stateful;

/**
 * A VM's dataports and events by hypercalls, as the guest modules {@code dataport}, {@code consumes_event} and {@code
 * emits_event} use them. An id is a place in a list, counted from 1.
 *
 * <p>Unlike the original, an event that comes before the guest has a page for it waits; a dataport that is shared twice
 * moves; and what the guest does wrong is reported and has no effect, where the original ends the VM.
 *
 * <p>Threads: the machine's; events may be emitted by any. Errors: reported as guest events, in the original's words.
 *
 * @spec camkes-vm, libs/libcrossvm; docs/cross-vm.md
 */
public final class VmcallConnections implements Device, Stateful<VmcallConnections.State> {
    /** EAX of the calls. */
    public static final int DATAPORT_TOKEN = 1;

    public static final int EVENT_TO_GUEST_TOKEN = 2;
    public static final int EVENT_TO_VMM_TOKEN = 3;

    /** The interrupt line of all events for a guest. */
    public static final int IRQ = 12;

    private static final int SHARE = 1;
    private static final int INIT = 1;
    private static final int ACK = 2;
    private static final int EMIT = 1;

    private static final int MAGIC = 42;
    private static final int ID_OFFSET = 0;
    private static final int MAGIC_OFFSET = 4;
    private static final long NO_PAGE = -1;

    /**
     * The VM's side of all its connections.
     *
     * @param dataports the first has id 1, and so on, as for the others
     * @param emitted by the guest
     * @param consumed by the guest
     */
    public record Ends(List<Dataport> dataports, List<? extends Emitter> emitted, List<EventChannel> consumed) {
        public Ends {
            dataports = List.copyOf(dataports);
            emitted = List.copyOf(emitted);
            consumed = List.copyOf(consumed);
        }
    }

    /**
     * What a guest has made of them.
     *
     * @param eventPage guest physical address, or -1
     * @param delivering the id that the guest hasn't acknowledged yet, or 0
     * @param pending ids to be delivered after it
     * @param shared guest physical addresses by dataport id
     */
    public record State(long eventPage, int delivering, List<Integer> pending, Map<Integer, Long> shared) {
        public State {
            pending = List.copyOf(pending);
            shared = Map.copyOf(shared);
        }
    }

    /**
     * The machine's side.
     *
     * @param thread does tasks on the machine's thread, in this order
     */
    public record Wires(GuestMemory memory, Hypercalls hypercalls, GuestEvents events, Executor thread, IrqLine irq) {
        /** Those of a machine. */
        public static Wires of(Machine machine, Executor thread, IrqLine irq) {
            return new Wires(machine.memory(), machine.hypercalls(), machine.events(), thread, irq);
        }
    }

    private final String name;
    private final Wires wires;
    private Ends ends;

    private final BitSet pending = new BitSet();
    private final Map<Integer, Long> shared = new TreeMap<>();
    private long eventPage = NO_PAGE;
    private int delivering;
    private int lastDelivered;

    /** Connects a machine; its guest can use the connections as soon as it runs. */
    public VmcallConnections(String name, Wires wires, Ends ends) {
        this.name = Objects.requireNonNull(name);
        this.wires = Objects.requireNonNull(wires);
        this.ends = Objects.requireNonNull(ends);
        wires.hypercalls.register(DATAPORT_TOKEN, this::dataportCall);
        wires.hypercalls.register(EVENT_TO_GUEST_TOKEN, this::eventToGuestCall);
        wires.hypercalls.register(EVENT_TO_VMM_TOKEN, this::eventToVmmCall);
        ends.consumed.forEach(this::listen);
    }

    private void listen(EventChannel event) {
        event.onPending(() -> wires.thread.execute(this::collect));
    }

    /**
     * Connects the guest otherwise from now on. Its ids stay and there may be more of them; what it has shared stays where
     * it is and shows the memory that is connected now.
     *
     * @throws IllegalArgumentException if an id would be gone
     */
    public void rewire(Ends newEnds) {
        Ends old = ends;
        if (newEnds.dataports.size() < old.dataports.size()
                || newEnds.emitted.size() < old.emitted.size()
                || newEnds.consumed.size() < old.consumed.size()) {
            throw new IllegalArgumentException("a guest keeps its ids");
        }
        ends = newEnds;
        shared.forEach((id, address) -> {
            if (old.dataports.get(id - 1) != newEnds.dataports.get(id - 1)) {
                wires.memory.unmap(address);
                wires.memory.map(address, newEnds.dataports.get(id - 1).memory());
            }
        });
        old.consumed.stream().filter(event -> !newEnds.consumed.contains(event)).forEach(EventChannel::detach);
        newEnds.consumed.stream().filter(event -> !old.consumed.contains(event)).forEach(this::listen);
    }

    @Override
    public String name() {
        return name;
    }

    /** Takes the dataports out of the guest's memory and forgets its page; events that came stay pending. */
    @Override
    public void reset() {
        shared.values().forEach(wires.memory::unmap);
        shared.clear();
        if (delivering != 0) {
            pending.set(delivering);
        }
        forgetPage();
    }

    private void forgetPage() {
        eventPage = NO_PAGE;
        delivering = 0;
        wires.irq.set(false);
    }

    @Override
    public State state() {
        return new State(eventPage, delivering, pending.stream().boxed().toList(), shared);
    }

    @Override
    public void restore(State state) {
        shared.values().forEach(wires.memory::unmap);
        shared.clear();
        state.shared.forEach((id, address) -> {
            wires.memory.map(address, ends.dataports.get(id - 1).memory());
            shared.put(id, address);
        });
        pending.clear();
        state.pending.forEach(pending::set);
        eventPage = state.eventPage;
        delivering = state.delivering;
        wires.irq.set(delivering != 0);
    }

    /** Where the guest has a dataport; empty if it hasn't shared it. */
    public Map<Integer, Long> shared() {
        return Map.copyOf(shared);
    }

    private void wrong(String format, Object... arguments) {
        wires.events.report(name, format.formatted(arguments));
    }

    // ---- dataports

    private void dataportCall(Hypercall call) {
        int id = call.ecx();
        if (id == 0) {
            wrong("Illegal dataport id 0");
        } else if (Integer.compareUnsigned(id, ends.dataports.size()) > 0) {
            wrong("Dataport %d not found", id);
        } else if (call.ebx() != SHARE) {
            wrong("Unknown command: %d", call.ebx());
        } else {
            share(id, call.edx() & 0xFFFF_FFFFL, call.esi() & 0xFFFF_FFFFL);
        }
    }

    private void share(int id, long address, long sizeBytes) {
        Dataport dataport = ends.dataports.get(id - 1);
        if (sizeBytes != dataport.sizeBytes()) {
            wrong("Dataport guest size and host size are different (%d and %d)", sizeBytes, dataport.sizeBytes());
            return;
        }
        Long earlier = shared.get(id);
        if (earlier != null && earlier == address) {
            return;
        }
        GuestMemory memory = wires.memory;
        if (!memory.contains(address, sizeBytes) || !memory.canMap(new AddressRange(address, sizeBytes))) {
            wrong("Failed to map dataport into guest: dataport %d at %#x", id, address);
            return;
        }
        if (earlier != null) {
            memory.unmap(earlier);
        }
        memory.map(address, dataport.memory());
        shared.put(id, address);
    }

    // ---- events for the guest

    private void eventToGuestCall(Hypercall call) {
        switch (call.ebx()) {
            case INIT -> initialize(call.ecx() & 0xFFFF_FFFFL);
            case ACK -> acknowledge();
            default -> wrong("Unknown command: %d", call.ebx());
        }
    }

    private void initialize(long page) {
        if (page % GuestMemory.PAGE_BYTES != 0 || !wires.memory.contains(page, GuestMemory.PAGE_BYTES)) {
            wrong("Failed to share event context with guest: no page at %#x", page);
            return;
        }
        if (delivering != 0) {
            pending.set(delivering);
        }
        forgetPage();
        eventPage = page;
        wires.memory.write32(page + MAGIC_OFFSET, MAGIC);
        deliver();
    }

    private void acknowledge() {
        if (delivering == 0) {
            wrong("an event was acknowledged that wasn't delivered");
            return;
        }
        delivering = 0;
        wires.irq.set(false);
        deliver();
    }

    /** Takes all events that are pending, so that which of several emitters was the first makes no difference. */
    private void collect() {
        for (int i = 0; i < ends.consumed.size(); i++) {
            if (ends.consumed.get(i).poll()) {
                pending.set(i + 1);
            }
        }
        deliver();
    }

    /** The next one, if the guest is ready for it; ids take turns, so that a busy one doesn't keep others out. */
    private void deliver() {
        if (eventPage == NO_PAGE || delivering != 0 || pending.isEmpty()) {
            return;
        }
        int after = pending.nextSetBit(lastDelivered + 1);
        delivering = after >= 0 ? after : pending.nextSetBit(0);
        lastDelivered = delivering;
        pending.clear(delivering);
        wires.memory.write32(eventPage + ID_OFFSET, delivering);
        wires.irq.set(true);
    }

    // ---- events of the guest

    private void eventToVmmCall(Hypercall call) {
        int id = call.ecx();
        if (call.ebx() != EMIT) {
            wrong("Unknown command: %d", call.ebx());
        } else if (id == 0) {
            wrong("Invalid event id 0");
        } else if (Integer.compareUnsigned(id, ends.emitted.size()) > 0) {
            wrong("Invalid event id %d. Id must be in range 1..%d", id, ends.emitted.size());
        } else {
            ends.emitted.get(id - 1).emit();
        }
    }

    /** Names of the connections by their ids, for people. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < ends.dataports.size(); i++) {
            Long address = shared.get(i + 1);
            lines.add("dataport %d: %s, %d bytes%s"
                    .formatted(
                            i + 1,
                            ends.dataports.get(i).name(),
                            ends.dataports.get(i).sizeBytes(),
                            address == null ? ", not shared yet" : " at %#x".formatted(address)));
        }
        for (int i = 0; i < ends.emitted.size(); i++) {
            lines.add("emits %d: %s, %d times"
                    .formatted(
                            i + 1,
                            ends.emitted.get(i).name(),
                            ends.emitted.get(i).emitted()));
        }
        for (int i = 0; i < ends.consumed.size(); i++) {
            lines.add("consumes %d: %s, %d times"
                    .formatted(
                            i + 1,
                            ends.consumed.get(i).name(),
                            ends.consumed.get(i).taken()));
        }
        return lines;
    }
}
