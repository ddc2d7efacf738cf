// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Lab
import vmlab.lab.Labs
import vmlab.lab.TinyKernel
import vmlab.vmm.Machine.Pace

/** Hypercalls of a real, tiny guest on the CPU in Java, handled by closures of scripts and of the prompt. */
@Timeout(60)
class HypercallSpec extends Specification {
    @TempDir
    Path dir

    Lab lab
    ScriptRunner runner
    StringWriter printed = new StringWriter()

    private void guest(String code, Pace pace = Pace.VIRTUAL) {
        lab = new Lab(Labs.settings(pace))
        runner = new ScriptRunner(lab, new PrintWriter(printed, true))
        runner.binding().setVariable('kernel', TinyKernel.write(dir, code))
        runner.run('setup', 'lab { vm(0) { kernel_image = kernel; guest_ram_mb = 4 } }', [])
    }

    def cleanup() {
        lab?.close()
    }

    private Object run(String text) {
        runner.run('lab.groovy', text.stripIndent(), [])
    }

    private String mistake(String text) {
        Scripts.failure { run(text) }.message
    }

    private List<String> lines() {
        printed.toString().readLines()
    }

    def "a handler gets the call, before the start as later, over restarts, and is replaced while the guest runs"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        when:
        run('''\
            vm0.hypercall(4) { call -> println "POKE!!! $call.eax $call.ebx $call.ecx $call.edx $call.rdx $call.esi $call.vcpu" }
            2.times {
                vm0.start()
                vm0.console.send('4')
                vm0.console.expect('4', 1.second)
                vm0.stop()
            }
            vm0.start()
            vm0.hypercall(4) { -> println 'other' }
            vm0.console.send('4')
            vm0.console.expect('4', 1.second)
            vm0.hypercall(4) { call -> call.result = 9; println call.time > 0.seconds }
            vm0.console.send('4')
            vm0.console.expect('9', 1.second)
            ''')

