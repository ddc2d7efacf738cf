// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofMillis
import static java.time.Duration.ofSeconds

import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.vmm.Machine.Pace
import vmlab.vmm.MachineEnd
import vmlab.vmm.VcpuExit

/** Waiting for a guest's console, typing into it, and what comes of a guest that doesn't go along. */
@Timeout(60)
class ConsoleSpec extends Specification {
    @AutoCleanup
    FakeGuest guest = new FakeGuest()

    List<Lab> labs = []

    def cleanup() {
        labs*.close()
    }

    LabVm vm(Pace pace = Pace.VIRTUAL) {
        def lab = Labs.of(guest, pace)
        labs << lab
        lab.apply(Labs.oneVm()).first().start()
    }

    def "a match is found with the octet that completes it, and the guest stands still there"() {
        given:
        guest.prints(ofMillis(3), 'one two three')
        def vm = vm()

        when:
        def match = vm.console().expect('two', ofSeconds(1))

        then:
        match.text() == 'two'
        match.before() == 'one '
        vm.console().text() == 'one two'
        vm.time() == ofMillis(3).plusNanos(7_000)
        guest.cpu().instructions() == 7
    }

    def "what was matched is consumed, what came before it too"() {
        given:
        guest.prints(ofMillis(1), 'login: x login: y\r\n')
        def vm = vm()

        expect:
        vm.console().expect(~/login: (.)/, ofSeconds(1)).groups() == ['x']
        vm.console().expect(~/login: (.)/, ofSeconds(1)).groups() == ['y']

        when:
        vm.console().expect('login', ofMillis(10))

        then:
        thrown(WaitTimedOut)
    }

