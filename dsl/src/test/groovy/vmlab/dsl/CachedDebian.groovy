// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Path
import org.junit.jupiter.api.Assumptions
import vmlab.ccomponent.CCompiler
import vmlab.ccomponent.CProgram
import vmlab.ccomponent.CSource
import vmlab.dsl.model.RootFs
import vmlab.guest.DebianGuest
import vmlab.guest.GuestCache
import vmlab.guest.Progress
import vmlab.image.ImageBuilder
import vmlab.lab.GuestFiles
import vmlab.vmm.CpuModel
import vmlab.vmm.HostMistake
import vmlab.vmm.boot.Vmlinux

/** The default guest's files from the user's cache, for tests that boot it. */
final class CachedDebian implements GuestFiles {
    final GuestCache cache = GuestCache.ofUser()
    final DebianGuest guest

    CachedDebian(CpuModel cpu = CpuModel.I386) {
        guest = DebianGuest.fetch(cache, System.getenv(), cpu, Progress.SILENT)
    }

    @Override
    GuestFiles forCpu(CpuModel cpu) {
        new CachedDebian(cpu)
    }

    @Override
    Path debianKernel() {
        Vmlinux.extract(guest.vmlinuz(), cache.path('vmlinux'))
    }

    @Override
    Path rootfs(RootFs rootfs) {
        builder().build(rootfs).archive()
    }

    @Override
    List<GuestFiles.Built> part(String name, RootFs rootfs) {
        builder().part(name, rootfs).collect { new GuestFiles.Built(it.path(), it.content()) }
    }

    @Override
    CProgram component(CSource source) {
        new CCompiler(builder().tools(), cache).compile(source)
    }

    private ImageBuilder builder() {
        new ImageBuilder(cache, System.getenv(), guest, Progress.SILENT)
    }

    /** Fetched now; the test is skipped, or fails if it must not be, where that can't be done. */
    static GuestFiles orSkip() {
        try {
            return new CachedDebian()
        } catch (HostMistake e) {
            def required = ['guest', 'all'].any { (System.getenv('VMLAB_REQUIRE') ?: '').split(/\W+/).contains(it) }
            if (required) {
                throw e
            }
            Assumptions.abort("the guest's packages can't be had here: " + e.message)
        }
    }
}
