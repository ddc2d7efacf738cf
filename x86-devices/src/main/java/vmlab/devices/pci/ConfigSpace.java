// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import java.util.Arrays;
import java.util.Objects;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.SharedMemory;
import vmlab.vmm.Stateful;

/**
 * The 256 bytes of a type 0 configuration header: a value per byte and the bits a guest may change. What is behind the
 * base address registers is mapped and unmapped as the guest moves them and switches decoding on and off.
 *
 * <p>A range that something else owns already isn't mapped: that is reported and tried again at this function's next
 * change of a base address or the command register. So an open base address in the middle of sizing harms nobody.
 *
 * <p>Not modelled: 64-bit base addresses, expansion ROMs, the status register's error bits, built-in self test, MSI.
 *
 * <p>Threads: the machine's only. Errors: none for guests.
 *
 * @spec PCI Local Bus Specification 2.2, chapter 6, Configuration Space
 */
public final class ConfigSpace implements Stateful<ConfigSpace.ConfigState> {
    public static final int VENDOR_ID = 0x00;
    public static final int DEVICE_ID = 0x02;
    public static final int COMMAND = 0x04;
    public static final int STATUS = 0x06;
    public static final int REVISION_ID = 0x08;
    public static final int CLASS_CODE = 0x09;
    public static final int CACHE_LINE_SIZE = 0x0C;
    public static final int LATENCY_TIMER = 0x0D;
    public static final int HEADER_TYPE = 0x0E;
    /** The first of six base address registers. */
    public static final int BAR0 = 0x10;

    public static final int SUBSYSTEM_VENDOR_ID = 0x2C;
    public static final int SUBSYSTEM_ID = 0x2E;
    public static final int INTERRUPT_LINE = 0x3C;
    public static final int INTERRUPT_PIN = 0x3D;

    /** Command register: answer to I/O accesses. */
    public static final int COMMAND_IO = 0x01;
    /** Command register: answer to memory accesses. */
    public static final int COMMAND_MEMORY = 0x02;

    /** I/O, memory, bus master, parity response, SERR and interrupt disable (the last from PCI 2.3, harmless here). */
    private static final int COMMAND_WRITABLE = 0x0547;

    private static final int SIZE_BYTES = 256;
    private static final int BARS = 6;
    private static final int BAR_IO = 0x1;
    private static final int BAR_PREFETCHABLE = 0x8;
    private static final long PORTS_END = 0x10000;

    /**
     * Who a function is.
     *
     * @param classCode base class, sub-class and interface: 24 bits
     */
    public record Identity(
            int vendorId, int deviceId, int revision, int classCode, int subsystemVendorId, int subsystemId) {
        public Identity {
            if (((vendorId | deviceId | subsystemVendorId | subsystemId) & ~0xFFFF) != 0
                    || (revision & ~0xFF) != 0
                    || (classCode & ~0xFFFFFF) != 0) {
                throw new IllegalArgumentException("too wide for its field of the header");
            }
        }
    }

    /** What a base address register can point to. */
    public enum Space {
        PORTS,
        MEMORY,
        PREFETCHABLE_MEMORY
    }

    /** What answers behind a base address register. */
    public sealed interface Target {}

    /** Something that is told of every access. */
    public record Registers(IoDevice device) implements Target {
        public Registers {
            Objects.requireNonNull(device);
        }
    }

    /** Memory that the guest accesses by itself. */
    public record Shared(GuestMemory guest, SharedMemory memory) implements Target {
        public Shared {
            Objects.requireNonNull(guest);
            Objects.requireNonNull(memory);
        }
    }

    /**
     * What is behind a base address register.
     *
     * @param sizeBytes a power of two: 4 to 256 for ports, 16 to 2^31 for memory
     */
    public record Bar(Space space, long sizeBytes, Target target) {
        public Bar(Space space, long sizeBytes, IoDevice registers) {
            this(space, sizeBytes, new Registers(registers));
        }

        public Bar {
            Objects.requireNonNull(target);
            if (target instanceof Shared && space == Space.PORTS) {
                throw new IllegalArgumentException("ports are no memory");
            }
            long least = space == Space.PORTS ? 4 : 16;
            long most = space == Space.PORTS ? 256 : 1L << 31;
            if (Long.bitCount(sizeBytes) != 1 || sizeBytes < least || sizeBytes > most) {
                throw new IllegalArgumentException("no base address register of %d bytes".formatted(sizeBytes));
            }
        }
    }

