// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.List;
import vmlab.ccomponent.CProgram;
import vmlab.ccomponent.CSource;
import vmlab.dsl.model.RootFs;
import vmlab.vmm.CpuModel;

/** Where kernels, root file systems and components' programs come from that a script names but doesn't bring. May take minutes. */
public interface GuestFiles {
    /**
     * A file that was built for a guest.
     *
     * @param path in the guest, without a leading slash
     * @param content its octets
     */
    record Built(String path, byte[] content) {
        public Built {
            content = content.clone();
        }

        @Override
        public byte[] content() {
            return content.clone();
        }
    }

    /** The same kinds of files for machines with such a CPU; as they come they are for 32-bit ones. */
    GuestFiles forCpu(CpuModel cpu);

    /** The kernel {@code debian.kernel}, or {@code debian.kernel64} for 64-bit machines, ready to load. */
    Path debianKernel();

    /** The initramfs that {@code rootfs { }} describes, as a file. */
    Path rootfs(RootFs rootfs);

    /** A component's program for this host, built from its sources as they are now. */
    CProgram component(CSource source);

    /** A program or module of that initramfs by its name, built from its sources as they are now. */
    List<Built> part(String name, RootFs rootfs);
}
