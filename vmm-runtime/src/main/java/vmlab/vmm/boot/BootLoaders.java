// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.file.Path;
import java.util.Optional;
import vmlab.vmm.CpuModel;
import vmlab.vmm.HostMistake;

/** Chooses the boot loader by what the kernel's file holds, never by its name. */
public final class BootLoaders {
    private BootLoaders() {}

    /**
     * The CPU that a kernel is made for.
     *
     * @throws HostMistake as {@link #forImage}
     */
    public static CpuModel cpuOf(Path kernel) {
        return forImage(new BootImage(kernel, Optional.empty(), "")).cpu();
    }

    /**
     * The loader for a kernel. The kernel is read and checked now; the initrd is read when it is loaded.
     *
     * @throws HostMistake if a file is missing, unreadable or damaged, or the kernel is none for this machine
     */
    public static BootLoader forImage(BootImage image) {
        BootFile kernel = BootFile.read(image.kernel(), "kernel");
        Optional<Initrd> initrd = image.initrd().map(Initrd::of);
        Optional<MultibootHeader> multiboot = MultibootHeader.find(kernel);
        if (multiboot.isPresent()) {
            return new Multiboot(kernel, multiboot.get(), initrd, image.commandLine());
        }
        if (SetupHeader.isIn(kernel)) {
            return new LinuxBzImage(kernel, initrd, image.commandLine());
        }
        if (ElfImage.isElf(kernel)) {
            return new LinuxElf(kernel, initrd, image.commandLine());
        }
        throw new HostMistake(
                "%s is no kernel for this machine: it %s".formatted(kernel.path(), WhatItIs.of(kernel)),
                BootFile.NAME_A_KERNEL);
    }
}
