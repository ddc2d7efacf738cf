// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import static java.time.Duration.ofMillis

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.model.ByteSize
import vmlab.dsl.model.KernelSource
import vmlab.lab.LabVm

/** The language: in files, in texts, and line by line at the prompt. */
@Timeout(60)
class ScriptRunnerSpec extends Specification {
    @AutoCleanup
    Scripts scripts = new Scripts()

    @TempDir
    Path dir

    def "a script describes a lab and works with it"() {
        given:
        scripts.guest.logsIn(ofMillis(500))

        when:
        scripts.run('''\
            lab {
                vm(0) {
                    guest_ram_mb   = 64
                    kernel_image   = debian.kernel
                    kernel_cmdline = 'console=ttyS0'
                    initrd_image   = rootfs { file 'etc/motd', 'hi' }
                }
            }
            vm0.start()
            vm0.login()
            assert vm0.sh('uname -s').out == 'Linux'
            assert vm0.sh('false').status == 1 && !vm0.sh('false').ok
            vm0.console.type('echo typed')
            assert vm0.console.expect(~/(ty)ped\\r\\n/, 5.seconds).groups == ['ty']
            vm0.console.expect(~/# $/, 5.seconds)
            assert vm0.state.name() == 'RUNNING' && vm0.end == null && vm0.console.text.contains('login:')
            vm0.stop()
            assert vm0.end.kind.name() == 'STOPPED'
            println "done after ${vm0.time.toMillis() > 500}"
            ''')

        then:
        scripts.printed.toString() == 'done after true\n'
        with(scripts.lab.vm('vm0').get().spec()) {
            guestRamMb() == 64
            kernelCmdline() == 'console=ttyS0'
            kernelImage() == KernelSource.DEBIAN
            initrdImage().get().files()*.path() == ['etc/motd']
        }
    }

    def "a file runs with arguments, and its name may be anything"() {
        given:
        def file = dir.resolve('debian.groovy')
        Files.writeString(file, '#!/usr/bin/env vmlab\nassert debian.kernel\nargs.join("+")')

        expect:
        scripts.runner.run(file, ['a', 'b']) == 'a+b'
    }

    def "units: #code"() {
        expect:
        scripts.run(code) == value

        where:
        code                     || value
        '5.seconds'              || Duration.ofSeconds(5)
        '1.5.seconds'            || Duration.ofMillis(1500)
        '100.ms + 1.minute'      || Duration.ofMillis(60_100)
        '2.minutes - 1.second'   || Duration.ofSeconds(119)
        '128.MiB'                || new ByteSize(128 << 20)
        '"${4.KiB} ${1.5.GiB}"'  || '4 KiB 1536 MiB'
    }

    def "the prompt keeps variables, methods, classes, imports and the last value"() {
        expect:
        inputs.collect { scripts.runner.evaluate(it) }.last() == value

        where:
        inputs                                                       || value
        ['x = 5', 'x + 1']                                           || 6
        ['def x = 5', 'x + 1']                                       || 6
        ['int x = 5.7', 'x']                                         || 5
        ['def (a, b) = [1, 2]', 'a + b']                             || 3
        ['String s', 's == null']                                    || true
        ['def twice(n) { n * 2 }', 'twice(21)']                      || 42
        ['class P { int v }', 'new P(v: 3).v']                       || 3
        ['import java.util.concurrent.TimeUnit', 'TimeUnit.DAYS.toHours(1)'] || 24
        ['import static java.lang.Math.max as most', 'most(1, 2)']   || 2
        ['import java.util.regex.*', 'Pattern.compile("a").pattern()'] || 'a'
        ['40', '_ + 2']                                              || 42
        ['"text"', 'x = null', '_']                                  || 'text'
        ['if (true) { def y = 1; z = y }', 'z']                      || 1
    }

    def "the prompt's mistakes point at its lines"() {
        given:
        scripts.runner.evaluate('x = 1')

        expect:
        Scripts.failure { scripts.runner.evaluate('y = 2\nz = xx') }.message ==
                'prompt:2:5: nothing is named xx\nz = xx\n    ^\n  did you mean x?'
    }

    def "VMs are variables of the prompt, and a script's are the prompt's"() {
        when:
        scripts.run('lab { vm(7) { kernel_image = debian.kernel } }; speed = 3')

        then:
        scripts.runner.evaluate('vm7') instanceof LabVm
        scripts.runner.evaluate('speed') == 3
        scripts.runner.evaluate('lab.vms*.name') == ['vm7']
        scripts.runner.evaluate('vm7.toString()') ==
                'vm7: not started; 128 MB RAM, kernel debian.kernel (start stop pause resume snapshot restore moveTo login sh run awaitEnd hypercall waitForHypercall put get install insmod; console hypercalls state end time backend registers events describe)'
    }

    def "more must come: #input"() {
        expect:
        scripts.runner.isIncomplete(input)

        where:
        input << ['lab {', 'lab {\n  vm(0) {\n  }', 'foo(1,', "x = '''abc", '"""a ${1', 'x = [1,', '1 +', 'if (x)',
                  '/* abc', 'x = ', 'a.b.', 'vm0.console.expect(~/[(]x/,', 'try {\n}', 'x ? 1 :', 'class A', 'foo 1,',
                  'while (true)', 'x = 5 \\', 'def f(']
    }

    def "this is over, right or wrong: #input"() {
        expect:
        !scripts.runner.isIncomplete(input)

        where:
        input << ['', 'x', 'lab { }', '}', 'foo)', "x = 'abc", 'x = [1)', '/a(b/', 'x = 6 / 2', 'x = "}"', '// {',
                  'x++', 'println 1', '"${[1].size()}"', 'a = 1; b = a / 2 // (']
    }
}
