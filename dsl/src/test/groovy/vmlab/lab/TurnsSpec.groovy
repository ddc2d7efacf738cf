// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofHours
import static java.time.Duration.ofMillis
import static java.time.Duration.ofNanos
import static java.time.Duration.ofSeconds

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.ScriptRunner
import vmlab.dsl.model.Assembly
import vmlab.dsl.model.KernelSource
import vmlab.dsl.model.Setting
import vmlab.dsl.model.VmSpec
import vmlab.vmm.ChipSet
import vmlab.vmm.Machine.Pace
import vmlab.vmm.VcpuExit

/** Several VMs at virtual pace. */
@Timeout(60)
class TurnsSpec extends Specification {
    /** A turn, and the microsecond that instructions of fake guests take. */
    private static final Duration TURN = ofNanos(Turns.TURN_NANOS + 10_000)

    @AutoCleanup
    FakeGuest first = new FakeGuest()

    @AutoCleanup
    FakeGuest second = new FakeGuest()

    @TempDir
    Path dir

    List<Lab> labs = []

    def cleanup() {
        labs*.close()
    }

    /** A lab of the two fake guests, started. */
    private List<LabVm> two(Pace pace = Pace.VIRTUAL) {
        def machines = { spec, line, events -> (spec.index() == 0 ? first : second).make(spec, line, events) } as MachineFactory
        def lab = new Lab(Labs.settings(pace), machines)
        labs << lab
        def kernel = new Setting('kernel_image', KernelSource.DEBIAN, Labs.HERE)
        lab.apply(new Assembly([0, 1].collect { new VmSpec(it, [kernel], Labs.HERE) }, Labs.HERE))*.start()
    }

    /**
     * A lab of two real CPUs that share a number and compute with it all the time: x = 3x + 1 the one, x = 5x + 1 the other.
     * So it shows in which order they came. A turn isn't a multiple of the loop's seven instructions, lest each always goes on
     * with a number of its own.
     */
    private Lab computers() {
        def lab = new Lab(Labs.settings(Pace.VIRTUAL))
        labs << lab
        def runner = new ScriptRunner(lab, new PrintWriter(Writer.nullWriter()))
        [3, 5].eachWithIndex { factor, i ->
            runner.binding().setVariable("kernel$i".toString(), TinyKernel.write(Files.createDirectory(dir.resolve("${labs.size()}-$i")), """
                B801000000 BB01000000 B901000000 BA00002000 BE00100000 0F01C1
                BF00002000 8B07 6BC00${factor} 40 8907 90 90 EBF4"""))
        }
        runner.run('lab.groovy', '''
            lab {
                vm(0) { kernel_image = kernel0; guest_ram_mb = 4; dataport Buf(4096), 'data'; data_id = 1; data_size = 4096 }
                vm(1) { kernel_image = kernel1; guest_ram_mb = 4; dataport Buf(4096), 'data'; data_id = 1; data_size = 4096 }
                composition { connection seL4SharedData, 'number', from: vm0.data, to: vm1.data }
            }
            vm0.start()
            vm1.start()''', [])
        lab
    }

    private static long number(Lab lab) {
        def one = lab.vm('vm0').get().memory().u32(0x200000)
        assert lab.vm('vm1').get().memory().u32(0x200000) == one
        one
    }

    def "what two guests do to the same memory comes out the same in every run, wherever waits end"() {
        given:
        def labs = (1..3).collect { computers() }
        def vms = labs.collect { [it.vm('vm0').get(), it.vm('vm1').get()] }

        when:
        vms.take(2).each { vm0, vm1 ->
            vm0.run(ofMillis(3))
            vm1.run(ofNanos(1_234_560))
            vm0.run(ofNanos(10))
            vm1.run(ofMillis(20))
        }

        then:
        number(labs[0]) != 0
        number(labs[0]) == number(labs[1])
        vms[0]*.time() == vms[1]*.time()
        (vms[0][0].time() - vms[0][1].time()).abs() <= TURN

        when: 'the same time is waited for at once'
        vms[2][1].run(vms[0][1].time())

        then: 'the waits have made no difference'
        vms[2]*.time() == vms[0]*.time()
        number(labs[2]) == number(labs[0])
    }

