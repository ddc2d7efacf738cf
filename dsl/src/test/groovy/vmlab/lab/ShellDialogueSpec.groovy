// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofMillis
import static java.time.Duration.ofSeconds

import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.vmm.Machine.Pace

/** Logging in and commands, over a line that echoes, with a kernel that talks in between, to a real POSIX shell. */
@Timeout(60)
class ShellDialogueSpec extends Specification {
    @AutoCleanup
    FakeGuest guest = new FakeGuest()

    @AutoCleanup
    Lab lab = Labs.of(guest)

    LabVm vm() {
        lab.apply(Labs.oneVm()).first().start()
    }

    def "login starts the VM, answers both questions and leaves a shell"() {
        given:
        guest.logsIn(ofSeconds(3))
        def vm = lab.apply(Labs.oneVm()).first()

        when:
        vm.login()

        then:
        vm.console().text().endsWith('buildroot login: root\r\nPassword: \r\n# ')
        vm.sh('uname -s') == new ShellResult('Linux', 0)
    }

    def "login works where no password is asked for, and after the script has read the prompt itself"() {
        given:
        guest.logsIn(ofSeconds(3)).withoutPassword()
        def vm = vm()
        vm.console().expect('buildroot login:')

        expect:
        vm.login().login().sh('true').ok()
    }

    def "a refused password is a mistake that says so"() {
        given:
        guest.logsIn(ofSeconds(3))

        when:
        vm().login('root', 'wrong')

        then:
        def e = thrown(LabMistake)
        e.message == 'vm0 refuses the user root with this password'
    }

    def "a command before the login is a mistake that says so"() {
        given:
        guest.logsIn(ofSeconds(3))

        when:
        vm().sh('true')

        then:
        def e = thrown(LabMistake)
        e.message == 'nobody is logged in to vm0'
        e.remedy() == 'vm0.login() first'
    }

    def "#command gives #out and status #status"() {
        given:
        guest.shell(ofMillis(1))

        expect:
        vm().sh(command) == new ShellResult(out, status)

        where:
        command                                  || out                    | status
        'echo hi'                                || 'hi'                   | 0
        'printf hi'                              || 'hi'                   | 0
        '  echo "  two  words  "  '              || 'two  words'           | 0
        'exit_status() { return 3; }; exit_status' || ''                   | 3
        'false'                                  || ''                     | 1
        "echo 'single' \"double\" \\\$5"         || 'single double $5'     | 0
        'echo one; echo two >&2'                 || 'one\ntwo'             | 0
        'echo comment # not shown'               || 'comment'              | 0
        'true &'                                 || ''                     | 0
        'cat'                                    || ''                     | 0
        'read x; echo "[$x]"'                    || '[]'                   | 0
        'if true; then\n\techo yes\nfi'          || 'yes'                  | 0
        "cat <<'X'\na\tb \$HOME 100%\nX"         || 'a\tb $HOME 100%'      | 0
        'echo Grüße'                             || 'Grüße'                | 0
        "printf 'a\\r\\nb'"                      || 'a\nb'                 | 0
        'echo vmlab-1-end-0-'                    || 'vmlab-1-end-0-'       | 0
    }

    def "a command changes the shell as if it were typed"() {
        given:
        guest.shell(ofMillis(1))
        def vm = vm()

        expect:
        vm.sh('cd /; x=5').ok()
        vm.sh('echo $PWD $x').out() == '/ 5'
    }

    def "a syntax error is a failed command, not a wait without end"() {
        given:
        guest.shell(ofMillis(1))
        def vm = vm()

        expect:
        vm.sh('if').status() == 2
        vm.sh('echo "open').status() == 2
        vm.sh('echo alive').out() == 'alive'
    }

    def "long commands are typed in pieces that every line editor takes"() {
        given:
        guest.shell(ofMillis(1))
        def text = (1..600).join(' % $x ` " \\ \' ')
        def vm = vm()

        expect:
        vm.sh("cat <<'END'\n$text\nEND").out() == text
        vm.console().lines().every { it.size() < 1000 || it.contains('600') }
    }

    def "kernel messages tear neither the marks nor the output apart"() {
        given:
        guest.shell(ofMillis(1))
        guest.kernelInterrupts('vmla', '[    5.1] eth0: up\r\n')
        guest.kernelInterrupts('i6', '[    5.2] random: crng init done\r\n')
        guest.kernelInterrupts('lab-1-en', '[    5.3] eth0: down\r\n')
        def vm = vm()

        expect:
        vm.sh('echo i686').out() == 'i686'
        vm.console().text().contains('i6[    5.2] random: crng init done\r\n86')
    }

    def "output stands behind the command for expect: only the prompt is left"() {
        given:
        guest.shell(ofMillis(1))
        def vm = vm()
        vm.sh('echo one')

        expect:
        vm.console().expect(~/# $/).before() == ''
    }

    def "a command that takes too long says which"() {
        given:
        guest.prints(ofMillis(1), '# ')
        def vm = vm()

        when:
        vm.sh('sleep 100\nand more', ofSeconds(2))

        then:
        def e = thrown(WaitTimedOut)
        e.message.startsWith('vm0: waited 2 s of guest time for the end of the command "sleep 100…"')
    }

    def "two runs of a script see the same instants, instruction by instruction"() {
        expect:
        trace() == trace()
    }

    private static List<List> trace() {
        def guest = new FakeGuest()
        guest.logsIn(ofSeconds(2)).kernelPrints(ofMillis(2100), '[    2.1] late\r\n').flushesBeforePassword()
        def trace = []
        try (guest; def lab = Labs.of(guest, Pace.VIRTUAL)) {
            def vm = lab.apply(Labs.oneVm()).first().start()
            def note = { trace << [it, vm.time(), guest.cpu().instructions()] }
            note 'started'
            vm.login()
            note 'logged in'
            note vm.sh('echo one; echo two').out()
            note vm.console().expect(~/# $/).before()
            vm.console().type('echo typed')
            note vm.console().expect('typed\r\n').before()
            vm.run(ofMillis(5))
            note 'ran'
            note vm.console().text()
        }
        trace
    }
}
