// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.model.Assembly
import vmlab.lab.Lab
import vmlab.lab.LabComponent
import vmlab.lab.Labs
import vmlab.lab.Timeline
import vmlab.lab.TinyKernel
import vmlab.vmm.Machine.Pace

/** Connections and components that change under a running guest: a tiny one, on the CPU in Java. */
@Timeout(60)
class LiveSpec extends Specification {
    static final String SERVER = '''\
        component('PrintServer') {
            control
            dataport Buf(4096), 'data'
            consumes 'DoPrint', 'do_print'
            emits 'DonePrinting', 'done_printing'
            run {
                while (true) {
                    do_print_wait()
                    println data.cString()
                    done_printing_emit()
                }
            }
        }
        '''
    static final String COMPOSITION = '''\
        composition {
            component PrintServer, 'print_server'
            connection seL4Notification, 'conn_do_print', from: vm0.do_print, to: print_server.do_print
            connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: vm0.done_printing
            connection seL4SharedDataWithCaps, 'conn_data', from: print_server.data, to: vm0.data
        }
        '''
    static final String VM = '''\
        vm(0) {
            kernel_image = kernel
            guest_ram_mb = 4
            dataport Buf(4096), 'data'
            emits 'DoPrint', 'do_print'
            consumes 'DonePrinting', 'done_printing'
            data_id = 1
        }
        '''

    @TempDir
    Path dir

    Lab lab = new Lab(Labs.settings(Pace.VIRTUAL))
    StringWriter printed = new StringWriter()
    ScriptRunner runner = new ScriptRunner(lab, new PrintWriter(printed, true))

    def setup() {
        runner.binding().setVariable('kernel', TinyKernel.write(dir, TinyKernel.CONNECTED))
    }

