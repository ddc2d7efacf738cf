// SPDX-License-Identifier: Apache-2.0
package vmlab.image

import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest
import java.time.Duration
import java.util.concurrent.TimeUnit
import spock.lang.Shared
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.CachedDebian
import vmlab.dsl.ScriptRunner
import vmlab.dsl.UserMistake
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabMistake
import vmlab.lab.LabSettings
import vmlab.lab.LabVm
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** The tutorials' first two exercises, from empty folders, in a guest: one boot for all. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class TutorialSpec extends Specification {
    @Shared
    @TempDir
    Path folder

    @Shared
    Lab lab

    @Shared
    LabVm vm

    @Shared
    ScriptRunner runner

    def setupSpec() {
        def guest = CachedDebian.orSkip()
        Tutorial.write(folder.resolve('my-guest'))
        Files.writeString(folder.resolve('notes.txt'), 'written on the host\n')
        Files.writeString(folder.resolve('my-guest/camkes_init'), '#!/bin/sh\nmkdir -p /tmp\necho "$1" > /opt/started\n')
        lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def script = folder.resolve('lab.groovy')
        Files.writeString(script, """\
            lab {
                vm(0) {
                    kernel_image = debian.kernel
                    initrd_image = rootfs {
                        from '${folder.resolve('my-guest')}'
                        text '${folder.resolve('notes.txt')}'
                        file 'opt/own', 'of the script'
                    }
                }
            }
            vm0.start()
            vm0.login()
            """.stripIndent())
        runner = new ScriptRunner(lab, new PrintWriter(new StringWriter(), true))
        runner.run(script, [])
        vm = lab.vm('vm0').get()
    }

    def cleanupSpec() {
        lab?.close()
    }

    private String sh(String command) {
        def result = vm.sh(command)
        assert result.status() == 0: result
        return result.out()
    }

    def "the program greets"() {
        expect:
        sh('hello') == 'Hello, World!'
        vm.console().text().contains('Welcome to Buildroot')
    }

    def "the module was loaded at boot, and writing to its device reaches it"() {
        when:
        def line = sh('grep poke /proc/devices')
        def major = line.tokenize()[0]
        sh("mknod /dev/poke c $major 0")
        vm.sh('dmesg -n 7')
        sh('echo > /dev/poke')

        then:
        line ==~ /2\d\d poke/
        sh('dmesg').contains("poke initialized with major number $major")
        vm.console().text() =~ /\[ +\d+\.\d+\] hi\r/
    }

    def "init scripts, texts and files are where the tutorials have them"() {
        expect:
        sh('cat /opt/started /opt/notes.txt /opt/own').readLines() == ['start', 'written on the host', 'of the script']
        sh('ls /etc/init.d').tokenize() == ['S90camkes_init', 'rcS']
    }

    def "files go in and out of the running guest as they are"() {
        given:
        def content = new byte[(1 << 20) + 7]
        new Random(42).nextBytes(content)

        when:
        vm.put(content, "/opt/it's here")

        then:
        sh("md5sum \"/opt/it's here\"").tokenize()[0] == MessageDigest.getInstance('MD5').digest(content).encodeHex().toString()
        Arrays.equals(vm.get("/opt/it's here"), content)
        vm.get('/etc/hostname') == 'buildroot\n'.bytes

        when: 'at 115,200 bits a second, the serial line would take a minute and a half'
        def before = vm.time()
        vm.put(content, '/opt/again')

        then:
        vm.time() - before < Duration.ofSeconds(30)
    }

    def "what can't be copied is told"() {
        when:
        vm.put('x'.bytes, '/nowhere/x')

        then:
        def put = thrown(LabMistake)
        put.message.contains('/nowhere/x')

        when:
        vm.get('/nowhere/x')

        then:
        def get = thrown(LabMistake)
        get.message.contains('/nowhere/x')
    }

    def "a changed program runs without a reboot"() {
        given:
        Tutorial.file(folder.resolve('my-guest/pkg/hello/hello.c'), Tutorial.HELLO_C.replace('World', 'again'))

        when:
        vm.install('hello')

        then:
        sh('hello') == 'Hello, again!'
    }

    def "a changed module is loaded in place of the old one, and its hypercalls arrive"() {
        given:
        def calls = []
        vm.hypercall(4) { call -> calls << call.ebx; null }
        Tutorial.file(folder.resolve('my-guest/modules/poke/poke.c'),
                Tutorial.POKE_C.replace('printk("hi\\n");', 'kvm_hypercall1(4, 0);'))

        when:
        vm.insmod('poke')
        sh('rm -f /dev/poke; mknod /dev/poke c $(grep poke /proc/devices | cut -d " " -f 1) 0')
        sh('echo > /dev/poke')

        then:
        calls == [0]
        sh('dmesg | grep -c "poke exit"') == '1'
    }

    def "a module that can't be loaded is told with the kernel's words"() {
        given:
        Tutorial.file(folder.resolve('my-guest/modules/poke/poke.c'),
                Tutorial.POKE_C.replace('return 0;', 'return -ENODEV;'))

        when:
        vm.insmod('poke')

        then:
        def refused = thrown(LabMistake)
        refused.message.contains("vm0 can't load poke")
    }

    def "what doesn't compile is told at the script's line, with the compiler's words"() {
        given:
        Tutorial.file(folder.resolve('my-guest/modules/poke/poke.c'), Tutorial.POKE_C.replace('printk("hi', 'prinkt("hi'))
        def script = folder.resolve('again.groovy')
        Files.writeString(script, "vm0.console\nvm0.insmod('poke')\n")

        when:
        runner.run(script, [])

        then:
        def mistake = thrown(UserMistake)
        mistake.message.contains("again.groovy:2:")
        mistake.message.contains("modules/poke/poke.c:16:5: error: implicit declaration of function 'prinkt'")
    }

    def "a word that is no property of a VM stays a mistake"() {
        when:
        vm.nosuch

        then:
        thrown(MissingPropertyException)
    }
}
