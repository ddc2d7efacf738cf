// SPDX-License-Identifier: Apache-2.0
package vmlab.image

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Shared
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.CachedDebian
import vmlab.dsl.ScriptRunner
import vmlab.lab.Backend
import vmlab.lab.Lab
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
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true)).run(script, [])
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
}