    def "a seed is a course of events of its own"() {
        when:
        def numbers = [0, 7, 7, 8].collect { seed ->
            def lab = computers()
            lab.seed(seed)
            lab.vm('vm0').get().run(ofMillis(50))
            number(lab)
        }

        then:
        numbers[1] == numbers[2]
        numbers.toSet().size() == 3
    }

    def "a wait for one lets time pass for the other"() {
        given:
        first.prints(ofMillis(40), 'one')
        second.prints(ofMillis(20), 'two').prints(ofMillis(60), 'three')
        def (vm0, vm1) = two()

        when:
        vm0.console().expect('one', ofSeconds(1))

        then:
        vm1.console().text() == 'two'
        (vm0.time() - vm1.time()).abs() <= TURN

        when:
        vm1.console().expect('three', ofSeconds(1))

        then:
        vm1.time() == ofMillis(60).plusNanos(5_000)
        (vm0.time() - vm1.time()).abs() <= TURN
    }

    def "nobody is asked for the time in which nothing happens"() {
        given:
        second.prints(ofHours(2), 'still here')
        def (vm0, vm1) = two()

        when:
        vm0.run(ofHours(24))

        then:
        vm1.console().text() == 'still here'
        vm0.time() == ofHours(24)
        vm1.time() - vm0.time() <= TURN
    }

    def "those that time themselves run at once, as long as one of them is waited for"() {
        given:
        def meeting = new CyclicBarrier(2)
        [first, second].each {
            it.brings(Stub(ChipSet)).spins().does(ofMillis(10)) { meeting.await(30, TimeUnit.SECONDS) }
        }
        def (vm0, vm1) = two()

        when:
        vm0.run(ofMillis(50))
        def times = [vm0.time(), vm1.time()]

        then:
        times[0] >= ofMillis(50)
        times[1] >= ofMillis(10)
        [vm0, vm1]*.time() == times

        when:
        vm1.pause()
        vm0.run(ofMillis(50))

        then:
        vm0.time() >= ofMillis(100)
        vm1.time() == times[1]

        when:
        vm1.resume()
        vm1.run(ofMillis(50))

        then:
        vm1.time() >= times[1] + ofMillis(50)
        vm0.time() > ofMillis(100)
    }

    def "one that times itself takes turns with one that doesn't"() {
        given:
        first.brings(Stub(ChipSet)).spins()
        second.prints(ofMillis(20), 'here')
        def (vm0, vm1) = two()

        when:
        vm1.console().expect('here', ofSeconds(1))

        then:
        (vm0.time() - vm1.time()).abs() <= TURN

        when:
        vm1.stop()
        vm0.run(ofMillis(30))

        then:
        vm0.time() >= ofMillis(49)
    }

    def "keys wake one whose turns are skipped"() {
        given:
        first.spins()
        second.shell(ofMillis(1))
        def (vm0, vm1) = two()

        when:
        vm0.run(ofMillis(100))
        vm1.console().send('echo a$((1+1))b\r')
        vm0.run(ofMillis(100))

        then:
        vm1.console().text().contains('a2b')
    }

    def "one that ends doesn't keep the other from going on"() {
        given:
        first.prints(ofMillis(30), 'late')
        second.ends(ofMillis(5), VcpuExit.Kind.STOPPED, 'off')
        def (vm0, vm1) = two()

        when:
        vm0.console().expect('late', ofSeconds(1))

        then:
        vm1.state() == LabVm.State.ENDED
        vm1.time() == ofMillis(5)

        when: 'it begins anew'
        vm1.start()
        vm1.awaitEnd(ofSeconds(1))

        then:
        vm1.time() == ofMillis(5)
        vm0.time() - ofMillis(35) <= TURN.multipliedBy(2)
    }