    def "a pattern may span what comes at different times, and lines"() {
        given:
        guest.prints(ofMillis(1), 'done\r').prints(ofMillis(50), '\n').prints(ofSeconds(2), '# ')

        expect:
        vm().console().expect(~/done\r\n# $/, ofSeconds(3)).text() == 'done\r\n# '
    }

    def "the end of what has come is the pattern's dollar"() {
        given:
        guest.prints(ofMillis(1), '# not a prompt\r\n# ')
        def vm = vm()

        expect: 'at the time of the first "# " nothing has come after it'
        vm.console().expect(~/# $/, ofSeconds(1)).before() == ''
        vm.console().expect(~/\n# $/, ofSeconds(1)).before() == 'not a prompt\r'
    }

    def "text that was printed while something else was waited for can still be expected"() {
        given:
        guest.prints(ofMillis(1), 'a b c\r\n')
        def vm = vm()
        vm.run(ofSeconds(1))

        expect:
        vm.console().expect('b').before() == 'a '
        vm.console().expect('c').before() == ' '
    }

    def "a wait's limit is guest time, and the machine goes on being usable"() {
        given:
        guest.prints(ofSeconds(100), 'late')
        def vm = vm()

        when:
        vm.console().expect('late', ofSeconds(90))

        then:
        def e = thrown(WaitTimedOut)
        e.message == 'vm0: waited 1 min 30 s of guest time for "late" on its console'
        vm.time() == ofSeconds(90)
        vm.state() == LabVm.State.RUNNING

        and:
        vm.console().expect('late', ofSeconds(11)).text() == 'late'
    }

    def "UTF-8 is decoded across octets"() {
        given:
        guest.prints(ofMillis(1), new String('Grüße €\n'.getBytes('UTF-8'), 'ISO-8859-1'))

        expect:
        vm().console().expect('Grüße €').text() == 'Grüße €'
    }

    def "lines are for people: without line ends and escape sequences"() {
        given:
        guest.prints(ofMillis(1), 'one\r\n\r\n\u001b[1mtwo\u001b[0m\r\nthr')
        def vm = vm().run(ofSeconds(1))

        expect:
        vm.console().lines() == ['one', '', 'two', 'thr']
        vm.console().lastLines(2) == ['two', 'thr']
    }

    def "listeners get every octet in order until they are closed"() {
        given:
        guest.prints(ofMillis(1), 'abc').prints(ofSeconds(2), 'def')
        def vm = vm()
        def seen = new ByteArrayOutputStream()
        def subscription = vm.console().listen { seen.write(it) }

        when:
        vm.run(ofSeconds(1))
        subscription.close()
        vm.run(ofSeconds(2))

        then:
        seen.toString() == 'abc'
        vm.console().text() == 'abcdef'
    }

    def "a listener that fails is dropped, and the guest goes on"() {
        given:
        guest.prints(ofMillis(1), 'abc')
        def vm = vm()
        def calls = 0
        vm.console().listen {
            calls++
            throw new IllegalStateException('of a listener, meant to be in the log')
        }

        expect:
        vm.console().expect('abc').text() == 'abc'
        calls == 1
    }

    def "keys typed while a VM is paused wait for it"() {
        given:
        guest.shell(ofMillis(1))
        def vm = vm()
        vm.console().expect('# ')

        when:
        vm.pause().console().type('echo hello')

        then:
        vm.resume().console().expect('\r\nhello\r\n')
    }

    def "an answer isn't lost to a program that flushes its input after its question"() {
        given:
        guest.logsIn(ofMillis(10)).flushesBeforePassword()

        expect:
        vm().login().sh('echo hi').out() == 'hi'
    }

    def "octets from a terminal come at once"() {
        given:
        guest.shell(ofMillis(1))
        def vm = vm()
        vm.console().expect('# ')
        def before = vm.time()

        when:
        vm.console().send('x'.bytes)
        vm.console().expect('x')

        then:
        vm.time() - before < ofMillis(1)
    }

    def "a kernel panic ends the wait and says so"() {
        given:
        guest.kernelPrints(ofMillis(1), 'VFS: Cannot open root device\r\n[    1.5] Kernel panic - not syncing: VFS: no root\r\nCPU: 0')
        def vm = vm()

        when:
        vm.login()

        then:
        def e = thrown(GuestPanic)
        e.panic() == 'Kernel panic - not syncing: VFS: no root'
        e.lastLines() == ['VFS: Cannot open root device', '[    1.5] Kernel panic - not syncing: VFS: no root']

        when: 'later waits fail soon as well'
        vm.console().expect('anything', ofSeconds(1000))

        then:
        thrown(GuestPanic)
        vm.time() < ofSeconds(3)
    }

    def "a script may expect a panic, and what is printed behind it"() {
        given:
        guest.kernelPrints(ofMillis(1), 'Kernel panic - not syncing: test\r\n').kernelPrints(ofMillis(100), 'end trace\r\n')
        def vm = vm()

        expect:
        vm.console().expect(~/Kernel panic - not syncing: (\w+)\r\n/).groups() == ['test']
        vm.console().expect('end trace').text() == 'end trace'
    }

    def "a program that prints the words of a panic isn't one"() {
        given:
        guest.shell(ofMillis(1))

        expect:
        vm().sh('echo Kernel panic - not syncing: not me').out() == 'Kernel panic - not syncing: not me'
    }

    def "#kind while it is waited for is told: #told"() {
        given:
        guest.prints(ofMillis(1), 'bye\r\n').ends(ofMillis(2), kind, detail)
        def vm = vm()

        when:
        vm.console().expect('more')

        then:
        def e = thrown(GuestEnded)
        e.message == "vm0 $told; waited for \"more\" on its console"
        e.lastLines() == ['bye']
        vm.state() == LabVm.State.ENDED

        where:
        kind                    | detail        || told
        VcpuExit.Kind.STOPPED   | ''            || 'powered off'
        VcpuExit.Kind.SHUTDOWN  | 'at c0100000' || 'crashed with a triple fault (at c0100000)'
        VcpuExit.Kind.FAILED    | 'no memory'   || "can't go on, because vmlab or the host failed (no memory)"
    }

    def "a reset while it is waited for is told"() {
        given:
        guest.resets(ofMillis(2), 'port 64h')
        def vm = vm()

        when:
        vm.console().expect('more')

        then:
        def e = thrown(GuestEnded)
        e.message == 'vm0 asked for a reset (port 64h); waited for "more" on its console'
    }

    def "what an ended guest printed can still be expected, and nothing hangs"() {
        given:
        guest.prints(ofMillis(1), 'last words\r\n').ends(ofMillis(2), VcpuExit.Kind.STOPPED, '')
        def vm = vm()

        expect:
        vm.awaitEnd().kind() == MachineEnd.Kind.POWERED_OFF
        vm.console().expect('words').text() == 'words'
        vm.registers().eip() == 0xFFF0

        when:
        vm.console().expect('words')

        then:
        thrown(GuestEnded)
    }

    def "a VM that ended can be started anew"() {
        given:
        guest.prints(ofMillis(1), 'hello').ends(ofMillis(2), VcpuExit.Kind.STOPPED, '')
        def vm = vm()
        vm.awaitEnd()

        when:
        vm.start()

        then:
        vm.state() == LabVm.State.RUNNING
        vm.console().text() == ''
        vm.console().expect('hello').text() == 'hello'
    }

    def "a paused VM refuses waits and keys, and goes on afterwards"() {
        given:
        guest.prints(ofMillis(1), 'hello')
        def vm = vm().pause()

        when:
        vm.console().expect('hello')

        then:
        def e = thrown(LabMistake)
        e.message == 'vm0 is paused'
        e.remedy() == 'vm0.resume() first'
        vm.state() == LabVm.State.HELD

        and:
        vm.resume().console().expect('hello').text() == 'hello'
    }

    def "Ctrl-C ends a wait, and the VM is still there"() {
        given:
        guest.prints(ofMillis(1), 'up').spins()
        def lab = Labs.of(guest, pace)
        labs << lab
        def vm = lab.apply(Labs.oneVm()).first()
        def waits = new CountDownLatch(1)
        vm.console().listen { waits.countDown() }
        vm.start()
        def failure = null
        def flag = false
        def script = Thread.start {
            try {
                vm.console().expect('never', Duration.ofDays(10_000))
            } catch (WaitInterrupted e) {
                failure = e
                flag = Thread.currentThread().isInterrupted()
            }
        }

        when:
        assert waits.await(10, TimeUnit.SECONDS)
        script.interrupt()
        script.join(10_000)

        then:
        failure.message == 'vm0: interrupted while waiting for "never" on its console'
        flag
        vm.state() == LabVm.State.RUNNING
        vm.console().expect('up').text() == 'up'

        where:
        pace << [Pace.VIRTUAL, Pace.REAL_TIME]
    }

    def "in real time a VM runs without being waited for, and limits are host time"() {
        given:
        guest.prints(ofMillis(1), 'up')
        def printed = new CountDownLatch(2)
        def lab = Labs.of(guest, Pace.REAL_TIME)
        labs << lab
        def vm = lab.apply(Labs.oneVm()).first()
        vm.console().listen { printed.countDown() }

        when:
        vm.start()

        then:
        printed.await(10, TimeUnit.SECONDS)

        when:
        vm.console().expect('never', ofMillis(20))

        then:
        def e = thrown(WaitTimedOut)
        e.message == 'vm0: waited 20 ms for "never" on its console'

        when: 'the pace changes'
        lab.pace(Pace.VIRTUAL)
        def time = vm.time()

        then:
        vm.time() == time
        vm.run(ofSeconds(1)).time() == time + ofSeconds(1)
    }
}
