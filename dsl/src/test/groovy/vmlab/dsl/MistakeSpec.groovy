// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import static java.time.Duration.ofMillis

import java.nio.file.Path
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.dsl.UserMistake.Kind
import vmlab.vmm.VcpuExit

/** What the author of a script is told, as it is told. */
@Timeout(60)
class MistakeSpec extends Specification {
    @AutoCleanup
    Scripts scripts = new Scripts()

    private static String text(String block) {
        block.stripIndent().strip()
    }

    def "a misspelt attribute is a mistake at its line"() {
        expect:
        scripts.mistake('''\
            lab {
                vm(0) {
                    guest_ram = 128
                    kernel_image = debian.kernel
                }
            }''') == text('''
            lab.groovy:3:9: vm(0) has no attribute guest_ram
                    guest_ram = 128
                    ^
              did you mean guest_ram_mb?''')
    }

    def "a 64-bit program for a 32-bit kernel is a mistake at its line"() {
        expect:
        scripts.mistake('''\
            lab {
                vm(0) {
                    kernel_image = debian.kernel
                    initrd_image = rootfs {
                        file 'bin/hello', [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0] as byte[]
                    }
                }
            }''') == text('''
            lab.groovy:5:13: 'bin/hello' is a 64-bit program, and the kernel debian.kernel a 32-bit one
                        file 'bin/hello', [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0] as byte[]
                        ^
              build it with gcc -m32 -static, or boot kernel_image = debian.kernel64''')
    }

    def "a program to be built for a 64-bit kernel is a mistake at its line"() {
        expect:
        scripts.mistake('''\
            lab {
                vm(0) {
                    kernel_image = debian.kernel64
                    initrd_image = rootfs {
                        pkg 'pkg/hello'
                        file 'bin/hello', [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0] as byte[]
                    }
                }
            }''').startsWith("lab.groovy:5:13: 'pkg/hello' would be built for 32-bit kernels, and debian.kernel64 is a 64-bit one")
    }

    def "all problems of a lab are told, in the order of the script"() {
        expect:
        scripts.mistake('''\
            lab {
                vm(0) {
                    guest_ram_mb = 0
                    kernel_cmdlin = 'console=ttyS0'
                }
                vm(0) {
                    guest_ram_mb = 4096
                    kernel_image = 'no/such/vmlinux'
                    initrd_image = 5
                }
            }''') == text('''
            lab.groovy:2:5: vm(0) has no kernel
                vm(0) {
                ^
              add: kernel_image = debian.kernel

            lab.groovy:3:9: guest_ram_mb is 0, but a guest has 1 to 3072 MB
                    guest_ram_mb = 0
                    ^
              guest_ram_mb = 128

            lab.groovy:4:9: vm(0) has no attribute kernel_cmdlin
                    kernel_cmdlin = 'console=ttyS0'
                    ^
              did you mean kernel_cmdline?

            lab.groovy:6:5: vm(0) is there twice, first at lab.groovy:2:5
                vm(0) {
                ^
              give it another number, as in vm(1)

            lab.groovy:7:9: guest_ram_mb is 4096, but a guest has 1 to 3072 MB
                    guest_ram_mb = 4096
                    ^
              guest_ram_mb = 128

            lab.groovy:8:9: kernel_image: there is no file no/such/vmlinux
                    kernel_image = 'no/such/vmlinux'
                    ^
              kernel_image = debian.kernel, or a file's path

            lab.groovy:9:9: initrd_image is 5, not a file
                    initrd_image = 5
                    ^
              initrd_image = rootfs { }, or a file's path''')
    }

