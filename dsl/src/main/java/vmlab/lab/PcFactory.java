// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import vmlab.crossvm.PciConnections;
import vmlab.crossvm.VmcallConnections;
import vmlab.devices.pc.FilePort;
import vmlab.devices.pc.Pc;
import vmlab.devices.pc.PcLayout;
import vmlab.devices.serial.CharSink;
import vmlab.devices.serial.Uart16550;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.KernelSource;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.CpuModel;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;
import vmlab.vmm.boot.BootImage;
import vmlab.vmm.boot.BootLoader;
import vmlab.vmm.boot.BootLoaders;

/** Makes PCs with a kernel loaded; the console is COM1. */
final class PcFactory implements MachineFactory {
    private final LabSettings settings;

    PcFactory(LabSettings settings) {
        this.settings = Objects.requireNonNull(settings);
    }

    @Override
    public String backendNote(VmSpec spec) {
        try {
            return choice(spec, cpu(spec)).note();
        } catch (HostMistake | BackendUnavailable e) {
            // It is told, with what would do, to who starts the machine.
            return "";
        }
    }

    @Override
    public Made make(VmSpec spec, Line console, GuestEvents events) {
        Prepared prepared = prepare(spec, console, events);
        try {
            prepared.load().run();
        } catch (RuntimeException | Error e) {
            prepared.made().machine().close();
            throw e;
        }
        return prepared.made();
    }

    private BootImage image(VmSpec spec, String commandLine) {
        GuestFiles files = settings.guest().forCpu(cpu(spec));
        return new BootImage(
                kernel(spec.kernelImage(), files),
                spec.initrdImage().map(initrd -> initrd(initrd, files)),
                commandLine);
    }

    @Override
    public Optional<String> identity(VmSpec spec) {
        CpuModel cpu = cpu(spec);
        Hypervisor hypervisor = hypervisor(spec, cpu);
        boolean same = hypervisor.name().equals("soft")
                && spec.numVcpus() == 1
                && spec.interfaces().isEmpty()
                && spec.crossvmConnections().isEmpty();
        return same ? Optional.of(identity(spec, image(spec, spec.kernelCmdline()), cpu)) : Optional.empty();
    }

    private String identity(VmSpec spec, BootImage image, CpuModel cpu) {
        return String.join(
                "\n",
                Build.id(Machine.class, Pc.class, Lab.class),
                cpu.toString(),
                spec.guestRamMb() + " MB",
                settings.guestTime().toString(),
                FileStamp.of(image.kernel()),
                image.initrd().map(FileStamp::of).orElse(""),
                image.commandLine());
    }

    @Override
    public Prepared prepare(VmSpec spec, Line console, GuestEvents events) {
        CpuModel cpu = cpu(spec);
        Hypervisor hypervisor = hypervisor(spec, cpu);
        AtomicReference<Uart16550> uart = new AtomicReference<>();
        CharSink out = octet -> console.sent(octet, uart.get().readByte(Uart16550.IER) == 0);
        Pc.Config config = new Pc.Config(
                spec.name(),
                cpu,
                (long) spec.guestRamMb() << 20,
                settings.guestTime(),
                List.of(new Pc.SerialLine(out, console::next)),
                spec.numVcpus());
        Pc pc = Pc.build(config, hypervisor, events);
        uart.set(pc.uart(0));
        FilePort filePort = pc.machine().add(new FilePort("file-port", console::nextOfFile, console::ofFile));
        pc.machine().ports().map(PcLayout.FILE_WINDOW, filePort.name(), filePort);
        IrqLine eventIrq = pc.irq(VmcallConnections.IRQ);
        Made made = new Made(
                pc.machine(),
                () -> pc.uart(0).inputAvailable(),
                eventIrq,
                (thread, connections) -> PciConnections.plug(pc.machine(), pc.pci(), eventIrq, thread, connections));
        return new Prepared(made, () -> {
            BootLoader loader = BootLoaders.forImage(image(spec, commandLine(spec, pc.machine())));
            pc.machine().vcpu().restore(loader.load(pc.machine().memory()));
        });
    }

    /** The default line tells Linux the rate of its counter: to measure it takes time, and fails where the host's CPU is emulated. */
    private static String commandLine(VmSpec spec, Machine machine) {
        long kilohertz = machine.vcpu().state().timeStamp().kilohertz();
        boolean given = spec.setting(Attribute.KERNEL_CMDLINE.word()).isPresent();
        return given || kilohertz == 0 ? spec.kernelCmdline() : spec.kernelCmdline() + " tsc_early_khz=" + kilohertz;
    }

    private BackendChoice choice(VmSpec spec, CpuModel cpu) {
        return BackendChoice.of(settings.backend(), settings.softCpu(), cpu);
    }

    @Override
    public List<Problem> problems(VmSpec spec) {
        return spec.numVcpus() == 1 ? List.of() : tooManyCpus(spec);
    }

    private List<Problem> tooManyCpus(VmSpec spec) {
        Hypervisor hypervisor;
        try {
            hypervisor = choice(spec, cpu(spec)).hypervisor();
        } catch (HostMistake | BackendUnavailable e) {
            // It is told, with what would do, to who starts the machine.
            return List.of();
        }
        int most = hypervisor.mostCpus();
        if (spec.numVcpus() <= most) {
            return List.of();
        }
        Setting cpus = spec.setting(Attribute.NUM_VCPUS.word()).orElseThrow();
        String found = "num_vcpus is %d, and a machine on backend %s has at most %d"
                .formatted(spec.numVcpus(), hypervisor.name(), most);
        return List.of(
                new Problem(cpus.location(), found, "num_vcpus = " + most + ", or a host with KVM and --backend kvm"));
    }

    /** What CPU the kernel wants. */
    private static CpuModel cpu(VmSpec spec) {
        Object image = spec.kernelImage();
        if (image instanceof Path path) {
            return BootLoaders.cpuOf(path);
        }
        return image == KernelSource.DEBIAN64 ? CpuModel.AMD64 : CpuModel.I386;
    }

    /** A script that names a kernel without naming the back end for it is what is at fault. */
    private Hypervisor hypervisor(VmSpec spec, CpuModel cpu) {
        try {
            return choice(spec, cpu).hypervisor();
        } catch (BackendUnavailable e) {
            if (settings.backend() == Backend.KVM) {
                throw e;
            }
            Setting kernel = spec.setting(Attribute.KERNEL_IMAGE.word()).orElseThrow();
            throw new AssemblyRefused(List.of(new Problem(
                    kernel.location(), kernel.value() + " is for " + cpu.text() + ": " + e.getMessage(), e.remedy())));
        }
    }

    private static Path kernel(Object image, GuestFiles files) {
        return image instanceof Path path ? path : files.debianKernel();
    }

    private static Path initrd(Object image, GuestFiles files) {
        return image instanceof RootFs rootfs ? files.rootfs(rootfs) : (Path) image;
    }
}
