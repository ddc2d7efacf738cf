// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout

/** Procedures and attributes of components in C, among themselves and with those in Groovy. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ProcedureInCSpec extends Specification {
    private static final String CALC = '''\
        procedure('Calc') {
            method 'int add(in int a, in int b)'
            method 'bool divide(in int64_t a, refin uint8_t b, out int64_t quotient, inout string note)'
            method 'string pair(in char first)'
            method 'void next(inout uint64_t value)'
        }
        '''

    @TempDir
    Path folder

    @AutoCleanup
    Scripts scripts = new Scripts()

    private void file(String name, String text) {
        def file = folder.resolve(name)
        Files.createDirectories(file.parent)
        Files.writeString(file, text.stripIndent())
    }

    private Object run(String text) {
        file('lab.groovy', text)
        scripts.runner.run(folder.resolve('lab.groovy'), [])
    }

    private String failure(String text) {
        Scripts.failure { run(text) }.message.replace(folder.toString(), 'labs')
    }

    private String text(String component) {
        scripts.lab.component(component).get().text()
    }

    private void until(Closure<Boolean> condition) {
        while (!condition()) {
            Thread.onSpinWait()
        }
    }

    private String told() {
        scripts.printed.toString().replace(folder.toString(), 'labs')
    }

    def "all types go both ways, between components in C and in Groovy"() {
        given:
        file('calc.c', '''\
            #include <camkes.h>
            int calc_add(int a, int b) { printf("%s\\n", greeting); return a + b + offset; }
            bool calc_divide(int64_t a, const uint8_t *b, int64_t *quotient, char **note) {
                if (*b == 0) return false;
                *quotient = a / *b;
                *note = realloc(*note, strlen(*note) + 2);
                strcat(*note, "!");
                return true;
            }
            char *calc_pair(char first) {
                char *pair = calloc(3, 1);
                pair[0] = first;
                pair[1] = first + 1;
                return pair;
            }
            void calc_next(uint64_t *value) { ++*value; }
            ''')
        file('user.c', '''\
            #include <camkes.h>
            int run(void) {
                char *note = strdup("done, \\303\\244");
                uint8_t seven = 7;
                int64_t quotient;
                uint64_t large = 18446744073709551614ULL;
                printf("%d\\n", calc_add(2, -5));
                printf("%d ", calc_divide(-7000000000000LL, &seven, &quotient, &note));
                printf("%lld %s\\n", (long long) quotient, note);
                calc_next(&large);
                printf("%llu %s\\n", (unsigned long long) large, calc_pair('x'));
                return 0;
            }
            ''')

        when:
        def answers = run("""\
            lab {
                $CALC
                component('Server') {
                    provides 'Calc', 'calc'
                    attribute 'int', 'offset', 100
                    attribute 'string', 'greeting', 'hi'
                    source 'calc.c'
                }
                component('User') {
                    control
                    uses 'Calc', 'calc'
                    source 'user.c'
                }
                component('Groovy') {
                    provides 'Calc', 'calc'
                    attribute 'int', 'offset', 100
                    calc_add { a, b -> a + b + offset }
                    calc_divide { a, b, note -> [result: b != 0, quotient: a.intdiv(b), note: note + '!'] }
                    calc_pair { c -> "\$c\${(char) (c + 1)}" }
                    calc_next { it + 1 }
                }
                composition {
                    component Server, 'server'
                    component User, 'user'
                    component Groovy, 'groovy'
                    component User, 'other'
                    connection seL4RPCCall, 'a', from: user.calc, to: server.calc
                    connection seL4RPCCall, 'b', from: other.calc, to: groovy.calc
                }
                configuration {
                    server.offset = -200
                    groovy.offset = -200
                }
            }
            eventually(2.minutes) { assert [user, other].every { it.lines().size() == 3 } }
            [server.calc.add(1, 2), server.calc.divide(10, 0, 'x'), server.calc.divide(10, 3, 'x'), groovy.calc.next(0)]
            """)

        then:
        text('user') == '-203\n1 -1000000000000 done, ä!\n18446744073709551615 xy\n'
        text('other') == text('user')
        text('server') == 'hi\nhi\n'
        answers == [-197, [result: false, quotient: 0, note: 'x'], [result: true, quotient: 3, note: 'x!'], 1]

        and: 'what the types have no room for is told to who called'
        def calc = scripts.lab.component('server').get().port('calc').get()
        def mistakes = [['add', [1]], ['add', [1, 1L << 31]], ['divide', [1, -1, '']], ['pair', ['xy']], ['ad', []]].collect {
            try {
                calc.call(*it)
                ''
            } catch (vmlab.lab.LabMistake e) {
                e.message + '; ' + e.remedy()
            }
        }
        mistakes == [
            'server.calc.add is given 1 values and takes 2; it is declared as int add(in int a, in int b)',
            'server.calc.add has 2147483648 for b, which must be a whole number of 32 bits; it is declared as int add(in int a, in int b)',
            'server.calc.divide has -1 for b, which must be a whole number of 8 bits without a sign; it is declared as bool divide(in int64_t a, refin uint8_t b, out int64_t quotient, inout string note)',
            'server.calc.pair has xy for first, which must be one character below 256; it is declared as string pair(in char first)',
            'server.calc has no method ad; did you mean add?']
    }

    def "a .camkes file with a procedure and two components in C runs as it is"() {
        given: 'laid out as tutorials of the field have it'
        file('hello/hello.camkes', '''\
            import <std_connector.camkes>;
            import "interfaces/Hello.idl4";
            component Client { control; uses Hello hello; has semaphore s; attribute unsigned int times = 1; }
            component Echo { provides Hello hello; }
            assembly {
                composition {
                    component Client client;
                    component Echo echo;
                    connection seL4RPCCall hello_con(from client.hello, to echo.hello);
                }
                configuration { client.times = 2; client.s_value = 0; }
            }
            ''')
        file('hello/interfaces/Hello.idl4', 'procedure Hello {\n    void say(in string str);\n};\n')
        file('hello/components/Echo/src/echo.c', '''\
            #include <stdio.h>
            #include <camkes.h>
            void hello_say(const char *str) { printf("%s says: %s\\n", get_instance_name(), str); }
            ''')
        file('hello/components/Client/src/client.c', '''\
            #include <camkes.h>
            int run(void) {
                for (unsigned i = 0; i < times; i++) hello_say("hello world");
                printf("after %d\\n", s_trywait());
                return 0;
            }
            ''')

        when:
        run("lab.load('${folder.resolve('hello/hello.camkes')}')")
        until { text('client') }

        then:
        text('client') == 'after -1\n'
        text('echo') == 'echo says: hello world\n' * 2
        scripts.lab.connection('hello_con').get().carried() == 2
    }

    def "who has called is told when who is called dies, and nobody waits for ever"() {
        given:
        file('fatal.c', '#include <camkes.h>\nvoid p_go(void) { abort(); }\n')
        file('circle.c', '#include <camkes.h>\nvoid p_go(void) { q_go(); }\n')

        when:
        def lines = run('''\
            lab {
                procedure('Go') { method 'void go()' }
                component('Fatal') { provides 'Go', 'p'; source 'fatal.c' }
                component('Circle') { provides 'Go', 'p'; uses 'Go', 'q'; source 'circle.c' }
                composition {
                    component Fatal, 'fatal'
                    component Circle, 'a'
                    component Circle, 'b'
                    connection seL4RPCCall, 'c1', from: a.q, to: b.p
                    connection seL4RPCCall, 'c2', from: b.q, to: a.p
                }
            }
            def told = { work -> try { work(); '' } catch (e) { e.message } }
            [told { fatal.p.go() }, told { fatal.p.go() }, told { a.p.go() }]
            ''')

        then:
        lines == ['fatal.p.go has no answer: fatal ended before it came', 'fatal has failed and answers no calls',
                  'a.p.go has no answer: a ended before it came']
        until { told().contains('component b failed') }
        told().contains('a.p.go would wait for itself: a waits for b to answer, and does no calls meanwhile')
    }

    def "a component in C isn't left behind with what a procedure was"() {
        given:
        file('x.c', '#include <camkes.h>\nint p_go(int a) { return a + 1; }\n')
        def component = "component('X') { provides 'Go', 'p'; source 'x.c' }"
        run("""\
            lab {
                procedure('Go') { method 'int go(in int a)' }
                $component
                composition { component X, 'x' }
            }
            assert x.p.go(1) == 2
            """)
        def change = { "lab.apply {\n procedure('Go') { method 'int64_t go(in int64_t a)' }\n $it }\n" }

        expect:
        failure(change('')).contains('procedure Go is another one now, and component X is made for the one from before')

        when:
        file('x.c', '#include <camkes.h>\nint64_t p_go(int64_t a) { return a + 1; }\n')

        then:
        run(change(component) + 'x.p.go(1L << 40)') == (1L << 40) + 1
    }

    def "mistakes are told where they were made: #what"() {
        given:
        file('x.c', c)

        expect:
        failure("""\
            lab {
                procedure('Go') { $method }
                component('X') { provides 'Go', 'p'; source 'x.c' }
            }
            """).contains(told)

        where:
        what            | method                       | c                                             || told
        'an array'      | "method 'int go(in int a[])'" | ''                                            || 'Go.go has a value of type int[], which can\'t be carried to another component'
        'a syntax'      | "method 'int go(int)'"        | ''                                            || "')' can't stand at column 11"
        'no function'   | "method 'int go(in int a)'"   | ''                                            || "X provides p and has no p_go\n"
        'no declaration'| "method 'void go()'"          | '#include <camkes.h>\nvoid p_go(void) { r_go(); }' || "camkes.h has what comes of X's interfaces: provides p"
        'other types'   | "method 'int go(in int a)'"   | '#include <camkes.h>\nvoid p_go(void) { }\n'  || "x.c:2:6: error: conflicting types for 'p_go'"
    }
}
