// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.CachedDebian
import vmlab.dsl.model.Behaviour
import vmlab.image.BuildMistake
import vmlab.lab.GuestFiles

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CBehaviourSpec extends Specification {
    private static final String PRINT_SERVER = '''\
        #include <camkes.h>
        #include <stdio.h>

        int run(void) {

            while (1) {
                do_print_wait();

                printf("%s\\n", (char*)data);

                done_printing_emit();
            }

            return 0;
        }
        '''

    @TempDir
    Path folder

    @AutoCleanup
    TestPorts ports = new TestPorts()

    GuestFiles guest = CachedDebian.orSkip()

    private CBehaviour behaviour(String text, String... faces) {
        def source = Files.writeString(folder.resolve('print_server.c'), text.stripIndent())
        CBehaviour.of(new CSource(TestPorts.type(faces), [source], [], []), guest::component)
    }

    private void runs(String text, String... faces) {
        ports.start(behaviour(text, faces))
    }

    def "the tutorial's print server prints what is in the dataport, once for each event"() {
        given:
        ports.dataport('data', 4096)
        runs(PRINT_SERVER, 'dataport Buf(4096) data', 'consumes do_print', 'emits done_printing')

        when:
        def answers = ['hello', 'world'].collect {
            ports.dataports.data.cString(it)
            ports.give('do_print')
            ports.taken()
        }

        then:
        answers == ['done_printing'] * 2
        ports.text == 'hello\nworld\n'
        ports.stop() instanceof Behaviour.Stopped
    }

    def "beginnings come in CAmkES's order, and a run that returns ends the component"() {
        when:
        runs('''\
            #include <camkes.h>
            void post_init(void) { puts("post_init"); }
            void b__init(void) { puts("b__init"); }
            void a__init(void) { puts("a__init"); }
            void pre_init(void) { printf("pre_init of %s\\n", get_instance_name()); }
            int run(void) { fputs("run, on stderr", stderr); return 0; }
            ''', 'emits a', 'consumes b', 'has mutex m')

        then:
        ports.end() == null
        ports.text == 'pre_init of print_server\na__init\nb__init\npost_init\nrun, on stderr'
    }

    def "a callback is called once, at once if the event is there, and before those who wait"() {
        given:
        ports.give('early')
        runs('''\
            #include <camkes.h>
            static void called(void *word) { printf("called: %s\\n", (char *) word); done_emit(); }
            static void again(void *word) {
                called(word);
                if (late_reg_callback(again, word)) puts("refused within");
            }
            int run(void) {
                if (early_reg_callback(called, "early")) puts("refused");
                puts("registered");
                if (late_reg_callback(again, "late")) puts("refused");
                if (late_reg_callback(again, "too late") == -1) puts("one at a time");
                printf("%d\\n", early_poll());
                early_wait();
                puts("waited");
                return 0;
            }
            ''', 'consumes early', 'consumes late', 'emits done')

        when:
        ports.taken()
        while (!ports.text.contains('0\n')) {
            Thread.onSpinWait()
        }
        def said = (1..3).collect { ports.give('late'); ports.taken() }
        ports.give('early')
        while (!ports.text.contains('waited')) {
            Thread.onSpinWait()
        }
        ports.give('late')
        said << ports.taken()

        then: 'the control thread has ended, the callback still is called'
        said == ['done'] * 4
        ports.text == 'called: early\nregistered\none at a time\n0\n' + 'called: late\n' * 3 + 'waited\ncalled: late\n'
    }

    def "locks are the component's own, and callbacks run while its control thread waits for one"() {
        given:
        runs('''\
            #include <camkes.h>
            static void ready(void *unused) {
                puts("callback");
                m_lock();
                puts("has the mutex");
                m_unlock();
                b_post();
            }
            int run(void) {
                m_lock();
                if (go_reg_callback(ready, NULL)) return 1;
                registered_emit();
                other_wait();
                int first = s_trywait();
                printf("%d %d\\n", first, s_trywait());
                m_unlock();
                b_wait();
                puts("the end");
                return 0;
            }
            ''', 'has mutex m', 'has semaphore s', 'has binary_semaphore b', 'consumes go', 'consumes other',
                'emits registered')
        ports.taken()

        when:
        ports.give('go')
        while (!ports.text.contains('callback')) {
            Thread.onSpinWait()
        }
        ports.give('other')

        then:
        ports.end() == null
        ports.text == 'callback\n0 -1\nhas the mutex\nthe end\n'
    }

    def "a component whose threads wait for its own locks says so"() {
        when:
        runs('#include <camkes.h>\nint run(void) { m_lock(); return m_lock(); }', 'has mutex m')

        then:
        ports.end().message == 'print_server ended itself with status 1'
        ports.text == 'every thread of this component waits for a lock of its own\n'
    }

    def "a dataport of 16 MiB is seen on both sides at once, and its pointers mean the same to both"() {
        given:
        def size = 16 << 20
        ports.dataport('small', 4096).dataport('large', size)
        runs('''\
            #include <camkes.h>
            #include <camkes/dataport.h>
            int run(void) {
                volatile int *words = (volatile int *) large;
                size_t last = large_get_size() / 4 - 1;
                while (words[0] == 0)
                    ;
                large_acquire();
                words[last] = words[0] + 1;
                large_release();
                dataport_ptr_t place = dataport_wrap_ptr((void *) &words[last]);
                *(dataport_ptr_t *) small = place;
                if (dataport_unwrap_ptr(place) != &words[last]) puts("another place");
                if (dataport_wrap_ptr(&place).id != -1) puts("in no dataport");
                printf("%zu\\n", sizeof *large);
                return 0;
            }
            ''', 'dataport Buf(4096) small', 'dataport Buf(16777216) large')

        when:
        ports.dataports.large.memory().write32(0, 41)

        then:
        ports.end() == null
        ports.dataports.large.memory().read32(size - 4) == 42
        ports.dataports.small.memory().read32(4) == size - 4
        ports.text == "$size\n"
    }

    def "StringReverse with its PutChar runs as it is"() {
        given:
        ports.dataport('src_dp', 8192).dataport('dest_dp', 8192)
        runs('''\
            #include <camkes.h>
            int run(void) {
                set_putchar(putchar_putchar);
                while (1) {
                    ready_wait();
                    const char *src = (const char *) src_dp;
                    char *dest = (char *) dest_dp;
                    size_t length = strlen(src);
                    for (size_t i = 0; i < length; i++) dest[i] = src[length - i - 1];
                    dest[length] = 0;
                    printf("%s", dest);
                    done_emit();
                }
            }
            ''', 'dataport Buf(8192) src_dp', 'dataport Buf(8192) dest_dp', 'consumes ready', 'emits done',
                'uses PutChar putchar')

        when:
        ports.dataports.src_dp.cString('hello')
        ports.give('ready')

        then:
        ports.taken() == 'done'
        ports.dataports.dest_dp.cString() == 'olleh'
        ports.text == 'olleh'
    }

    def "a wild write ends the component alone, and its author is told where"() {
        when:
        runs('''\
            #include <camkes.h>
            static void store(char *where) {
                strcpy(where, "wild");
            }
            int run(void) {
                puts("before");
                store((char *) 0x10);
                return 0;
            }
            ''')
        def end = (ComponentDied) ports.end()

        then:
        end.message == 'print_server died: signal 11 (segmentation fault) at address 0x10'
        end.location().get().toString() == folder.resolve('print_server.c').toString() + ':3'
        ports.text == 'before\n'
    }

    def "an overflow of the stack and an assertion that fails are told, too"() {
        when:
        runs("#include <camkes.h>\n$body")
        def end = (ComponentDied) ports.end()

        then:
        end.message.startsWith(message)
        (end.location().map { it.line() }.orElse(0) ?: ports.text.replace(folder.toString(), 'lab')) == place

        where:
        body                                                                      | message                                     | place
        'int run(void) { volatile char a[9000]; a[0] = 1; return run() + a[0]; }' | 'print_server died: signal 11'              | 2
        'int run(void) { assert(!"so"); return 0; }'                              | 'print_server died: signal 6 (abort)'       | "print_server: lab/print_server.c:2: run: Assertion `!\"so\"' failed.\n"
        'int run(void) { volatile int zero = 0; return 7 / zero; }'               | 'print_server died: signal 8 (arithmetic)'  | 2
    }

    def "an endless loop ends when it is stopped"() {
        given:
        ports.dataport('data', 4096)
        runs('#include <camkes.h>\nint run(void) { *(volatile int *) data = 1; for (;;); }', 'dataport Buf(4096) data')
        while (ports.dataports.data.memory().read32(0) == 0) {
            Thread.onSpinWait()
        }

        expect:
        ports.stop() instanceof Behaviour.Stopped
        ProcessHandle.current().children().noneMatch { it.info().command().orElse('').contains('/components/') && it.alive }
    }

    def "the process doesn't outlive the thread it serves, even if nobody ends it"() {
        given:
        ports.dataport('data', 4096)
        def memory = ports.dataports.data.memory()
        def source = Files.writeString(folder.resolve('loop.c'), '#include <camkes.h>\n'
                + 'int run(void) { *(volatile int *) data = 1; for (;;); }')
        def program = guest.component(new CSource(TestPorts.type('dataport Buf(4096) data'), [source], [], []))
        ComponentProcess process

        when:
        Thread.start {
            process = ComponentProcess.start(program, ports)
            while (memory.read32(0) == 0) {
                Thread.onSpinWait()
            }
        }.join()
        process.serve()

        then:
        def died = thrown(ComponentDied)
        died.message == 'print_server died: signal 9 (killed)'
    }

    def "it has no files, no environment, no other processes"() {
        when:
        runs('''\
            #include <camkes.h>
            #include <errno.h>
            #include <signal.h>
            #include <unistd.h>
            #include <fcntl.h>
            extern char **environ;
            int run(void) {
                printf("%p ", (void *) environ[0]);
                printf("%d ", open("/etc/passwd", O_RDONLY) == -1 && errno == EPERM);
                printf("%d ", fork() == -1);
                printf("%d ", kill(1, 0) == -1 && errno == EPERM);
                int open_files = 0;
                for (int i = 3; i < 1024; i++) open_files += write(i, "", 0) == 0;
                printf("%d\\n", open_files);
                return 0;
            }
            ''')

        then:
        ports.end() == null
        ports.text == '(nil) 1 1 1 0\n'
    }

    def "the compiler's errors name the sources as they were named"() {
        when:
        behaviour(text, 'consumes do_print').compile()

        then:
        def mistake = thrown(BuildMistake)
        mistake.message.replace(folder.toString(), 'lab').startsWith(message)
        mistake.remedy().replace(folder.toString(), 'lab') == remedy

        where:
        text                                                      | message                                                                     | remedy
        '#include <camkes.h>\nint run(void) { do_prnt_wait(); }'  | "lab/print_server.c:2:17: error: implicit declaration of function 'do_prnt_wait'" | "camkes.h has what comes of PrintServer's interfaces: consumes do_print"
        '#include <camkes.h>\nint run(void) { return 1 }'         | "lab/print_server.c:2:25: error: expected ';'"                             | 'mend it there'
        '#include "nowhere.h"'                                    | 'lab/print_server.c:1:10: fatal error: nowhere.h: No such file'             | "put that file beside the source, or name its folder: includes 'include'"
        '#include <camkes.h>'                                     | 'PrintServer has no run'                                                    | 'int run(void) { … } in lab/print_server.c is what it does'
    }

    def "what was edited is compiled again, what wasn't is not"() {
        given:
        def hello = behaviour('#include "word.h"\n#include <stdio.h>\nint run(void) { puts(WORD); return 0; }')
        Files.writeString(folder.resolve('word.h'), '#define WORD "one"\n')
        def programs = { -> guest.component(new CSource(TestPorts.type(), [folder.resolve('print_server.c')], [], [])).file() }

        when:
        ports.start(hello)
        ports.end()
        def first = programs()
        def made = Files.getLastModifiedTime(first)
        def same = programs()
        Files.writeString(folder.resolve('word.h'), '#define WORD "two"\n')
        ports.start(hello)
        ports.end()

        then:
        ports.text == 'one\ntwo\n'
        same == first
        !Files.exists(first)
        made != null
    }
}
