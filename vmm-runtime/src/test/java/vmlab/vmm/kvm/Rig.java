// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import vmlab.vmm.AddressRange;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoDevice;
import vmlab.vmm.Machine;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.VmClock;

/**
 * A machine for guests of a few instructions: RAM; at port 0x20 and at 0xF0000000 registers that keep what was written and
 * read as something else; at port 0x30 one that raises the interrupt written to it. Every access goes into a log.
 */
final class Rig implements AutoCloseable {
    static final int RAM_BYTES = 1 << 20;
    static final int CODE = 0x1000;
    static final int STACK = 0x7000;

    final List<String> log = new ArrayList<>();
    final GuestMemory memory;
    final VmClock clock;
    final Hypercalls hypercalls;
    private final Machine machine;

    /** Vector of the interrupt that waits; -1 for none. */
    int interrupt = -1;

    Runnable onInterruptPort = () -> {};

    /** What else happens when the guest does something odd. */
    Runnable onEvent = () -> {};

    Rig(Hypervisor hypervisor, byte[] code) {
        this(hypervisor, CpuModel.I386, code);
    }

    Rig(Hypervisor hypervisor, CpuModel cpu, byte[] code) {
        memory = GuestMemory.allocate(RAM_BYTES);
        machine = new Machine("rig", memory, this::event);
        clock = machine.clock();
        hypercalls = machine.hypercalls();
        machine.ports().map(new AddressRange(0x20, 0x10), "registers", registers("port"));
        machine.ports().map(new AddressRange(0x30, 1), "interrupt", interruptPort());
        machine.mmio().map(new AddressRange(0xF0000000L, 0x1000), "registers", registers("memory"));
        InterruptController pin = new InterruptController() {
            @Override
            public boolean pending() {
                return interrupt >= 0;
            }

            @Override
            public int acknowledge() {
                int vector = interrupt;
                interrupt = -1;
                return vector;
            }
        };
        memory.write(CODE, code);
        try {
            machine.open(hypervisor, cpu, pin);
        } catch (RuntimeException | Error e) {
            machine.close();
            throw e;
        }
    }

    /** Not started. */
    Machine machine() {
        return machine;
    }

    /** Goes on with a CPU of another kind. */
    void moveTo(Hypervisor hypervisor) {
        machine.moveTo(hypervisor);
        assertEquals(VcpuExit.Kind.KICKED, vcpu().step().kind(), "for those who may have missed the old one");
    }

    private void event(String source, String message) {
        log.add(source + ": " + message);
        onEvent.run();
    }

    private IoDevice registers(String name) {
        Map<Long, Integer> octets = new HashMap<>();
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                long value = 0;
                for (int i = 0; i < bytes; i++) {
                    value |= (octets.merge(offset + i, 0x11, Integer::sum) & 0xFFL) << (8 * i);
                }
                log.add("%s read %#x, %d bytes".formatted(name, offset, bytes));
                return value;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                for (int i = 0; i < bytes; i++) {
                    octets.put(offset + i, (int) (value >> (8 * i)) & 0xFF);
                }
                log.add("%s write %#x, %d bytes: %#x".formatted(name, offset, bytes, value));
            }
        };
    }

    private IoDevice interruptPort() {
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return 0;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                interrupt = (int) value & 0xFF;
                onInterruptPort.run();
            }
        };
    }

    Vcpu vcpu() {
        return machine.vcpu();
    }

    /** 32-bit code without paging at {@link #CODE}; the selectors are those that guests use in their gates. */
    static CpuState flat() {
        return CpuState.flat(CODE, 0x10, 0x18, new CpuState.Table(0x900, 0x1F)).with(0, 0, 0, STACK);
    }

    /** What {@link #flat()} has in its segment registers, for far transfers and gates. */
    void writeGdt() {
        memory.write64(0x910, 0x00CF9B000000FFFFL);
        memory.write64(0x918, 0x00CF93000000FFFFL);
    }

    /** Real-mode code at 0:{@link #CODE}. */
    static CpuState real() {
        CpuState.Segment data = CpuState.Segment.real(0);
        return CpuState.of(
                General.of32(CODE, 2, 0, 0, 0, 0, STACK),
                Segments.of(data, data, new CpuState.Table(0, 0), new CpuState.Table(0, 0x3FF)),
                Control.of32(0x10, 0, 0, 0));
    }

    @Override
    public void close() {
        machine.close();
    }
}
