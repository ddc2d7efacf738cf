// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;

/**
 * What one CPU had to do with its devices in one step of {@link Lockstep}, for the other one: values it read, values it wrote, the
 * interrupt it took. Not thread-safe.
 */
final class DeviceTape {
    /** Told of an access. */
    interface Listener {
        void accessed(boolean ofFirst);
    }

    private record Access(String bus, boolean write, long address, int bytes, long value) {
        @Override
        public String toString() {
            return "%s %s %#x, %d bytes: %#x".formatted(bus, write ? "write" : "read", address, bytes, value);
        }
    }

    private static final long ADDRESSES = 1L << 52;
    private static final long PORTS = 1 << 16;

    private final Hypervisor.Board real;
    private final ArrayDeque<Access> accesses = new ArrayDeque<>();
    private int vector = -1;
    private boolean beginsOpen;
    private boolean gateOpen;
    private String wrong = "";
    private long count;

    DeviceTape(Hypervisor.Board real) {
        this.real = Objects.requireNonNull(real);
    }

    /**
     * Nothing has been done in the new step.
     *
     * @param anyTime whether an interrupt that comes in the course of it may be taken, too
     */
    void begin(boolean anyTime) {
        beginsOpen = anyTime || real.interrupts().pending();
        gateOpen = beginsOpen;
        accesses.clear();
        vector = -1;
        wrong = "";
    }

    /** From now on the other CPU does the same. */
    void rewind() {
        gateOpen = beginsOpen;
    }

    /** No interrupt is taken in the rest of the step. */
    void closeGate() {
        gateOpen = false;
    }

    /** Accesses of either CPU so far. */
    long count() {
        return count;
    }

    boolean interruptPending() {
        return real.interrupts().pending();
    }

    /** What the second CPU did otherwise; empty if nothing. */
    Optional<String> difference() {
        if (wrong.isEmpty() && vector >= 0) {
            return Optional.of("the second one didn't take interrupt %#x".formatted(vector));
        }
        if (wrong.isEmpty() && !accesses.isEmpty()) {
            return Optional.of("the second one didn't do this: " + accesses.peek());
        }
        return Optional.of(wrong).filter(text -> !text.isEmpty());
    }

    /** The first CPU's outside. */
    Hypervisor.Board recording(Listener listener) {
        IoBus ports = bus("port", 0, PORTS, recorder("port", 0, real.ports(), listener));
        long ram = real.memory().sizeBytes();
        IoBus mmio = bus("memory", ram, ADDRESSES, recorder("memory", ram, real.mmio(), listener));
        InterruptController pin = new InterruptController() {
            @Override
            public boolean pending() {
                return gateOpen && real.interrupts().pending();
            }

            @Override
            public int acknowledge() {
                vector = real.interrupts().acknowledge();
                return vector;
            }
        };
        return new Hypervisor.Board(
                real.cpu(), real.memory(), ports, mmio, pin, real.clock(), real.hypercalls(), real.events());
    }

    private IoDevice recorder(String bus, long base, IoBus to, Listener listener) {
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                long value = to.read(base + offset, bytes);
                accesses.add(new Access(bus, false, base + offset, bytes, value));
                accessed(listener, true);
                return value;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                accesses.add(new Access(bus, true, base + offset, bytes, value));
                to.write(base + offset, bytes, value);
                accessed(listener, true);
            }
        };
    }

    /** The second CPU's outside; its clock has no alarms. */
    Hypervisor.Board replaying(GuestMemory memory, Listener listener) {
        IoBus ports = bus("port", 0, PORTS, player("port", 0, listener));
        long ram = memory.sizeBytes();
        IoBus mmio = bus("memory", ram, ADDRESSES, player("memory", ram, listener));
        InterruptController pin = new InterruptController() {
            @Override
            public boolean pending() {
                return gateOpen && vector >= 0;
            }

            @Override
            public int acknowledge() {
                int taken = vector;
                vector = -1;
                return taken;
            }
        };
        GuestEvents silent = (source, message) -> {};
        return new Hypervisor.Board(
                real.cpu(), memory, ports, mmio, pin, new VmClock(), new Hypercalls(silent), silent);
    }

    private IoDevice player(String bus, long base, Listener listener) {
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                long value = play(bus, false, base + offset, bytes, 0);
                accessed(listener, false);
                return value;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                play(bus, true, base + offset, bytes, value);
                accessed(listener, false);
            }
        };
    }

    private void accessed(Listener listener, boolean ofFirst) {
        count++;
        listener.accessed(ofFirst);
    }

    private long play(String bus, boolean write, long address, int bytes, long value) {
        Access expected = accesses.poll();
        boolean fits = expected != null
                && expected.bus.equals(bus)
                && expected.write == write
                && expected.address == address
                && expected.bytes == bytes
                && (!write || expected.value == value);
        if (fits) {
            return expected.value;
        }
        if (wrong.isEmpty()) {
            wrong = "the first one did %s, the second one: %s"
                    .formatted(
                            expected == null ? "nothing" : "this: " + expected,
                            new Access(bus, write, address, bytes, value));
        }
        return -1;
    }

    private static IoBus bus(String name, long from, long to, IoDevice device) {
        IoBus bus = new IoBus(name, (source, message) -> {});
        bus.map(new AddressRange(from, to - from), "lockstep", device);
        return bus;
    }
}
