// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import vmlab.devices.irq.PicPair;
import vmlab.devices.irq.SharedIrqLine;
import vmlab.devices.irq.VmPicPair;
import vmlab.devices.pci.HostBridge;
import vmlab.devices.pci.PciHost;
import vmlab.devices.serial.CharSink;
import vmlab.devices.serial.CharSource;
import vmlab.devices.serial.Uart16550;
import vmlab.devices.timer.Cmos146818;
import vmlab.devices.timer.Pit8254;
import vmlab.devices.timer.SystemControlPortB;
import vmlab.devices.timer.VmPit8254;
import vmlab.devices.timer.VmSystemControlPortB;
import vmlab.vmm.AddressRange;
import vmlab.vmm.ChipSet;
import vmlab.vmm.CpuModel;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.IoDevice;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;

/**
 * A PC: RAM, one or more CPUs, and the parts every PC had before ACPI, wired as {@link PcLayout} says.
 *
 * <p>Not modelled, so that their ports are an open bus: DMA, IDE, VGA, super-I/O, ISA plug and play, floppy and parallel
 * ports. There is no firmware: chips that a BIOS would have set up are as it leaves them where their comments say so.
 *
 * <p>Threads: {@link #build} and plugging into {@link #pci()} come before the machine starts; then devices are the
 * machine's thread's.
 */
public final class Pc implements AutoCloseable {
    /**
     * What varies between PCs.
     *
     * @param cpu as the kernel wants it
     * @param ramBytes as {@link GuestMemory#allocate}
     * @param powerOnTime the time of day at power-on; years 0 to 9999
     * @param serialLines one to four, for COM1 on
     * @param cpus how many CPUs; with more than one, the back end brings their APICs
     */
    public record Config(
            String name, CpuModel cpu, long ramBytes, Instant powerOnTime, List<SerialLine> serialLines, int cpus) {
        private static final Instant YEAR_0 = Instant.parse("0000-01-01T00:00:00Z");
        private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");

        public Config {
            Objects.requireNonNull(name);
            Objects.requireNonNull(cpu);
            serialLines = List.copyOf(serialLines);
            if (serialLines.isEmpty() || serialLines.size() > PcLayout.SERIAL.size()) {
                throw new IllegalArgumentException("no PC with %d serial lines".formatted(serialLines.size()));
            }
            if (powerOnTime.isBefore(YEAR_0) || !powerOnTime.isBefore(YEAR_10000)) {
                throw new IllegalArgumentException("no clock can show %s".formatted(powerOnTime));
            }
            if (cpus < 1 || cpus > PcLayout.MOST_CPUS) {
                throw new IllegalArgumentException("no PC with %d CPUs".formatted(cpus));
            }
        }

        /** With one 32-bit CPU. */
        public Config(String name, long ramBytes, Instant powerOnTime, List<SerialLine> serialLines) {
            this(name, CpuModel.I386, ramBytes, powerOnTime, serialLines, 1);
        }
    }

    /** The far end of a serial port. */
    public record SerialLine(CharSink out, CharSource in) {
        public SerialLine {
            Objects.requireNonNull(out);
            Objects.requireNonNull(in);
        }
    }

    private static final List<AddressRange> CHIP_PORTS = List.of(
            PcLayout.PIC_MASTER, PcLayout.PIC_SLAVE, PcLayout.PIC_ELCR, PcLayout.PIT, PcLayout.SYSTEM_CONTROL_B);

    private final Machine machine;
    private final GuestEvents events;
    private final PicPair pics;
    private final Map<Integer, SharedIrqLine> lines = new HashMap<>();
    private final List<Uart16550> uarts = new ArrayList<>();
    private final Pit8254 pit;
    private final SystemControlPortB portB;
    /** Changes when the machine goes on with a CPU of another back end; the machine's thread's then. */
    private Optional<ChipSet> chips;

    private final PciHost pci;
    private final Cmos146818 cmos;

    /** In the order of a snapshot: who is driven comes before who drives. */
    private Pc(Config config, Machine machine, Hypervisor hypervisor) {
        this.machine = machine;
        events = new BoundedEvents(machine.events());
        pics = new PicPair("pic", events);
        machine.open(hypervisor, config.cpu(), pics);
        chips = machine.chips();
        pit = new Pit8254("pit", machine.clock(), irq(PcLayout.TIMER_IRQ), events);
        portB = new SystemControlPortB("port61", pit, machine.clock());
        List.of(pics, pit, portB).forEach(machine::add);
        wireChips(chips);
        machine.onChips(this::wireChips);
        cmos = machine.add(new Cmos146818(
                "cmos", machine.clock(), irq(PcLayout.CMOS_IRQ), config.powerOnTime(), config.ramBytes(), events));
        map(PcLayout.CMOS, cmos, cmos);
        pci = machine.add(new PciHost("pci"));
        addControlPorts();
        addSerialPorts(config.serialLines());
    }