    def "#what: #found"() {
        when:
        def lines = scripts.mistake("lab { vm(0) { kernel_image = debian.kernel\n$line\n} }").readLines()

        then:
        lines[0] == "lab.groovy:2:$column: $found"
        lines[1] == line
        lines[2] == ' ' * (column - 1) + '^'
        lines[3] == "  $remedy"

        where:
        what                 | line                                     || column | found | remedy
        'RAM in words'       | "guest_ram_mb = '128 MB'"                || 1  | "guest_ram_mb is '128 MB', not a whole number" | 'guest_ram_mb = 128'
        'a fraction of RAM'  | 'guest_ram_mb = 1.5'                     || 1  | 'guest_ram_mb is 1.5, not a whole number' | 'guest_ram_mb = 128'
        'no RAM'             | 'guest_ram_mb = null'                    || 1  | 'guest_ram_mb is null, not a whole number' | 'guest_ram_mb = 128'
        'odd RAM'            | 'guest_ram_mb = 1.KiB'                   || 1  | 'guest_ram_mb is 1 KiB, which is no whole number of MB' | 'guest_ram_mb = 128'
        'a CPU too few'      | 'num_vcpus = 0'                          || 1  | 'num_vcpus is 0, but a guest has 1 to 8 CPUs' | 'num_vcpus = 2'
        'CPUs too many'      | 'num_vcpus = 9'                          || 1  | 'num_vcpus is 9, but a guest has 1 to 8 CPUs' | 'num_vcpus = 2'
        'CPUs in words'      | "num_vcpus = 'two'"                      || 1  | "num_vcpus is 'two', not a whole number" | 'num_vcpus = 2'
        'half a CPU'         | 'num_vcpus = 1.5'                        || 1  | 'num_vcpus is 1.5, not a whole number' | 'num_vcpus = 2'
        'a hidden CPU'       | "num_vcpus = 2; kernel_cmdline = 'quiet nosmp maxcpus=0'" || 16 | 'with nosmp maxcpus=0 the kernel uses one CPU, and num_vcpus is 2' | 'leave out nosmp maxcpus=0, or num_vcpus = 1'
        'a forgotten ='      | 'guest_ram_mb 128'                       || 1  | 'guest_ram_mb is an attribute, not a command' | 'set it: guest_ram_mb = …'
        'a misspelt source'  | 'initrd_image = debain.rootfs'           || 16 | 'nothing is named debain' | 'did you mean debian?'
        'a misspelt block'   | 'initrd_image = rootsf { }'              || 16 | 'there is no command rootsf' | 'did you mean rootfs?'
        'an unset attribute' | 'kernel_cmdline = initrd_image'          || 18 | 'vm(0) has no initrd_image so far' | 'initrd_image = … sets it'
        'a line end'         | "kernel_cmdline = 'a\\nb'"               || 1  | "kernel_cmdline has a character that isn't printable ASCII" | "one line of options with blanks between, like 'console=ttyS0 quiet'"
        'a number as text'   | 'kernel_cmdline = 5'                     || 1  | 'kernel_cmdline is 5, not a text' | "kernel_cmdline = 'console=ttyS0'"
        'a misspelt word'    | "initrd_image = rootfs { fiel 'a', 'b' }" || 25 | 'there is no command fiel' | 'did you mean file?'
        'a missing file'     | "initrd_image = rootfs { file 'a', new File('no/such') }" || 25 | 'there is no file no/such' | "file 'path/in/guest', new File('path/on/host')"
        'a way out'          | "initrd_image = rootfs { file '../a', 'b' }" || 25 | "'../a' is no path in a guest" | "file 'usr/bin/hello', … makes /usr/bin/hello"
        'a missing folder'   | "initrd_image = rootfs { from 'no/such' }" || 25 | 'there is no folder no/such' | "from 'folder' names one with pkg, modules, …"
        'a missing text'     | "initrd_image = rootfs { text 'no/such' }" || 25 | 'there is no file or folder no/such' | "text 'notes.txt' makes /opt/notes.txt"
        'a file as program'  | "initrd_image = rootfs { pkg 'pom.xml' }" || 25 | "'pom.xml' is no folder" | 'give the folder that holds its Makefile'
        'a number as file'   | "initrd_image = rootfs { file 'a', 5 }"  || 25 | "file can't be called with (String, Integer)" | 'it is file(String, byte[]), or file(String, File), or file(String, CharSequence), or file(String, Path)'
    }

    def "stays legal: #line"() {
        when:
        scripts.run("ram = 64; def local = 32; def half(x) { x / 2 as int }\n"
                + "lab { vm(0) { kernel_image = debian.kernel\n$line\n} }")

        then:
        scripts.lab.vm('vm0').present

        where:
        line << [
            'guest_ram_mb = ram', 'guest_ram_mb = local', 'guest_ram_mb = half(ram)', 'guest_ram_mb = 128.MiB',
            'guest_ram_mb = 3072', 'num_vcpus = 1; kernel_cmdline = "nosmp"',
            'num_vcpus = 2; kernel_cmdline = "maxcpus=1 noapic"', 'num_vcpus = 8', 'guest_ram_mb = 64; guest_ram_mb = guest_ram_mb * 2', 'kernel_cmdline = "a${1}b"',
            'heap_size = 0x10000; simple_untyped24_pool = 12; cnode_size_bits = 23; iospace_domain = 0x0f',
            'kernel_relocs = kernel_image', "initrd_image = ''", "pci_devices = [[name: 'eth0']]",
            "initrd_image = rootfs { file '/etc/motd', \"hi \$ram\" }", 'if (ram > 5) { guest_ram_mb = 5 }',
            '[1, 2].each { guest_ram_mb = it }', 'println ram', "initrd_image = rootfs { file 'x', 'y'.bytes }"]
    }