    def "the end of the one that is waited for stops the other where it is"() {
        given:
        first.spins()
        second.ends(ofMillis(5), VcpuExit.Kind.SHUTDOWN, 'triple fault')

        when:
        def times = (1..2).collect {
            def (vm0, vm1) = two()
            try {
                vm1.run(ofSeconds(1))
            } catch (GuestEnded expected) {
                assert expected.message.contains('triple fault')
            }
            vm0.time()
        }

        then:
        times[0] == times[1]
        (times[0] - ofMillis(5)).abs() <= TURN
    }

    def "one that is paused sees no time pass"() {
        given:
        def (vm0, vm1) = two()
        vm0.run(ofMillis(10))
        vm1.pause()
        def then = vm1.time()

        when:
        vm0.run(ofSeconds(1))

        then:
        vm1.time() == then

        when:
        vm1.resume()
        vm0.run(ofMillis(10))

        then:
        (vm1.time() - then - ofMillis(10)).abs() <= TURN

        when:
        vm1.stop()
        def told = vm1.lab().timeline().of(Timeline.Kind.STATE).findAll { it.source() == 'vm1' }

        then: 'the timeline has all of it'
        told*.detail() == ['running', 'paused', 'running', 'was stopped']
        told*.time() == [Duration.ZERO, then, then, vm1.time()]
    }

    def "a VM may come while another is waited for"() {
        given:
        first.spins()
        second.prints(ofMillis(2), 'here')
        def (vm0, vm1) = two()
        vm1.stop()
        def interrupted = new CountDownLatch(1)
        def waiting = Thread.start {
            try {
                vm0.run(ofHours(100))
            } catch (WaitInterrupted expected) {
                interrupted.countDown()
            }
        }

        when: 'it was alone, with a turn without end'
        vm1.start()
        vm1.console().expect('here', ofSeconds(1))

        then:
        noExceptionThrown()

        when: 'Ctrl-C'
        waiting.interrupt()
        waiting.join(TimeUnit.SECONDS.toMillis(20))
        def then = vm1.time()

        then: 'all stand still'
        interrupted.count == 0
        vm1.time() == then

        and: 'and can go on'
        vm1.run(ofMillis(3))
        vm1.time() == then + ofMillis(3)
    }

    def "a debugger that has stopped one has stopped the time of all"() {
        given:
        first.spins()
        second.spins()
        def (vm0, vm1) = two()
        def debugged = vm1.lastCycle().get()
        vm0.run(ofMillis(5))

        when:
        debugged.stopForDebugger()
        def waiting = Thread.start { vm0.run(ofMillis(5)) }
        def then = vm0.time()
        waiting.join(200)

        then:
        waiting.alive
        vm0.time() == then

        when:
        debugged.resumeForDebugger()
        waiting.join(TimeUnit.SECONDS.toMillis(20))

        then: 'and a wait that ends stops nobody as long as the debugger lets its VM run'
        !waiting.alive
        vm1.state() == LabVm.State.RUNNING
        !debugged.isStoppedByDebugger()

        when:
        debugged.stopForDebugger()
        def stopped = [vm0.time(), vm1.time()]

        then:
        stopped[1] > ofMillis(10)
        (stopped[0] - stopped[1]).abs() <= TURN
        [vm0.time(), vm1.time()] == stopped

        cleanup:
        debugged?.resumeForDebugger()
    }

    def "in real time they run freely, and at virtual pace again they stand still"() {
        given:
        first.spins()
        second.spins()
        def (vm0, vm1) = two(Pace.REAL_TIME)
        def lab = labs.last()

        when:
        vm0.run(ofMillis(20))
        lab.pace(Pace.VIRTUAL)
        def before = [vm0.time(), vm1.time()]

        then:
        before.every { it > Duration.ZERO }
        [vm0.time(), vm1.time()] == before

        when:
        vm1.run(ofMillis(3))

        then:
        (vm1.time() - before[1] - ofMillis(3)).abs() <= ofNanos(2_000)
        (vm0.time() - before[0] - ofMillis(3)).abs() <= TURN

        when:
        lab.pace(Pace.REAL_TIME)
        def then = vm1.time()
        vm0.run(ofMillis(20))

        then:
        vm1.time() > then
    }
}
