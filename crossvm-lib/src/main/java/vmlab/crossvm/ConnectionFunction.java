// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import vmlab.devices.pci.ConfigSpace;
import vmlab.devices.pci.ConfigSpace.Bar;
import vmlab.devices.pci.ConfigSpace.ConfigState;
import vmlab.devices.pci.ConfigSpace.Identity;
import vmlab.devices.pci.ConfigSpace.Shared;
import vmlab.devices.pci.ConfigSpace.Space;
import vmlab.devices.pci.PciFunction;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.IoDevice;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;
import vmlab.vmm.Stateful;

/**
 * One connection of a VM as a PCI function, 1af4:a111, as the guest module {@code connection} uses it: BAR 0 has the
 * registers of its events, BAR 1 is its dataport.
 *
 * <p>Registers, repeated every 256 bytes: at 0 a write emits; at 4 the number of events that came since it was cleared; at
 * 8 the connection's name, 48 bytes. Clearing takes away as many events as were last read, so that one that comes between
 * the two isn't lost, as it is with the original. Base addresses can be moved, with the original they can't.
 *
 * <p>Threads: the machine's; events may be emitted by any. Errors: reported as guest events, in the original's words.
 *
 * @spec seL4_projects_libs, libsel4vmmplatsupport/src/drivers/cross_vm_connection.c; docs/cross-vm.md
 */
public final class ConnectionFunction implements PciFunction, Stateful<ConnectionFunction.State> {
    public static final int EVENT_BAR = 0;
    public static final int DATAPORT_BAR = 1;

    /** The original's class bytes: what is meant to be RAM comes out as a kind of device without a class. */
    private static final Identity IDENTITY = new Identity(0x1AF4, 0xA111, 1, 0x000500, 0, 0);

    private static final int EMIT = 0;
    private static final int COUNTER = 4;
    private static final int NAME = 8;
    private static final int NAME_BYTES = 48;
    private static final int REPEATED = 0xFF;

    /**
     * What it connects.
     *
     * @param name shown to the guest; cut after 47 bytes
     */
    public record Ends(
            String name, Dataport dataport, Optional<? extends Emitter> emitted, Optional<EventChannel> consumed) {
        public Ends {
            Objects.requireNonNull(name);
            Objects.requireNonNull(dataport);
            Objects.requireNonNull(emitted);
            Objects.requireNonNull(consumed);
        }

        /** With the name that guests on PCs are told of every connection. */
        public Ends(Dataport dataport, Optional<? extends Emitter> emitted, Optional<EventChannel> consumed) {
            this("connector", dataport, emitted, consumed);
        }
    }

    /**
     * Where it is in a machine.
     *
     * @param eventAddress of BAR 0 after power-on; BAR 1 comes behind it
     * @param thread does tasks on the machine's thread
     * @param events told of what the guest does wrong
     */
    public record Place(long eventAddress, IrqLine irq, int interruptLine, Executor thread, GuestEvents events) {}

    /** All of it. */
    public record State(ConfigState config, int counter, int seen) {}

    private final String name;
    private final Ends ends;
    private final GuestEvents events;
    private final IrqLine irq;
    private final GuestMemory memory;
    private final ConfigSpace config;
    private final byte[] shownName;
    private Dataport dataport;
    private int counter;
    private int seen;

    public ConnectionFunction(String name, Machine machine, Ends ends, Place place) {
        this.name = Objects.requireNonNull(name);
        this.ends = Objects.requireNonNull(ends);
        events = place.events;
        irq = place.irq;
        shownName =
                Arrays.copyOf(Arrays.copyOf(ends.name.getBytes(StandardCharsets.US_ASCII), NAME_BYTES - 1), NAME_BYTES);
        long size = barBytes(ends.dataport);
        memory = machine.memory();
        dataport = ends.dataport;
        config = new ConfigSpace(name, IDENTITY, machine.ports(), machine.mmio(), events)
                .bar(EVENT_BAR, new Bar(Space.PREFETCHABLE_MEMORY, size, new Registers()))
                .bar(DATAPORT_BAR, new Bar(Space.PREFETCHABLE_MEMORY, size, new Shared(memory, dataport.memory())))
                .preset(ConfigSpace.BAR0, 4, (int) place.eventAddress)
                .preset(ConfigSpace.BAR0 + 4, 4, (int) (place.eventAddress + size))
                .preset(ConfigSpace.INTERRUPT_PIN, 1, 1)
                .preset(ConfigSpace.INTERRUPT_LINE, 1, place.interruptLine)
                .preset(ConfigSpace.COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        ends.consumed.ifPresent(event -> event.onPending(() -> place.thread.execute(this::arrived)));
    }

    /** What each of the two base address registers takes of the address space. */
    static long barBytes(Dataport dataport) {
        long size = GuestMemory.PAGE_BYTES;
        while (size < dataport.sizeBytes()) {
            size <<= 1;
        }
        return size;
    }

    /**
     * Its dataport is other memory from now on, which the guest sees where it has the dataport. Memory that its base address
     * register has no room for is refused, and told. On the machine's thread.
     */
    public void share(Dataport other) {
        if (other == dataport) {
            return;
        }
        if (barBytes(other) != barBytes(dataport)) {
            events.report(
                    name,
                    "a dataport of %d bytes doesn't fit its base address register: it keeps the memory it has"
                            .formatted(other.sizeBytes()));
            return;
        }
        dataport = other;
        config.retarget(DATAPORT_BAR, new Shared(memory, other.memory()));
    }

    private void arrived() {
        if (ends.consumed.orElseThrow().poll()) {
            counter++;
            irq.set(true);
        }
    }

    /** BAR 0. */
    private final class Registers implements IoDevice {
        @Override
        public long read(long offset, int bytes) {
            long value = 0;
            for (int i = 0; i < bytes; i++) {
                value |= (long) octet((int) (offset + i) & REPEATED) << 8 * i;
            }
            if ((offset & REPEATED) == COUNTER) {
                seen = counter;
            }
            return value;
        }

        private int octet(int at) {
            if (at >= COUNTER && at < NAME) {
                return counter >>> 8 * (at - COUNTER) & 0xFF;
            }
            return at >= NAME && at < NAME + NAME_BYTES ? shownName[at - NAME] & 0xFF : 0;
        }

        @Override
        public void write(long offset, int bytes, long value) {
            switch ((int) offset & REPEATED) {
                case EMIT -> emit();
                case COUNTER -> clear((int) value);
                default -> events.report(name, "Event Bar register unsupported: %#x".formatted(offset & REPEATED));
            }
        }
    }

    private void emit() {
        ends.emitted.ifPresentOrElse(
                Emitter::emit, () -> events.report(name, "Connection is not configured with an emit function"));
    }

    private void clear(int value) {
        counter = value == 0 ? counter - seen : value;
        seen = 0;
        irq.set(counter != 0);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        config.reset();
        counter = 0;
        seen = 0;
        irq.set(false);
    }

    @Override
    public State state() {
        return new State(config.state(), counter, seen);
    }

    @Override
    public void restore(State state) {
        config.restore(state.config);
        counter = state.counter;
        seen = state.seen;
        irq.set(counter != 0);
    }

    @Override
    public int configRead(int offset, int bytes) {
        return config.read(offset, bytes);
    }

    @Override
    public void configWrite(int offset, int bytes, int value) {
        config.write(offset, bytes, value);
    }
}