    def "an attribute that means nothing here is kept"() {
        when:
        scripts.run('lab { vm(0) { kernel_image = debian.kernel; heap_size = 0x10000 } }')

        then:
        scripts.lab.vm('vm0').get().spec().setting('heap_size').get().value() == 0x10000
    }

    def "blocks print where the script prints"() {
        when:
        scripts.run('lab { println 1; vm(0) { kernel_image = debian.kernel; print 2; printf "%s", 3 } }')

        then:
        scripts.printed.toString().readLines() == ['1', '23']
    }

    def "a VM needs a number: #code"() {
        expect:
        scripts.mistake("lab {\n  $code\n}") == "lab.groovy:2:3: $found\n  $code\n  ^\n" +
                '  vm(0) { } is the instance vm0 of the component Init0'

        where:
        code           || found
        "vm('zero') { }" || "vm('zero') isn't numbered"
        'vm(-1) { }'   || "vm(-1) isn't numbered"
        'vm { }'       || 'vm has no number'
    }

    def "a word of a block elsewhere says where it stands"() {
        expect:
        scripts.mistake('vm(0) { }') == "lab.groovy:1:1: there is no command vm\nvm(0) { }\n^\n  vm(0) { } stands inside lab { }"
    }

    def "a lab can't have two VMs of one name"() {
        given:
        scripts.run('lab { vm(0) { kernel_image = debian.kernel } }')

        expect:
        scripts.mistake('\nlab { vm(0) { kernel_image = debian.kernel } }') == text('''
            lab.groovy:2:7: there is a vm0 already, from lab.groovy:1:7
            lab { vm(0) { kernel_image = debian.kernel } }
                  ^
              another number, as in vm(1), lab.apply { } to change it, or lab.clear() to begin anew''')
    }

    private static final String LAB = 'lab { vm(0) { kernel_image = debian.kernel } }\n'

    def "unknown name: #code"() {
        expect:
        scripts.mistake(LAB + code) == "lab.groovy:2:$column: $found\n$code\n${' ' * (column - 1)}^\n  $remedy"

        where:
        code                       || column | found | remedy
        'vm1.start()'              || 1 | 'nothing is named vm1' | 'did you mean vm0?'
        'vm0.shh("x")'             || 5 | 'LabVm has no method shh' | 'did you mean sh?'
        'vm0.consol.text'          || 5 | 'LabVm has no property consol' | 'did you mean console?'
        'vm0.console.expct("x")'   || 13 | 'Console has no method expct' | 'did you mean expect?'
        'vm0.sh(5)'                || 5 | "sh can't be called with (Integer)" | 'it is sh(String), or sh(String, Duration)'
        '[1, 2].si'                || 8 | 'Integer has no property si' | 'a property of a list is that of each of its elements'
        'prinln 5'                 || 1 | 'there is no command prinln' | 'did you mean println?'
        'x = y'                    || 5 | 'nothing is named y' | 'variables are there once they are set: y = …'
    }

    def "a VM that nobody described says how it comes"() {
        expect:
        scripts.mistake('vm0.start()') == "lab.groovy:1:1: nothing is named vm0\nvm0.start()\n^\n  lab { vm(0) { … } } makes it"
    }

    def "syntax: #what"() {
        expect:
        scripts.mistake(code) == told

        where:
        what                 | code                           || told
        'a missing brace'    | 'lab {\n  vm(0) {\n  }\n'      || 'lab.groovy:1:5: this { is never closed\nlab {\n    ^\n  add a }'
        'a missing paren'    | "x = 1\nprintln(x\ny = 2"      || 'lab.groovy:2:8: this ( is never closed\nprintln(x\n       ^\n  add a )'
        'one brace too many' | 'x = 1\n}'                     || 'lab.groovy:2:1: this } closes nothing: nothing is open here\n}\n^'
        'the wrong bracket'  | 'x = [1, 2)'                   || 'lab.groovy:1:10: this ) closes nothing: the [ of line 1 is open\nx = [1, 2)\n         ^'
        'an open string'     | "x = 'abc"                     || "lab.groovy:1:5: unexpected character: '\\''\nx = 'abc\n    ^"
        'nonsense'           | 'x = 1\ny = * 2'               || "lab.groovy:2:5: unexpected input: '*'\ny = * 2\n    ^"
        'an unknown class'   | 'x = 1\nFoo y = new Foo()'     || 'lab.groovy:2:5: unable to resolve class Foo\nFoo y = new Foo()\n    ^'
    }

