// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** Two Linux guests and a component: scripts/string-reverse.groovy. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class StringReverseSpec extends Specification {
    List<Lab> labs = []

    def cleanup() {
        labs*.close()
    }

    /** Everything there is to see after a run of the script. */
    private Map run(List<String> args) {
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        labs << lab
        def printed = new StringWriter()
        new ScriptRunner(lab, new PrintWriter(printed, true))
                .run(Path.of('..').toRealPath().resolve('scripts/string-reverse.groovy'), args)
        [printed: printed.toString().readLines(), consoles: lab.vms()*.console()*.text(), times: lab.vms()*.time(),
         events: lab.vms()*.events(), registers: lab.vms()*.registers()]
    }

    def "over PCI functions words are reversed and guests talk to each other"() {
        expect:
        run([]).printed == ['olleh', 'WHO IS THERE']
    }

    def "by hypercalls too, and all of it is the same in every run"() {
        when:
        def runs = [run(['hypercalls']), run(['hypercalls'])]

        then:
        runs[0].printed == ['olleh', 'WHO IS THERE']
        runs[0] == runs[1]

        when: 'the module tells of every mapping'
        def (vm0, vm1) = labs[0].vms()
        def log = vm0.sh('dmesg').out()

        then:
        [1, 2, 3].every { log.contains("dataport received mmap for minor $it") }

        when: 'a guest does wrong'
        def node = { device, minor -> "mknod /dev/bad_$device c \$(grep $device /proc/devices | cut -d ' ' -f 1) $minor; " }
        vm0.sh(node('emits_event', 9) + 'emits_event_emit /dev/bad_emits_event')
        vm0.sh('dataport_init /dev/a 8192 /dev/b 8192 /dev/c 4096 /dev/d 4096')
        def events = vm0.events()*.toString()

        then: 'it is told, and everybody goes on'
        events.any { it.contains('Invalid event id 9. Id must be in range 1..2') }
        events.any { it.contains('Dataport 4 not found') }
        vm0.sh('echo again | string_reverse').out() == 'niaga'
        vm1.sh('echo alive').out() == 'alive'
        vm1.events().every { it.source() != 'crossvm' }
    }
}