    /** All of it; a record to keep, not to look into. */
    public record ConfigState(byte[] bytes) {
        public ConfigState {
            if (bytes.length != SIZE_BYTES) {
                throw new IllegalArgumentException("a configuration space has 256 bytes");
            }
            bytes = bytes.clone();
        }

        @Override
        public byte[] bytes() {
            return bytes.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ConfigState that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    private final String owner;
    private final IoBus ports;
    private final IoBus mmio;
    private final GuestEvents events;
    private final byte[] powerOn = new byte[SIZE_BYTES];
    private final byte[] writable = new byte[SIZE_BYTES];
    private final byte[] values = new byte[SIZE_BYTES];
    private final Bar[] bars = new Bar[BARS];
    private final AddressRange[] mapped = new AddressRange[BARS];

    /**
     * A header without base addresses or an interrupt.
     *
     * @param owner the function's name, for the buses
     */
    public ConfigSpace(String owner, Identity identity, IoBus ports, IoBus mmio, GuestEvents events) {
        this.owner = Objects.requireNonNull(owner);
        this.ports = Objects.requireNonNull(ports);
        this.mmio = Objects.requireNonNull(mmio);
        this.events = Objects.requireNonNull(events);
        preset(VENDOR_ID, 2, identity.vendorId);
        preset(DEVICE_ID, 2, identity.deviceId);
        preset(REVISION_ID, 1, identity.revision);
        preset(CLASS_CODE, 1, identity.classCode);
        preset(CLASS_CODE + 1, 2, identity.classCode >> 8);
        preset(SUBSYSTEM_VENDOR_ID, 2, identity.subsystemVendorId);
        preset(SUBSYSTEM_ID, 2, identity.subsystemId);
        open(COMMAND, 2, COMMAND_WRITABLE);
        open(CACHE_LINE_SIZE, 1, 0xFF);
        open(LATENCY_TIMER, 1, 0xFF);
        open(INTERRUPT_LINE, 1, 0xFF);
    }

    /** Puts something behind a base address register; to be called before {@link #preset} places it. */
    public ConfigSpace bar(int index, Bar bar) {
        Objects.checkIndex(index, BARS);
        bars[index] = Objects.requireNonNull(bar);
        open(barOffset(index), 4, (int) -bar.sizeBytes);
        return preset(barOffset(index), 4, 0);
    }

    /** Puts something else behind a base address register, where the guest has placed it; as large as what was there. */
    public void retarget(int index, Target target) {
        Bar old = bars[index];
        if (mapped[index] != null) {
            unmap(old, mapped[index].base());
            mapped[index] = null;
        }
        bars[index] = new Bar(old.space, old.sizeBytes, target);
        remap();
    }

    /**
     * Sets a value as it is after power-on, read-only or not: a capability, an interrupt pin, or what a BIOS would have
     * written into base addresses, the command register or the interrupt line.
     */
    public ConfigSpace preset(int offset, int bytes, int value) {
        for (int i = 0; i < bytes; i++) {
            powerOn[offset + i] = (byte) (value >> 8 * i);
        }
        if (offset >= BAR0 && offset < BAR0 + 4 * BARS) {
            keepFixedBits((offset - BAR0) / 4);
        }
        reset();
        return this;
    }

    /** Lets guests write the bits set in {@code mask}. */
    public ConfigSpace open(int offset, int bytes, int mask) {
        for (int i = 0; i < bytes; i++) {
            writable[offset + i] = (byte) (mask >> 8 * i);
        }
        return this;
    }

    /** Back to the values after power-on. */
    public void reset() {
        System.arraycopy(powerOn, 0, values, 0, SIZE_BYTES);
        remap();
    }

    @Override
    public ConfigState state() {
        return new ConfigState(values);
    }

    @Override
    public void restore(ConfigState state) {
        for (int i = 0; i < SIZE_BYTES; i++) {
            if (((state.bytes[i] ^ powerOn[i]) & ~writable[i]) != 0) {
                throw new IllegalArgumentException("%s: read-only byte %#x of the header differs".formatted(owner, i));
            }
        }
        System.arraycopy(state.bytes, 0, values, 0, SIZE_BYTES);
        remap();
    }

    /** As {@link PciFunction#configRead}. */
    public int read(int offset, int bytes) {
        int value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (values[offset + i] & 0xFF) << 8 * i;
        }
        return value;
    }

