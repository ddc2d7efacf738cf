// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assumptions
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.guest.DebianGuest
import vmlab.guest.GuestCache
import vmlab.guest.Progress as GuestProgress
import vmlab.guest.RootFs
import vmlab.lab.Backend
import vmlab.lab.GuestFiles
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.HostMistake
import vmlab.vmm.Machine.Pace
import vmlab.vmm.boot.Vmlinux

/** The first script of the manual, on the real guest. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class HelloSpec extends Specification {
    private static final Path SCRIPT = Path.of('..', 'scripts', 'hello.groovy')

    static class CachedDebian implements GuestFiles {
        final GuestCache cache = GuestCache.ofUser()
        final DebianGuest guest = DebianGuest.fetch(GuestProgress.SILENT)

        @Override
        Path debianKernel() {
            Vmlinux.extract(guest.vmlinuz(), cache.path('vmlinux'))
        }

        @Override
        Path rootfs(List<GuestFiles.Extra> extras) {
            RootFs.builder(guest.busybox()).build(cache)
        }
    }

    private static GuestFiles guestFiles() {
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

    private record Run(String printed, String console, Duration time) {}

    private static Run run(Pace pace) {
        def settings =
                new LabSettings(Backend.SOFT, pace, guestFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def printed = new StringWriter()
        try (def lab = new Lab(settings)) {
            new ScriptRunner(lab, new PrintWriter(printed, true)).run(SCRIPT, [])
            def vm = lab.vm('vm0').get()
            return new Run(printed.toString(), vm.console().text(), vm.time())
        }
    }

    def "it logs in to Debian's kernel, and a second run is the same to the octet and the nanosecond"() {
        given:
        assert Files.isRegularFile(SCRIPT)

        when:
        def first = run(Pace.VIRTUAL)
        def second = run(Pace.VIRTUAL)

        then:
        first.printed().contains(' i686 GNU/Linux') || first.printed().contains(' i686 Linux')
        first.console() =~ /Welcome to Buildroot\s+buildroot login: root\s+Password: /
        second == first
    }

    def "it does the same in real time"() {
        expect:
        run(Pace.REAL_TIME).printed().contains(' i686 ')
    }
}
