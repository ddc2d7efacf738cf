// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofMillis
import static java.time.Duration.ofSeconds

import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.model.Assembly
import vmlab.dsl.model.Setting
import vmlab.dsl.model.VmSpec
import vmlab.vmm.Machine.Pace

/** Going back, with a kernel that calls its VMM for each key and prints a digit of what it answers. */
@Timeout(60)
class TimeTravelSpec extends Specification {
    @TempDir
    Path dir

    Lab lab
    LabVm vm
    int handled

    private void start(Pace pace = Pace.VIRTUAL, String code = TinyKernel.CALLS_ON_KEYS) {
        lab = new Lab(new LabSettings(
                Backend.SOFT, pace, new NoFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def settings = [kernel_image: TinyKernel.write(dir, code), guest_ram_mb: 4]
                .collect { name, value -> new Setting(name, value, Labs.HERE) }
        vm = lab.apply(new Assembly([new VmSpec(0, settings, Labs.HERE)], Labs.HERE)).first().start()
        vm.hypercall(7) { call ->
            handled++
            call.memory().u32(0x200000, handled)
            call.result(handled)
        }
    }

    def cleanup() {
        lab?.close()
    }

    private List<?> seen() {
        [vm.time(), vm.registers(), vm.console().text(), vm.hypercalls().at(7).calls(), vm.memory().u32(0x200000),
         vm.memory().u32(0x300000)]
    }

    def "any moment is gone back to, as it was, without calling handlers again"() {
        given:
        start()
        lab.remember(ofMillis(10))
        def moments = []

        when: 'calls whose answers differ, keys at odd times, and memory that the script writes'
        5.times {
            vm.console().send('7')
            vm.waitForHypercall(7)
            vm.run(ofMillis(3 + it))
            vm.memory().u32(0x300000, 100 + it)
            vm.run(ofMillis(4))
            moments << seen()
        }

        then:
        handled == 5
        moments*.get(2) == ['1', '12', '123', '1234', '12345']

        when:
        lab.back(vm.time() - moments[1][0])

        then:
        seen() == moments[1]
        handled == 5

        when: 'what came later is known until the guest goes on'
        lab.goTo(time: moments[3][0])

        then:
        seen() == moments[3]

        when:
        lab.goTo(hypercall: 7, nth: 3)

        then:
        vm.hypercalls().at(7).calls() == 3
        vm.memory().u32(0x200000) == 3
        vm.time() < moments[2][0]
        vm.time() > moments[1][0]

        when: 'it goes another way from there'
        vm.console().send('7')
        vm.waitForHypercall(7)
        vm.run(ofMillis(3))

        then:
        vm.console().text() == '1236'

        when:
        lab.goTo(time: moments[4][0])

        then: 'time goes on beyond what is known, and nothing comes from outside'
        vm.console().text() == '1236'
        handled == 6
    }

    def "a guest that has ended was alive before"() {
        given:
        start(Pace.VIRTUAL, TinyKernel.CALLS_FROM_PAGED_CODE)
        def texts = []
        vm.hypercall(4) { call -> texts << call.virtual().cString(call.ebx()) }
        lab.remember()

        when:
        vm.awaitEnd()
        lab.goTo(hypercall: 4)

        then:
        texts == ['hello, VMM']
        vm.state() == LabVm.State.RUNNING
        vm.hypercalls().at(4).calls() == 1

        when:
        vm.awaitEnd()

        then:
        vm.state() == LabVm.State.ENDED
    }

    def "what isn't known is said"() {
        given:
        start()

        when:
        lab.back(ofSeconds(1))

        then:
        def unknown = thrown(LabMistake)
        [unknown.message, unknown.remedy()] == ["the lab's past isn't known", 'lab.remember() keeps it from then on']

        when:
        vm.run(ofMillis(20))
        lab.remember()
        vm.run(ofMillis(20))
        lab.back(ofMillis(30))

        then:
        def early = thrown(LabMistake)
        [early.message, early.remedy()] == ["vm0 isn't known at 10 ms", 'its history begins at 20 ms']

        when:
        lab.goTo(hypercall: 7, nth: 1)

        then:
        def mistake1 = thrown(LabMistake)
        mistake1.message == "call 1 of hypercall 7 of vm0 isn't known"

        when:
        lab.goTo(where: 7)

        then:
        def mistake2 = thrown(LabMistake)
        mistake2.remedy() == 'goTo(hypercall: 4, nth: 3) or goTo(time: 2.seconds)'
    }

    def "in real time nothing can be gone back to"() {
        given:
        start(Pace.REAL_TIME)

        when:
        lab.remember()

        then:
        def mistake3 = thrown(LabMistake)
        mistake3.message == 'in real time nothing happens the same again'
    }

    def "a restored snapshot begins the history anew"() {
        given:
        start()
        vm.snapshot('start')
        lab.remember(ofMillis(10))
        vm.run(ofMillis(50))

        when:
        vm.restore('start')
        vm.run(ofMillis(25))
        def there = seen()
        vm.run(ofMillis(25))
        lab.back(ofMillis(25))

        then:
        seen() == there
    }

    def "two snapshots are told apart"() {
        given:
        start()
        vm.snapshot('a')
        vm.console().send('7')
        vm.waitForHypercall(7)
        vm.run(ofMillis(2))
        vm.snapshot('b')
        def diff = vm.diff('a', 'b')

        expect:
        vm.diff('a', 'a').isEmpty()
        vm.diff('a', 'a').toString() == 'vm0, 0 ns later: nothing differs'
        diff.memory()*.address() == [0x200000L]
        diff.memory()*.bytes() == [1L]
        diff.printed() == '1'
        diff.registers().contains('rip')
        diff.devices().contains('uart0')
        diff.toString().contains('memory: 1 bytes in 1 pieces')
    }
}