    /** As {@link PciFunction#configWrite}. */
    public void write(int offset, int bytes, int value) {
        for (int i = 0; i < bytes; i++) {
            int at = offset + i;
            int written = value >> 8 * i;
            values[at] = (byte) (values[at] & ~writable[at] | written & writable[at]);
        }
        boolean barTouched = offset < BAR0 + 4 * BARS && offset + bytes > BAR0;
        boolean commandTouched = offset < COMMAND + 2 && offset + bytes > COMMAND;
        if (barTouched || commandTouched) {
            remap();
        }
    }

    /** Where a base address register has put its range; tells functions and tests whether a guest reaches it. */
    public boolean isMapped(int index) {
        return mapped[index] != null;
    }

    private static int barOffset(int index) {
        return BAR0 + 4 * index;
    }

    /** The low bits of a base address register say what it is. */
    private void keepFixedBits(int index) {
        if (bars[index] == null) {
            return;
        }
        int at = barOffset(index);
        for (int i = 0; i < 4; i++) {
            powerOn[at + i] &= writable[at + i];
        }
        powerOn[at] |= (byte) fixedBits(bars[index].space);
    }

    private static int fixedBits(Space space) {
        return switch (space) {
            case PORTS -> BAR_IO;
            case MEMORY -> 0;
            case PREFETCHABLE_MEMORY -> BAR_PREFETCHABLE;
        };
    }

    /** Takes away first what has moved, so that two base addresses can swap places. */
    private void remap() {
        AddressRange[] wanted = new AddressRange[BARS];
        for (int i = 0; i < BARS; i++) {
            wanted[i] = bars[i] == null ? null : range(i, bars[i]);
            if (mapped[i] != null && !mapped[i].equals(wanted[i])) {
                unmap(bars[i], mapped[i].base());
                mapped[i] = null;
            }
        }
        for (int i = 0; i < BARS; i++) {
            if (wanted[i] != null && mapped[i] == null) {
                map(i, wanted[i]);
            }
        }
    }

    private void map(int index, AddressRange range) {
        if (canMap(bars[index], range)) {
            place(index, range);
            mapped[index] = range;
        } else {
            events.report(owner, "base address %d at %s, which is taken".formatted(index, range));
        }
    }

    /** Where RAM is, RAM answers. */
    private boolean canMap(Bar bar, AddressRange range) {
        boolean free = bus(bar).isFree(range);
        return bar.target instanceof Shared shared
                ? free && range.base() >= shared.guest.sizeBytes() && shared.guest.canMap(range)
                : free;
    }

    private void place(int index, AddressRange range) {
        if (bars[index].target instanceof Shared shared) {
            shared.guest.map(range.base(), shared.memory);
        } else if (bars[index].target instanceof Registers registers) {
            bus(bars[index]).map(range, "%s.bar%d".formatted(owner, index), registers.device);
        }
    }

    private void unmap(Bar bar, long base) {
        if (bar.target instanceof Shared shared) {
            shared.guest.unmap(base);
        } else {
            bus(bar).unmap(base);
        }
    }

    /** Where the register points to; null if it isn't decoded, unplaced (0) or beyond the ports. */
    private AddressRange range(int index, Bar bar) {
        boolean isPorts = bar.space == Space.PORTS;
        if ((read(COMMAND, 2) & (isPorts ? COMMAND_IO : COMMAND_MEMORY)) == 0) {
            return null;
        }
        long base = (read(barOffset(index), 4) & 0xFFFF_FFFFL) & -bar.sizeBytes;
        boolean reachable = base != 0 && (!isPorts || base + bar.sizeBytes <= PORTS_END);
        return reachable ? new AddressRange(base, bar.sizeBytes) : null;
    }

    private IoBus bus(Bar bar) {
        return bar.space == Space.PORTS ? ports : mmio;
    }
}
