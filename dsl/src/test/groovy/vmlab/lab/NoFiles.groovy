// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import java.nio.file.Path
import vmlab.ccomponent.CProgram
import vmlab.ccomponent.CSource
import vmlab.dsl.CachedDebian
import vmlab.dsl.model.RootFs
import vmlab.vmm.CpuModel

/** No guest files; components are compiled in earnest. */
class NoFiles implements GuestFiles {
    @Override
    GuestFiles forCpu(CpuModel cpu) {
        this
    }

    @Override
    Path debianKernel() {
        throw new AssertionError((Object) 'nobody boots a kernel here')
    }

    @Override
    Path rootfs(RootFs rootfs) {
        throw new AssertionError((Object) 'nobody boots a kernel here')
    }

    @Override
    CProgram component(CSource source) {
        CachedDebian.orSkip().component(source)
    }

    @Override
    List<GuestFiles.Built> part(String name, RootFs rootfs) {
        throw new AssertionError((Object) 'nobody builds anything here')
    }
}