    def "a failed assertion keeps its picture"() {
        given:
        scripts.guest.shell(ofMillis(1))

        when:
        def failure = Scripts.failure { scripts.run(LAB + 'vm0.start()\nassert vm0.sh("echo i686").out == "x86_64"') }

        then:
        failure.kind() == Kind.ASSERTION
        failure.message.readLines()[0..1] == ['lab.groovy:3:1: the assertion failed', 'assert vm0.sh("echo i686").out == "x86_64"']
        failure.message.contains('false')
        failure.message.contains('vm0: running, ')
        failure.message.readLines().every { !it.contains('at ') || it.contains('vm0: running') }
    }

    def "a wait that times out shows the console's last lines"() {
        given:
        scripts.guest.prints(ofMillis(1), 'Welcome\r\n\r\nbuildroot login: ')

        when:
        def failure = Scripts.failure { scripts.run(LAB + 'vm0.start()\nvm0.console.expect(~/# $/, 5.seconds)') }

        then:
        failure.kind() == Kind.TIMED_OUT
        failure.message == text('''
            lab.groovy:3:13: vm0: waited 5 s of guest time for /# $/ on its console
            vm0.console.expect(~/# $/, 5.seconds)
                        ^
              wait longer, as in 2.minutes, or for something that comes
            the last lines of vm0's console:
              | Welcome
              | buildroot login: ''')
    }

    def "a panic is told with what came before it"() {
        given:
        scripts.guest.kernelPrints(ofMillis(1), 'No filesystem could mount root\r\nKernel panic - not syncing: VFS\r\n')

        when:
        def failure = Scripts.failure { scripts.run(LAB + 'vm0.login()') }

        then:
        failure.kind() == Kind.PANIC
        failure.message == text('''
            lab.groovy:2:5: vm0: Kernel panic - not syncing: VFS; waited for its login prompt
            vm0.login()
                ^
            the last lines of vm0's console:
              | No filesystem could mount root
              | Kernel panic - not syncing: VFS''')
    }

    def "a triple fault shows the registers it came with"() {
        given:
        scripts.guest.ends(ofMillis(1), VcpuExit.Kind.SHUTDOWN, 'triple fault\nEIP=c0100000')

        when:
        def failure = Scripts.failure { scripts.run(LAB + 'vm0.login()') }

        then:
        failure.kind() == Kind.ENDED
        failure.message == text('''
            lab.groovy:2:5: vm0 crashed with a triple fault; waited for its login prompt
            vm0.login()
                ^
            its end:
              | triple fault
              | EIP=c0100000''')
    }

    def "a VM that isn't started is a mistake that says what to do"() {
        expect:
        scripts.mistake(LAB + 'vm0.sh("true")') == 'lab.groovy:2:5: vm0 isn\'t started\nvm0.sh("true")\n    ^\n  vm0.start() first'
    }

    def "what Java says of the script's own faults is told at its line: #code"() {
        expect:
        scripts.mistake("def f() {\n$code\n}\nf()") == "lab.groovy:2: $found\n$code"

        where:
        code                 || found
        'null.foo()'         || 'NullPointerException: Cannot invoke method foo() on null object'
        '1.intdiv(0)'        || 'ArithmeticException: / by zero'
        "throw new IllegalStateException('mine')" || 'IllegalStateException: mine'
        'f()'                || 'endless recursion'
    }

    def "a bug of vmlab keeps its own trace"() {
        when:
        scripts.runner.run('lab.groovy', 'vm = 1; new vmlab.dsl.Faulty().work()', [])

        then:
        def e = thrown(IllegalStateException)
        e.stackTrace[0].className == 'vmlab.dsl.Faulty'
    }

    def "a missing script is the host's matter"() {
        when:
        def failure = Scripts.failure { scripts.runner.run(Path.of('no/such.groovy'), []) }

        then:
        failure.kind() == Kind.HOST
        failure.message == 'no/such.groovy: there is no script no/such.groovy that can be read\n  check its name'
    }

    def "Ctrl-C ends a script's own loop"() {
        given:
        def failure = null
        def script = Thread.start {
            failure = Scripts.failure { scripts.run('x = 0\nwhile (true) { x++; if (x == 1000) println "on" }') }
        }

        when:
        while (scripts.printed.toString().empty && script.alive) {
            Thread.onSpinWait()
        }
        script.interrupt()
        script.join(10_000)

        then:
        failure.kind() == Kind.INTERRUPTED
    }
}