    /**
     * Builds a PC that is ready to be loaded and started.
     *
     * @throws vmlab.vmm.HostMistake if the host can't provide its memory or CPU
     */
    public static Pc build(Config config, Hypervisor hypervisor, GuestEvents events) {
        GuestMemory memory = hypervisor.gainsByHugePages()
                ? GuestMemory.allocateInHugePages(config.ramBytes())
                : GuestMemory.allocate(config.ramBytes());
        Machine machine = new Machine(config.name(), memory, events, config.cpus());
        try {
            Pc pc = new Pc(config, machine, hypervisor);
            if (config.cpus() > 1) {
                MpTable.write(memory, config.cpus());
            }
            return pc;
        } catch (RuntimeException | Error e) {
            machine.close();
            throw e;
        }
    }

    public Machine machine() {
        return machine;
    }

    /** COM1 is 0. */
    public Uart16550 uart(int n) {
        return uarts.get(n);
    }

    /** The machine's own interrupt controllers: without effect where the back end has brought others. */
    public PicPair interrupts() {
        return pics;
    }

    public PciHost pci() {
        return pci;
    }

    public Cmos146818 cmos() {
        return cmos;
    }

    /** Where devices of this PC report what the guest does wrong. */
    public GuestEvents events() {
        return events;
    }

    /** An interrupt line for one more device: all drivers of the same number share it. */
    public IrqLine irq(int number) {
        return lines.computeIfAbsent(number, n -> new SharedIrqLine(line(n))).input();
    }

    private IrqLine line(int number) {
        IrqLine own = pics.line(number);
        return level -> chips.ifPresentOrElse(brought -> brought.line(number, level), () -> own.set(level));
    }

    /** Ends the machine and frees its memory. */
    @Override
    public void close() {
        machine.close();
    }

    private void wireChips(Optional<ChipSet> brought) {
        chips = brought;
        for (AddressRange ports : CHIP_PORTS) {
            machine.ports().unmap(ports.base());
        }
        brought.ifPresentOrElse(this::useBroughtChips, this::useOwnChips);
    }

    private void useOwnChips() {
        List.of(pics, pit, portB).forEach(machine::replace);
        map(PcLayout.PIC_MASTER, pics, pics.master());
        map(PcLayout.PIC_SLAVE, pics, pics.slave());
        map(PcLayout.PIC_ELCR, pics, pics.elcr());
        map(PcLayout.PIT, pit, pit);
        map(PcLayout.SYSTEM_CONTROL_B, portB, portB);
    }

    /** Under the same names, so that a state of one kind of chips goes into the other. Their ports never get here. */
    private void useBroughtChips(ChipSet brought) {
        // No alarm of the machine's own timer must fire any more.
        pit.reset();
        machine.replace(new VmPicPair("pic", brought));
        machine.replace(new VmPit8254("pit", brought, machine.clock()));
        machine.replace(new VmSystemControlPortB("port61", brought));
    }

    private void addControlPorts() {
        I8042 keyboard = machine.add(new I8042("i8042", irq(PcLayout.KEYBOARD_IRQ), machine.control(), events));
        map(PcLayout.KEYBOARD_DATA, keyboard, keyboard.dataPort());
        map(PcLayout.KEYBOARD_COMMAND, keyboard, keyboard.commandPort());
        SystemControlPortA portA = machine.add(new SystemControlPortA("port92", machine.control()));
        map(PcLayout.SYSTEM_CONTROL_A, portA, portA);
        ResetControl resetControl = machine.add(new ResetControl("reset-control", machine.control()));
        map(PcLayout.PCI_ADDRESS, pci, pci.addressPorts(resetControl));
        map(PcLayout.PCI_DATA, pci, pci.dataPorts());
        HostBridge bridge = machine.add(new HostBridge("host-bridge", machine.ports(), machine.mmio(), events));
        pci.plug(PcLayout.HOST_BRIDGE_DEVICE, 0, bridge);
        DebugExit debugExit = machine.add(new DebugExit("debug-exit", machine.control()));
        map(PcLayout.DEBUG_EXIT, debugExit, debugExit);
        PostPort post = machine.add(new PostPort("post"));
        map(PcLayout.POST, post, post);
        // Kernels write there for the time it takes.
        machine.deferWrites(PcLayout.POST);
    }

    private void addSerialPorts(List<SerialLine> serialLines) {
        for (int i = 0; i < serialLines.size(); i++) {
            SerialLine line = serialLines.get(i);
            IrqLine irq = irq(PcLayout.SERIAL_IRQ.get(i));
            Uart16550 uart = machine.add(new Uart16550("uart" + i, irq, line.out(), line.in(), events));
            map(PcLayout.SERIAL.get(i), uart, uart);
            uarts.add(uart);
        }
    }

    private void map(AddressRange range, Device owner, IoDevice registers) {
        machine.ports().map(range, owner.name(), registers);
    }
}
