// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import vmlab.devices.pc.Pc;
import vmlab.devices.serial.CharSink;
import vmlab.devices.serial.Uart16550;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.boot.BootImage;
import vmlab.vmm.boot.BootLoader;
import vmlab.vmm.boot.BootLoaders;

/** Makes PCs with a kernel loaded; the console is COM1. */
final class PcFactory implements MachineFactory {
    private final LabSettings settings;
    private final BackendChoice backend;

    PcFactory(LabSettings settings, BackendChoice backend) {
        this.settings = Objects.requireNonNull(settings);
        this.backend = Objects.requireNonNull(backend);
    }

    @Override
    public List<Problem> problems(VmSpec spec) {
        Hypervisor hypervisor = backend.hypervisor(spec.numVcpus());
        if (spec.numVcpus() <= hypervisor.mostCpus()) {
            return List.of();
        }
        SourceLocation location =
                spec.setting(Attribute.NUM_VCPUS.word()).map(Setting::location).orElse(spec.location());
        String found = "num_vcpus is %d, and a machine on backend %s has at most %d"
                .formatted(spec.numVcpus(), hypervisor.name(), hypervisor.mostCpus());
        return List.of(new Problem(
                location, found, "num_vcpus = " + hypervisor.mostCpus() + ", or a host with KVM and --backend kvm"));
    }

    @Override
    public Made make(VmSpec spec, Line console, GuestEvents events) {
        BootImage image =
                new BootImage(kernel(spec.kernelImage()), spec.initrdImage().map(this::initrd), spec.kernelCmdline());
        BootLoader loader = BootLoaders.forImage(image);
        AtomicReference<Uart16550> uart = new AtomicReference<>();
        CharSink out = octet -> console.sent(octet, uart.get().readByte(Uart16550.IER) == 0);
        Pc.Config config = new Pc.Config(
                spec.name(),
                (long) spec.guestRamMb() << 20,
                settings.guestTime(),
                List.of(new Pc.SerialLine(out, console::next)),
                spec.numVcpus());
        Pc pc = Pc.build(config, backend.hypervisor(spec.numVcpus()), events);
        uart.set(pc.uart(0));
        try {
            pc.machine().vcpu().restore(loader.load(pc.machine().memory()));
        } catch (RuntimeException | Error e) {
            pc.close();
            throw e;
        }
        return new Made(pc.machine(), () -> pc.uart(0).inputAvailable());
    }

    private Path kernel(Object image) {
        return image instanceof Path path ? path : settings.guest().debianKernel();
    }

    private Path initrd(Object image) {
        return image instanceof RootFs rootfs ? settings.guest().rootfs(rootfs) : (Path) image;
    }
}
