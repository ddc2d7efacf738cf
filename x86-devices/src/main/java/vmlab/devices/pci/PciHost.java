// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import vmlab.vmm.Device;
import vmlab.vmm.IoDevice;
import vmlab.vmm.Stateful;

/**
 * Configuration mechanism 1 over bus 0: an address at port 0xCF8, data at 0xCFC.
 *
 * <p>The address register exists for aligned 32-bit accesses only; narrower ones go to whatever else is at these ports.
 * Absent functions, other buses and data accesses without the enable bit read all ones and ignore writes.
 *
 * <p>Not modelled: special cycles, bridges to other buses. Threads: functions are plugged before the machine runs; then
 * the machine's thread only. Errors: none for guests.
 *
 * @spec PCI Local Bus Specification 2.2, 3.2.2.3.2, Software Generation of Configuration Transactions
 */
public final class PciHost implements Device, Stateful<PciHost.HostState> {
    private static final int ENABLE = 0x8000_0000;
    /** Enable, bus, device, function and register; the rest reads 0. */
    private static final int ADDRESS_BITS = 0x80FF_FFFC;

    private static final int DEVICES = 32;
    private static final int FUNCTIONS = 8;

    /**
     * What is kept.
     *
     * @param address the configuration address
     */
    public record HostState(int address) {
        public HostState {
            if ((address & ~ADDRESS_BITS) != 0) {
                throw new IllegalArgumentException("no configuration address: %#x".formatted(address));
            }
        }
    }

    private final String name;
    private final Map<Integer, PciFunction> functions = new TreeMap<>();
    private int address;

    public PciHost(String name) {
        this.name = Objects.requireNonNull(name);
    }

    @Override
    public String name() {
        return name;
    }

    /** Resets the address only: functions are devices of their own. */
    @Override
    public void reset() {
        address = 0;
    }

    @Override
    public HostState state() {
        return new HostState(address);
    }

    @Override
    public void restore(HostState state) {
        address = state.address;
    }

    /**
     * Puts a function on bus 0.
     *
     * @throws IllegalArgumentException if its place is taken; both functions are named
     */
    public void plug(int device, int function, PciFunction plugged) {
        Objects.checkIndex(device, DEVICES);
        Objects.checkIndex(function, FUNCTIONS);
        PciFunction present = functions.putIfAbsent(place(device, function), Objects.requireNonNull(plugged));
        if (present != null) {
            throw new IllegalArgumentException(
                    "PCI 00:%02x.%d of %s is taken by %s".formatted(device, function, plugged.name(), present.name()));
        }
    }

    /**
     * The four ports of the address.
     *
     * @param narrow takes every access that isn't the whole register
     */
    public IoDevice addressPorts(IoDevice narrow) {
        Objects.requireNonNull(narrow);
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return offset == 0 && bytes == 4 ? address & 0xFFFF_FFFFL : narrow.read(offset, bytes);
            }

            @Override
            public void write(long offset, int bytes, long value) {
                if (offset == 0 && bytes == 4) {
                    address = (int) value & ADDRESS_BITS;
                } else {
                    narrow.write(offset, bytes, value);
                }
            }
        };
    }

    /** The four ports of the data; the offset among them is added to the register addressed. */
    public IoDevice dataPorts() {
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                PciFunction addressed = addressed();
                boolean isAnswered = addressed != null && offset + bytes <= 4;
                return isAnswered ? addressed.configRead(register(offset), bytes) : -1;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                PciFunction addressed = addressed();
                if (addressed != null && offset + bytes <= 4) {
                    addressed.configWrite(register(offset), bytes, (int) value);
                }
            }
        };
    }

    private int register(long offset) {
        return (address & 0xFC) + (int) offset;
    }

    /** Null if nobody is there. */
    private PciFunction addressed() {
        boolean isBus0 = (address & 0x00FF_0000) == 0;
        boolean isEnabled = (address & ENABLE) != 0;
        return isEnabled && isBus0 ? functions.get(place(address >> 11 & 31, address >> 8 & 7)) : null;
    }

    private static int place(int device, int function) {
        return device * FUNCTIONS + function;
    }
}
