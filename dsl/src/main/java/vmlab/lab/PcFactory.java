// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import vmlab.devices.pc.FilePort;
import vmlab.devices.pc.Pc;
import vmlab.devices.pc.PcLayout;
import vmlab.devices.serial.CharSink;
import vmlab.devices.serial.Uart16550;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.boot.BootImage;
import vmlab.vmm.boot.BootLoader;
import vmlab.vmm.boot.BootLoaders;

/** Makes PCs with a kernel loaded; the console is COM1. */
final class PcFactory implements MachineFactory {
    private final LabSettings settings;
    private final Hypervisor hypervisor;

    PcFactory(LabSettings settings, Hypervisor hypervisor) {
        this.settings = Objects.requireNonNull(settings);
        this.hypervisor = Objects.requireNonNull(hypervisor);
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
                List.of(new Pc.SerialLine(out, console::next)));
        Pc pc = Pc.build(config, hypervisor, events);
        uart.set(pc.uart(0));
        FilePort files = pc.machine().add(new FilePort("file-port", console::nextOfFile, console::ofFile));
        pc.machine().ports().map(PcLayout.FILE_WINDOW, files.name(), files);
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