        then:
        lines() == ['POKE!!! 4 17 34 -2147483597 2147483699 68 0'] * 2 + ['other', 'true']
    }

    def "a token without a handler is logged and ignored, also when its handler is taken away"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        expect:
        run('''\
            vm0.start()
            vm0.console.send('7')
            vm0.console.expect('7', 1.second)
            vm0.hypercall(7) { call -> call.result = 1 }
            vm0.hypercalls.unregister(7)
            vm0.console.send('7')
            vm0.console.expect('7', 1.second)
            assert vm0.events*.toString() == ['hypercall: no handler for token 7'] * 2
            assert vm0.hypercalls[7].calls() == 2 && !vm0.hypercalls[7].handled()
            true''')
        mistake('vm0.hypercalls.unregister(7)').contains('hypercall 7 of vm0 has no handler')
    }

    def "a handler that throws is told once, at its line, and the guest goes on"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        when:
        run('''\
            vm0.start()
            vm0.hypercall(4) { call ->
                call.result = 5
                nonsense()
            }
            3.times {
                vm0.console.send('4')
                vm0.console.expect('5', 1.second)
            }
            assert vm0.hypercalls[4].failures() == 3
            vm0.hypercall(5) { call -> throw new IOException('gone') }
            vm0.console.send('5')
            vm0.console.expect('5', 1.second)
            vm0.hypercall(6) { call -> assert call.ebx == 1 }
            vm0.console.send('6')
            vm0.console.expect('6', 1.second)
            ''')

        then:
        lines()[0..3] == [
            'the handler of hypercall 4 of vm0 failed; further failures are only counted',
            'lab.groovy:4:5: there is no command nonsense',
            '    nonsense()',
            '    ^']
        lines()[4..-1].findAll { it.startsWith('the handler') || it.startsWith('lab') } == [
            'the handler of hypercall 5 of vm0 failed; further failures are only counted',
            'lab.groovy:11: IOException: gone',
            'the handler of hypercall 6 of vm0 failed; further failures are only counted',
            'lab.groovy:14:28: the assertion failed']
        printed.toString().contains('call.ebx == 1')
    }

    def "a failure of a handler from the prompt shows the input it was typed in"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        when:
        runner.evaluate('vm0.hypercall(4) { call -> [].first() }')
        runner.evaluate("vm0.start(); vm0.console.send('4'); vm0.console.expect('4', 1.second)")

        then:
        lines()[1..2] == ['prompt:1: NoSuchElementException: Cannot access first() element from an empty List',
                          'vm0.hypercall(4) { call -> [].first() }']
    }

    def "a wait for a hypercall holds the guest behind it and returns its registers; each call is seen by one wait"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        expect:
        run('''\
            vm0.start()
            vm0.console.send('4')
            def registers = vm0.waitForHypercall(4, 1.second)
            assert registers.ebx() == 0x11 && registers.eax() == 4
            assert vm0.console.text == ''
            vm0.console.expect('4', 1.second)
            vm0.console.send('8')
            vm0.console.expect('8', 1.second)
            assert vm0.waitForHypercall(8).eax() == 8
            true''')
        mistake('\nvm0.waitForHypercall(8, 20.ms)') == '''\
            lab.groovy:2:5: vm0: waited 20 ms of guest time for hypercall 8
            vm0.waitForHypercall(8, 20.ms)
                ^
              wait longer, as in 2.minutes, or for something that comes
            the last lines of vm0's console:
              | 48'''.stripIndent()
    }

    def "two runs of a script see a call at the same time"() {
        expect:
        (1..2).collect {
            guest(TinyKernel.CALLS_FOR_EVER)
            def seen = run('''\
                def times = []
                vm0.hypercall(4) { call -> times << call.time.toNanos() }
                vm0.start()
                3.times { vm0.waitForHypercall(4) }
                [times, vm0.time.toNanos(), vm0.registers.ebx()]''')
            lab.close()
            seen
        }.with { it[0] == it[1] && it[0][0].size() == 3 && it[0][2] == 2 }
    }

    def "the list has tokens, places, counts and last registers; tracing tells each call"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        when:
        run('''\
            vm0.hypercall(4) { call -> 0 }
            vm0.hypercall(0xfabbdad) { call -> 0 }
            println vm0.hypercalls
            vm0.start()
            vm0.hypercalls.trace()
            vm0.console.send('4')
            vm0.console.expect('4', 1.second)
            vm0.console.send('9')
            vm0.console.expect('9', 1.second)
            vm0.hypercalls.trace(false)
            vm0.console.send('4')
            vm0.console.expect('4', 1.second)
            println vm0.hypercalls
            vm0.stop()
            assert vm0.hypercalls[4].calls() == 2
            ''')

        then:
        with(lines()) {
            it[0] ==~ /token +handler +calls +last registers/
            it[1] ==~ /4 +lab.groovy:1 +0  -/
            it[2] ==~ /0xfabbdad +lab.groovy:2 +0  -/
            it[3] ==~ /vm0: hypercall 4 at 0\.0\d+ s: eax=4 ebx=11 ecx=22 edx=80000033 esi=44/
            it[4] ==~ /vm0: hypercall 9 at 0\.0\d+ s: eax=9 ebx=11 ecx=22 edx=80000033 esi=44, no handler/
            it[6] ==~ /4 +lab.groovy:1 +2  eax=4 ebx=11 ecx=22 edx=80000033 esi=44/
            it[7] ==~ /9 +none +1  eax=9 .*/
            it[8] ==~ /0xfabbdad +lab.groovy:2 +0  -/
            it.size() == 9
        }
    }

    def "by the strict rule a handler that returns nonzero kills the VM"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        expect:
        run('''\
            vm0.hypercall(4) { call -> 1 }
            vm0.start()
            vm0.console.send('4')
            vm0.console.expect('4', 1.second)
            vm0.hypercalls.strict = true
            assert vm0.hypercalls.strict
            vm0.hypercall(5) { call -> 0 }
            vm0.console.send('5')
            vm0.console.expect('5', 1.second)
            vm0.console.send('4')
            true''')
        def told = mistake("vm0.console.expect('4', 1.second)")
        told.contains('vm0 was killed by its VMM; waited for "4" on its console')
        told.contains('the handler of 4 returned 1')
        told.contains('VM_FATAL_ERROR ::: vmexit handler return error')
        run("vm0.end.kind.name() == 'KILLED' && vm0.events*.toString() == ['hypercall: the handler of 4 returned 1']")
    }

    def "the names of CAmkES register handlers, and refuse a token twice"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        when:
        run('''\
            int poke_handler(vmm_vcpu) {
                println 'POKE!!!'
                return 0
            }
            assert reg_new_handler(vm0, this.&poke_handler, 4) == 0
            assert reg_new_handler(vm0, this.&poke_handler, 4) == -1
            assert vm_reg_new_vmcall_handler(vm0, { vcpu -> 0 }, 4) == -1
            assert vm_reg_new_vmcall_handler(vm0, { vcpu -> 0 }, 5) == 0
            vm0.start()
            vm0.console.send('4')
            vm0.console.expect('4', 1.second)
            ''')

        then:
        lines() == ['POKE!!!']
    }

    def "a handler can look at its VM, pause and stop it, but not wait for it"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        expect:
        run('''\
            vm0.start()
            def seen = []
            vm0.hypercall(4) { call -> seen << vm0.registers.ebx() << (vm0.time == call.time) << vm0.state.name(); vm0.pause() }
            vm0.console.send('4')
            vm0.waitForHypercall(4)
            assert seen == [0x11, true, 'RUNNING'] && vm0.state.name() == 'HELD'
            vm0.resume()
            vm0.hypercall(5) { call -> vm0.stop() }
            vm0.console.send('5')
            assert vm0.awaitEnd(1.second).kind().name() == 'STOPPED'
            vm0.stop()
            vm0.start()
            vm0.hypercall(6) { call -> vm0.run(1.second) }
            vm0.console.send('6')
            vm0.console.expect('6', 1.second)
            true''')
        printed.toString().contains("lab.groovy:13:32: a handler can't wait for vm0, which stands still until it returns")
    }

    def "Ctrl-C ends a handler that loops for ever, and pauses the VM; a healthy one isn't harmed"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS, pace)
        def looping = new CountDownLatch(1)
        runner.binding().setVariable('looping', looping)
        run('''\
            vm0.start()
            vm0.hypercall(4) { call ->
                looping.countDown()
                while (true) { }
            }
            vm0.hypercall(5) { call -> call.result = 6 }
            vm0.console.send('4')
            ''')
        def waiting = Thread.currentThread()
        def ctrlC = Thread.start {
            looping.await(30, TimeUnit.SECONDS)
            waiting.interrupt()
        }

        when:
        run("\nvm0.console.expect('never', 30.seconds)")

        then:
        def e = thrown(UserMistake)
        e.kind() == UserMistake.Kind.INTERRUPTED
        lines() == ['the handler of hypercall 4 of vm0 (lab.groovy:2) was interrupted; vm0 is paused, vm0.resume() goes on']

        when: 'it is mended and goes on'
        ctrlC.join()
        def answer = run('''\
            assert vm0.state.name() == 'HELD'
            vm0.hypercall(4) { -> 0 }
            vm0.resume()
            vm0.console.send('5')
            vm0.console.expect('6', 5.seconds).text''')

        then:
        answer == '6'

        where:
        pace << [Pace.VIRTUAL, Pace.REAL_TIME]
    }

    def "a VM whose handler loops for ever can be stopped"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS, Pace.REAL_TIME)
        def looping = new CountDownLatch(1)
        runner.binding().setVariable('looping', looping)

        when:
        run('''\
            vm0.hypercall(4) { call -> looping.countDown(); for (;;) { } }
            vm0.start()
            vm0.console.send('4')
            looping.await()
            vm0.stop()
            ''')

        then:
        lab.vm('vm0').get().end().get().kind().name() == 'STOPPED'
    }

    def "a handler reads and writes its caller's memory by physical and virtual address"() {
        given:
        guest(TinyKernel.CALLS_FROM_PAGED_CODE)

        expect:
        run('''\
            def seen = []
            kept = null
            vm0.hypercall(4) { call ->
                kept = call
                seen << call.virtual.cString(call.rbx) << call.virtual.cString(call.ebx, 5)
                seen << call.memory.cString(call.rbx - 0xC0000000L)
                call.virtual.write(call.rbx, 'HELLO')
                seen << call.memory.cString(0x100080)
                call.virtual.u8(call.rcx)
            }
            vm0.start()
            vm0.awaitEnd(1.second)
            assert seen == ['hello, VMM', 'hello', 'hello, VMM', 'HELLO, VMM']
            assert vm0.virtual.cString(0xC0100080) == 'HELLO, VMM'
            true''')
        lines()[0..1] == ['the handler of hypercall 4 of vm0 failed; further failures are only counted',
                          'lab.groovy:9:18: no page of vm0 is at virtual address 0xd0000000 now']
        mistake('kept.virtual').contains('the call is over')
    }

    def "what is no token, handler or result is told"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        expect:
        mistake(text).readLines()[0] == told

        where:
        text                                   || told
        'vm0.hypercall(1.5) { call -> }'       || 'lab.groovy:1:5: 1.5 is no token of a hypercall'
        'vm0.hypercall(1L << 33) { call -> }'  || 'lab.groovy:1:5: 8589934592 is no token of a hypercall'
        'vm0.hypercall(4) { a, b -> }'         || 'lab.groovy:1: a handler has one parameter, this block has 2'
        'vm0.hypercall(4, null)'               || 'lab.groovy:1:5: null is no handler'
        'vm0.waitForHypercall(4)'              || "lab.groovy:1:5: vm0 isn't started"
        'vm0.hypercall(4)'                     || "lab.groovy:1:5: hypercall can't be called with (Integer)"
    }

    def "a result that doesn't fit, or comes too late, is a failure of the handler"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS)

        when:
        run('''\
            vm0.start()
            def kept = null
            vm0.hypercall(4) { call -> call.result = 1L << 32 }
            vm0.hypercall(5) { call -> kept = call; call.result = 0xFFFFFF07 }
            vm0.console.send('4')
            vm0.console.expect('4', 1.second)
            vm0.console.send('5')
            vm0.console.expect('7', 1.second)
            println kept
            kept.result = 1
            ''')

        then:
        def e = thrown(UserMistake)
        e.message.readLines()[0] == 'lab.groovy:10: the call is over'
        lines()[1] == "lab.groovy:3: a result of 4294967296 doesn't fit into EAX"
        lines()[-1] == 'hypercall 5 of vm0: eax=5 ebx=11 ecx=22 edx=80000033 esi=44'
    }
}