    def cleanup() {
        lab.close()
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

    private void connected() {
        run("lab {\n$SERVER\n$VM\n$COMPOSITION\n}".toString())
        run('''\
            vm0.start()
            call = { token -> vm0.console.send(token); vm0.console.expect(~/./, 1.second).text }
            vm0.data.text('one')
            assert call('1') == 'o'
            ''')
    }

    def "instances, connections and interfaces are live objects by their names"() {
        when:
        connected()

        then:
        run('print_server.toString()').startsWith(
                'print_server (PrintServer): running, waits for do_print (run start stop restart;')
        run('conn_do_print.toString()').startsWith(
                'conn_do_print: seL4Notification vm0.do_print -> print_server.do_print, plugged, carried 0 (plug unplug;')
        run('vm0.do_print.toString()') ==
                'vm0.do_print: emits, 0 times (emit; emitted taken pending coalesced dropped)'
        run('vm0.data.toString()').startsWith('vm0.data: dataport of 4096 bytes, "one" (')
        run('vm0.data[0..2] as List') == [111, 110, 101]
        run('vm0.data[1] = 0x6E; vm0.data[1]') == 0x6E
        mistake('vm0.dat').contains('LabVm has no property dat')

        when:
        run('vm0.do_print.emit()')

        then: 'as if the guest had'
        lines() == ['print_server: one']
        run('vm0.done_printing.emitted') == 1

        when: 'the prompt takes the place of the component'
        run('print_server.stop(); vm0.done_printing.emit()')

        then:
        run('[vm0.done_printing.emitted, print_server.state.name()]') == [2, 'STOPPED']
    }

    def "what a component runs is replaced while the guest goes on"() {
        given:
        connected()

        when:
        run("""\
            call('3')
            print_server.run {
                while (true) {
                    do_print_wait()
                    println data.cString().reverse()
                    done_printing_emit()
                }
            }
            vm0.data.text('two')
            assert call('3') == 't'
            """)

        then:
        lines() == ['print_server: one', 'print_server: owt']
        run('vm0.done_printing.emitted') == 2
    }

    def "events are dropped while their connection is unplugged, and what was pending is not"() {
        given:
        connected()

        when:
        run('''\
            print_server.stop()
            call('3')
            conn_do_print.unplug()
            call('3')
            call('3')
            ''')

        then:
        run('[vm0.do_print.emitted, print_server.do_print.emitted, conn_do_print.condition]') ==
                [3, 1, 'unplugged, pending, 2 dropped']
        lines() == []

        when:
        run('print_server.start()')
        lab.activity().awaitQuiet()
        run('''\
            conn_do_print.plug()
            vm0.data.text('two')
            call('3')
            ''')

        then:
        lines() == ['print_server: one', 'print_server: two']
        run('lab.timeline.of(vmlab.lab.Timeline.Kind.DROPPED)*.source()') == ['vm0.do_print'] * 2
    }

    def "an unplugged dataport leaves the guest its memory, and the component a copy"() {
        given:
        connected()

        when:
        run('''\
            conn_data.unplug()
            vm0.data.text('guest')
            ''')

        then:
        run('[call("1"), vm0.data.text(), print_server.data.text()]') == ['g', 'guest', 'one']

        when:
        run('print_server.data.text("mine"); call("3")')

        then:
        lines() == ['print_server: mine']

        when:
        run('conn_data.plug(); call("3")')

        then:
        lines() == ['print_server: mine', 'print_server: guest']
    }

    def "a change is shown and done, and what is the same is kept"() {
        given:
        connected()

        when:
        run("""\
            lab.apply {
                ${SERVER.replace('data.cString()', 'data.cString().toUpperCase()')}
                $COMPOSITION
            }
            call('3')
            """.toString())

        then:
        lines() == '''\
            replace  component  print_server: its run
            keep     connection conn_do_print
            keep     connection conn_done_printing
            keep     connection conn_data
            print_server: ONE'''.stripIndent().readLines()

        when: 'nothing differs'
        printed.buffer.setLength(0)
        def plan = run("lab.apply {\n$VM\n$COMPOSITION\n}".toString())

        then:
        plan.isEmpty()
        lines().every { it.startsWith('keep') }
    }

    def "a running guest keeps its ids, and gets the next ones for what is added"() {
        given:
        connected()

        when:
        run("""\
            lab.apply {
                ${VM.replace("data_id = 1", "data_id = 1\n emits 'Log', 'log'")}
                component('Logger') {
                    consumes 'Log', 'log'
                    run { log_wait(); println 'logged' }
                }
                composition {
                    component Logger, 'logger'
                    connection seL4Notification, 'conn_log', from: vm0.log, to: logger.log
                }
            }
            call('3')
            vm0.log.emit()
            """.toString())

        then:
        lines() == '''\
            replace  vm         vm0: emits Log log
            add      component  logger
            add      connection conn_log: vm0.log -> logger.log
            print_server: one
            logger: logged'''.stripIndent().readLines()
        lab.vm('vm0').get().lastCycle().get().connections().get().describe().any { it == 'emits 2: vm0.log, 1 times' }
    }

    def "what goes takes its connections along, and the guest stays"() {
        given:
        connected()

        when:
        run('lab.remove("print_server"); call("3")')

        then:
        lines() == '''\
            remove   component  print_server
            remove   connection conn_do_print: an end of it is gone
            remove   connection conn_done_printing: an end of it is gone
            remove   connection conn_data: an end of it is gone'''.stripIndent().readLines()
        run('[vm0.do_print.dropped, vm0.data.text(), lab.connections.size()]') == [1, 'one', 0]
        mistake('print_server').contains('nothing is named print_server')

        when:
        run("lab.apply {\n$SERVER\n$COMPOSITION\n}\n call('3')".toString())

        then: 'with what the guest has in its memory'
        lines().last() == 'print_server: one'
    }

    def "what is cleared can be described anew"() {
        given:
        connected()
        run('vm0.snapshot("kept")')

        when:
        run('lab.clear()')

        then:
        [lab.vms(), lab.components(), lab.connections().size()] == [[], [], 0]
        lab.assembly() == Assembly.EMPTY
        mistake('vm0').contains('nothing is named vm0')

        when:
        connected()

        then:
        run('vm0.snapshots()') == [:]
    }

    def "a change with a mistake changes nothing"() {
        given:
        connected()

        when:
        def told = mistake('''\
            lab.apply {
                remove 'conn_dta'
                composition {
                    connection seL4Notification, 'conn_x', from: print_server.do_print, to: vm0.do_print
                }
            }
            ''')
        def directions = mistake('''\
            lab.apply {
                remove 'conn_data'
                composition {
                    connection seL4Notification, 'conn_x', from: print_server.do_print, to: vm0.do_print
                }
            }
            ''')

        then:
        told.contains('lab.groovy:2:5: there is no conn_dta to remove')
        told.contains('did you mean conn_data')
        directions.contains('lab.groovy:4:54: print_server.do_print consumes it, but stands on the from side')
        directions.contains('lab.groovy:4:81: vm0.do_print emits it, but stands on the to side')
        run('lab.connections*.name') == ['conn_do_print', 'conn_done_printing', 'conn_data']
        lines() == []
    }

    def "a component that fails is told at its line, and started again as often as its rule says"() {
        when:
        run('''\
            lab {
                component('Faulty') {
                    consumes 'Go', 'go'
                    restart 'on-failure', limit: 1
                    run {
                        go_wait()
                        nonsense()
                    }
                }
                component('Starter') { emits 'Go', 'go' }
                composition {
                    component Faulty, 'faulty'
                    component Starter, 'starter'
                    connection seL4Notification, 'conn_go', from: starter.go, to: faulty.go
                }
            }
            starter.go.emit()
            starter.go.emit()
            starter.go.emit()
            ''')

        then:
        lines().findAll { it.startsWith('component') } == [
            'component faulty failed; it is started again, 1 of 1 times',
            'component faulty failed']
        lines().contains('lab.groovy:7:13: there is no command nonsense')
        run('[faulty.state.name(), faulty.go.isPending()]') == ['FAILED', true]
        mistake("lab.apply { component('X') { restart 'allways' } }").contains('did you mean always?')
    }

    def "a component that loops for ever ends by Ctrl-C or with the lab, one that waits doesn't"() {
        given:
        run('''\
            lab {
                component('Loops') { run { while (true) { } } }
                component('Waits') { maybe consumes('Go', 'go'); run { go_wait() } }
                composition { component Loops, 'loops'; component Loops, 'other'; component Waits, 'waits' }
            }
            ''')

        when:
        lab.component('other').get().stop()
        lab.interruptHandlers()

        then:
        run('[loops, other, waits]*.state*.name()') == ['STOPPED', 'STOPPED', 'RUNNING']
        lines() == ['component loops was interrupted; loops.start() begins anew']

        when:
        run('loops.start()')
        lab.close()

        then:
        Thread.allStackTraces.keySet().every { !(it.name in ['loops', 'other', 'waits']) }
    }

    private static final String HELLO = '''\
        component('Hello') {
            provides 'Hello', 'h'
            has mutex('m')
            has binary_semaphore('called')
            h_say { text ->
                m_lock()
                println "hello, $text"
                m.unlock()
                called_post()
                text.size()
            }
            h_fail { -> nonsense() }
        }
        component('Client') {
            uses 'Hello', 'h'
            run {
                println h_say('run') + h.say('again')
                h_sya('x')
            }
        }
        composition {
            component Hello, 'hello'
            component Client, 'client'
            connection seL4RPCCall, 'conn_h', from: client.h, to: hello.h
        }
        '''

    def "a procedure is called by components and from the prompt, and a mistake in it is the caller's"() {
        when:
        run("lab {\n$HELLO\n}".toString())
        run('hello.called.wait()')
        lab.activity().awaitQuiet()

        then:
        lines()[0..2] == ['hello: hello, run', 'hello: hello, again', 'client: 8']
        lines()[3] == 'component client failed'
        lines()[4].contains('hello.h has no method sya')
        lines().any { it.contains('did you mean say?') }
        run("client.h.say('prompt')") == 6
        lines().last() == 'hello: hello, prompt'
        run('[conn_h.carried, hello.m.count()]') == [4, 1]
        run('conn_h.toString()').startsWith('conn_h: seL4RPCCall client.h -> hello.h, plugged, carried 4')
        mistake("client.h.fail()").contains('there is no command nonsense')

        when:
        run('conn_h.unplug()')

        then:
        mistake("client.h.say('x')").contains('client.h is unplugged')
        run('hello.stop(); conn_h.plug()')
        mistake("hello.m.unlock()").contains('hello.m is unlocked and not locked')
    }

    def "who waits for a lock isn't at work, and goes on when it is given back"() {
        when:
        run('''\
            lab {
                component('Turns') {
                    has mutex('m')
                    has semaphore('s')
                    run { s_wait(); m_lock(); println 'mine'; m_unlock(); println s.trywait() }
                }
                composition { component Turns, 'turns' }
                configuration { turns.s_value = 0 }
            }
            turns.m.lock()
            turns.s.post()
            ''')

        then: 'it waits for the mutex'
        lab.activity().awaitQuiet()
        lines() == []

        when:
        run('turns.m.unlock()')
        lab.activity().awaitQuiet()

        then:
        lines() == ['turns: mine', 'turns: false']
        run('turns.m.toString()') == 'turns.m: mutex, free (lock unlock)'
        run('turns.state.name()') == 'ENDED'
    }

    def "changes of a dataport are told when an event comes, and when a wait ends"() {
        given:
        connected()

        when:
        run('''\
            end = print_server.data.watch { println "now ${it.text()}" }
            vm0.data.text('two')
            vm0.data.text('three')
            call('3')
            call('3')
            end.run()
            vm0.data.text('four')
            call('3')
            ''')

        then:
        lines() == ['now three', 'print_server: three', 'print_server: three', 'print_server: four']

        when: 'only a wait ends, and the watch fails'
        run('''\
            vm0.data.watch { throw new IllegalStateException('enough') }
            vm0.data.text('five')
            call('1')
            vm0.data.text('six')
            call('1')
            ''')

        then:
        lines()[4] == 'the watch of vm0.data failed and has ended'
        lines().count { it.contains('IllegalStateException: enough') } == 1
    }

    def "the timeline and the table tell what went where"() {
        given:
        connected()

        when:
        run("call('3'); print_server.stop(); vm0.data.text('two'); call('3')")
        def kinds = lab.timeline().entries().findAll { it.source() != 'print_server' || it.detail() != 'running' }

        then:
        kinds.collect { "${it.kind()} ${it.source()} ${it.sink()} ${it.detail()}".toString().trim() }.findAll {
            !it.startsWith('PLUG') && !it.startsWith('STATE vm0')
        } == ['WAIT print_server print_server.do_print',
              'HYPERCALL vm0  1',
              'EVENT vm0.do_print print_server.do_print', 'PRINT print_server  one',
              'EVENT print_server.done_printing vm0.done_printing', 'WAIT print_server print_server.do_print',
              'HYPERCALL vm0  3', 'STATE print_server  stopped',
              'EVENT vm0.do_print print_server.do_print', 'HYPERCALL vm0  3']
        run('lab.connections.toString()').readLines().collect { it.replaceAll(/ +[0-9.]+ s /, ' … ').replaceAll(/ +/, ' ') } == [
            'connection connector from -> to carried last state',
            'conn_do_print seL4Notification vm0.do_print -> print_server.do_print 2 … plugged, pending',
            'conn_done_printing seL4Notification print_server.done_printing -> vm0.done_printing 1 … plugged',
            'conn_data seL4SharedDataWithCaps print_server.data -> vm0.data 0 - plugged, 4096 bytes, "two"']
        run('lab.toDot()').contains('conn_do_print (2x)')
    }
}
