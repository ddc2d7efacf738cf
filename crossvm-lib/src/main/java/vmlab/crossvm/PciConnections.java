// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import vmlab.devices.pc.BoundedEvents;
import vmlab.devices.pc.PcLayout;
import vmlab.devices.pci.PciHost;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;

/**
 * A VM's connections as functions of its PCI bus, a {@link ConnectionFunction} each: in the order of their list they get
 * the device numbers behind the host bridge, and the addresses from 0xA0000000 on, or behind the RAM if that is larger.
 * All share one interrupt line.
 *
 * <p>Unlike the original, every base address is a multiple of its size, whatever sizes stand beside each other; else the
 * guest's size probing fails.
 *
 * <p>Threads: before the machine starts. Errors: more connections than {@link #MOST} don't fit on the bus.
 *
 * @spec camkes-vm, components/Init/src/main.c ({@code CROSS_VM_BASE_ADDRESS}, {@code CROSS_VM_EVENT_IRQ_NUM});
 *     docs/cross-vm.md
 */
public final class PciConnections {
    /** Connections of a VM: the devices of a bus but the host bridge. */
    public static final int MOST = 31;

    /** Bytes of a dataport: with so many each, {@link #MOST} fit below the APICs, whatever the RAM. */
    public static final long MOST_BYTES = 16 << 20;

    private static final long FIRST_ADDRESS = 0xA000_0000L;

    private PciConnections() {}

    /**
     * Plugs connections into a machine; they belong to it from now on.
     *
     * @param irq {@link VmcallConnections#IRQ} of the machine
     * @param thread does tasks on the machine's thread
     */
    public static List<ConnectionFunction> plug(
            Machine machine, PciHost bus, IrqLine irq, Executor thread, List<ConnectionFunction.Ends> connections) {
        EventInterrupt interrupt = new EventInterrupt(irq);
        GuestEvents events = new BoundedEvents(machine.events());
        List<ConnectionFunction> functions = new ArrayList<>();
        long free = Math.max(FIRST_ADDRESS, machine.memory().sizeBytes());
        for (ConnectionFunction.Ends ends : connections) {
            long size = ConnectionFunction.barBytes(ends.dataport());
            long address = free + size - 1 & -size;
            free = address + 2 * size;
            int number = functions.size();
            ConnectionFunction.Place place =
                    new ConnectionFunction.Place(address, interrupt.input(), VmcallConnections.IRQ, thread, events);
            ConnectionFunction function =
                    machine.add(new ConnectionFunction("connection" + number, machine, ends, place));
            bus.plug(PcLayout.HOST_BRIDGE_DEVICE + 1 + number, 0, function);
            functions.add(function);
        }
        return functions;
    }
}
