// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.TimeUnit
import spock.lang.Shared
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabMistake
import vmlab.lab.LabSettings
import vmlab.lab.LabVm
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** VMs that are moved to a CPU of another back end while Linux boots. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class MoveSpec extends Specification {
    private static final String SCRIPT = '''\
        lab {
            vm(0) {
                guest_ram_mb   = 64
                kernel_image   = debian.kernel
                kernel_cmdline = 'console=ttyS0 ignore_loglevel noisapnp tsc=reliable cryptomgr.notests'
                initrd_image   = rootfs { }
            }
        }
        vm0.start()
        '''.stripIndent()

    @TempDir
    Path folder

    @Shared
    def guest = CachedDebian.orSkip()

    private Lab boot() {
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def script = folder.resolve('boot.groovy')
        Files.writeString(script, SCRIPT)
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true)).run(script, [])
        lab
    }

    /** What a boot looks like after each of some stretches of time. */
    private List<Map> stretches(Closure between) {
        boot().withCloseable { lab ->
            LabVm vm = lab.vm('vm0').get()
            (1..6).collect {
                vm.run(Duration.ofMillis(350))
                between(vm)
                [console: vm.console().text(), registers: vm.registers(), time: vm.time()]
            }
        }
    }

    def "a boot that is moved to fresh CPUs goes on as one that isn't, to the instruction"() {
        when:
        def stayed = stretches { }
        def moved = stretches { LabVm vm -> vm.moveTo('soft') }

        then:
        moved == stayed
        stayed.last().console.contains('Linux version')
    }

    def "a paused VM moves, stays paused, and says where it is"() {
        given:
        def lab = boot()
        def vm = lab.vm('vm0').get()
        vm.run(Duration.ofMillis(50)).pause()

        when:
        vm.moveTo('soft')

        then:
        vm.backend() == 'soft'
        vm.state() == LabVm.State.HELD

        cleanup:
        lab?.close()
    }

    def "a back end that isn't there is refused, with what would do, and the VM goes on"() {
        given:
        def lab = boot()
        def vm = lab.vm('vm0').get()

        when:
        vm.moveTo('bochs')

        then:
        def e = thrown(LabMistake)
        e.message == 'there is no back end "bochs"'
        e.remedy() == "vm0.moveTo 'kvm', or 'soft'"
        vm.run(Duration.ofMillis(10)).backend() == 'soft'

        cleanup:
        lab?.close()
    }
}
