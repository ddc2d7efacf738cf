// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.FakeGuest
import vmlab.lab.LabComponent
import vmlab.lab.Labs

/** {@code source} in a script. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ComponentInCSpec extends Specification {
    @TempDir
    Path folder

    @AutoCleanup
    Scripts scripts = new Scripts()

    private Object run(String component, String c) {
        Files.writeString(folder.resolve('echo.c'), c.stripIndent())
        def script = Files.writeString(folder.resolve('lab.groovy'), """\
            lab {
                component('Echo') {
                    maybe consumes('Call', 'call')
                    maybe emits('Answer', 'answer')
                    $component
                }
                composition { component Echo, 'echo' }
            }
            """.stripIndent())
        scripts.runner.run(script, [])
    }

    private LabComponent echo() {
        scripts.lab.component('echo').get()
    }

    private static void until(Closure<Boolean> condition) {
        while (!condition()) {
            Thread.onSpinWait()
        }
    }

    private static int processes() {
        ProcessHandle.current().children().filter {
            it.alive && it.info().command().orElse('').contains('/components/')
        }.count()
    }

    private String told() {
        scripts.printed.toString().replace(folder.toString(), 'labs')
    }

    def "a source beside the script is compiled and run under the instance's name"() {
        when:
        run("control; source 'echo.c'", '''\
            #include <camkes.h>
            int run(void) {
                while (1) {
                    call_wait();
                    printf("called\\n");
                    answer_emit();
                }
            }
            ''')
        echo().port('call').get().emit()
        until { echo().lines() == ['called'] }

        then:
        told() == 'echo: called\n'
        echo().state() == LabComponent.State.RUNNING

        when:
        scripts.lab.close()

        then:
        processes() == 0
        told() == 'echo: called\n'
    }

    def "the compiler's errors are the script's, with its places and the sources'"() {
        when:
        def mistake = Scripts.failure { run("control; source 'echo.c'", '#include <camkes.h>\nint run(void) { anser_emit(); }') }

        then:
        mistake.kind() == UserMistake.Kind.SCRIPT
        mistake.message.replace(folder.toString(), 'labs').readLines()[0] ==
                "labs/lab.groovy:2:5: labs/echo.c:2:17: error: implicit declaration of function 'anser_emit'; did you mean 'answer_emit'? [-Werror=implicit-function-declaration]"
        mistake.message.contains("camkes.h has what comes of Echo's interfaces: consumes call, emits answer")
        !mistake.message.contains('/tmp/vmlab')
        scripts.lab.components().empty
    }

    def "a component is in Groovy or in C"() {
        when:
        def mistake = Scripts.failure { run(words, '') }

        then:
        mistake.message.readLines()[0].endsWith('component Echo has both run { } and source')
        mistake.problems()[0].location().line() == 5

        where:
        words << ["source 'echo.c'; run { }", "run { }; source 'echo.c'"]
    }

    def "one that dies is told with its line, and the others go on"() {
        when:
        run("control; source 'echo.c'", '''\
            #include <camkes.h>
            int run(void) {
                call_wait();
                *(volatile int *) 0 = 1;
            }
            ''')
        echo().port('call').get().emit()
        until { echo().state() == LabComponent.State.FAILED && told() }

        then:
        told().readLines()[0..1] == ['component echo failed',
                'labs/echo.c:4: echo died: signal 11 (segmentation fault) at address 0x0']
    }

    def "Ctrl-C ends one that loops for ever, and it can begin anew"() {
        given:
        run("control; source 'echo.c'", '#include <camkes.h>\nint run(void) { puts("up"); for (;;); }')
        until { echo().lines() == ['up'] }

        when:
        scripts.lab.interruptHandlers()

        then:
        echo().state() == LabComponent.State.STOPPED
        processes() == 0
        told() == 'echo: up\ncomponent echo was interrupted; echo.start() begins anew\n'

        when: 'its source has been edited meanwhile'
        Files.writeString(folder.resolve('echo.c'), '#include <camkes.h>\nint run(void) { puts("mended"); return 0; }')
        echo().start()
        until { echo().state() == LabComponent.State.ENDED }

        then:
        echo().lines() == ['up', 'mended']
    }
}
