// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.camkes.Samples
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** The tutorials' third exercise, from its folder as it is: the .camkes file with all that lies beside it. */
class CamkesFileSpec extends Specification {
    /** An application's own command line, as those of the field have it. */
    private static final String HEADER = '''\
        #define VM_GUEST_CMDLINE "earlyprintk=ttyS0,115200 console=ttyS0,115200 i8042.nokbd=y i8042.nomux=y \\
        i8042.noaux=y io_delay=udelay noisapnp pci=nomsi root=/dev/mem"
        '''.stripIndent()

    @TempDir
    Path folder

    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    def "the tutorial's folder runs, and its component in C prints what the guest gives it"() {
        given:
        def guest = CachedDebian.orSkip()
        def file = Samples.copy(folder, Samples.TUTORIAL)
        Files.createDirectories(folder.resolve('configurations'))
        Files.writeString(folder.resolve('configurations/board.h'), HEADER)
        def printed = new StringWriter()
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def runner = new ScriptRunner(lab, new PrintWriter(printed, true))

        when:
        runner.run('lab.groovy', '''\
            lab.load(args[0])
            vm0.start()
            vm0.login()
            vm0.sh('print_client hello world')
            '''.stripIndent(), [file.toString()])

        then: 'all the tutorial shows, each on the console of whose it is'
        lab.vm('vm0').get().spec().kernelCmdline().startsWith('earlyprintk=ttyS0')
        def console = lab.vm('vm0').get().console().text()
        ['Creating dataport node /dev/camkes_data', 'Allocating 4096 bytes for /dev/camkes_data',
         'Creating consuming event node /dev/camkes_done_printing',
         'Creating emitting event node /dev/camkes_do_print'].every { console.contains(it) }
        lab.component('print_server').get().lines() == ['hello', 'world']
        printed.toString().readLines().containsAll(['print_server: hello', 'print_server: world'])
        lab.vm('vm0').get().sh('dmesg | grep -o "dataport received mmap for minor 1"').out() ==
                'dataport received mmap for minor 1'

        cleanup:
        lab.close()
    }

    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    def "string_reverse has lines reversed by the component of vmlab's library, and programs come from the newer edition's pkgs"() {
        given:
        def file = Samples.copy(folder, 'optiplex/optiplex')
        def init = folder.resolve('vm0/camkes_init')
        Files.createDirectories(init.parent)
        Files.writeString(init, '#!/bin/sh\necho at boot | string_reverse\n')
        def shout = Files.createDirectories(folder.resolve('vm0/pkgs/shout'))
        Files.writeString(shout.resolve('shout.c'), '''\
            #include "dataport.h"
            int shout(void);
            int main(void) { return shout(); }
            '''.stripIndent())
        Files.writeString(shout.resolve('voice.c'), '#include <stdio.h>\nint shout(void) { return puts("HELLO") < 0; }\n')
        Files.writeString(shout.resolve('CMakeLists.txt'), '''\
            cmake_minimum_required(VERSION 3.8.2)
            project(shout C)
            # add_executable(another another.c)
            add_executable(shout shout.c
                           voice.c)
            target_link_libraries(shout PRIVATE camkeslinux "-static")
            '''.stripIndent())
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def runner = new ScriptRunner(lab, new PrintWriter(Writer.nullWriter()))

        when:
        def reversed = runner.run('lab.groovy', """\
            lab.load('$file')
            vm0.start()
            vm0.login()
            vm0.sh('echo hello | string_reverse; shout').out
            """.stripIndent(), [])

        then:
        lab.vms()*.name() == ['vm0', 'vm1']
        lab.vm('vm0').get().console().text().contains('toob ta')
        reversed == 'olleh\nHELLO'

        cleanup:
        lab.close()
    }

    def "a closure takes the place of a component's code"() {
        given:
        def scripts = new Scripts()
        def file = Samples.copy(folder, Samples.TUTORIAL)
        def made = "lab.load('$file', components: [PrintServer: { println 'from here' }])"

        when:
        scripts.run(made)
        scripts.lab.activity().awaitQuiet()

        then:
        scripts.lab.component('print_server').get().lines() == ['from here']
        scripts.mistake("lab.load('$file', components: [PrintSever: { }])").contains('did you mean PrintServer?')

        cleanup:
        scripts.close()
    }

    def "what a file describes is there by its names, and its mistakes with their lines"() {
        given:
        def scripts = new Scripts()
        def file = Samples.copy(folder, 'optiplex/optiplex')

        when:
        scripts.run("lab.load('$file', cmdline: 'quiet', vm1: [guest_ram_mb: 64])")

        then:
        scripts.run('[vm0.name, vm1.spec.guestRamMb(), vm1.spec.kernelCmdline(), string_reverse.type()]') ==
                ['vm0', 64, 'quiet', 'StringReverse']
        scripts.printed.toString().contains('vm0: the kernel "bzimage" is debian.kernel')

        when:
        Files.writeString(file, Files.readString(file).replace('vm0.dp2_id = 2', 'vm0.dp2_idd = 2'))

        then:
        scripts.mistake("lab.load('$file')").contains(':52:9: vm0 has no attribute dp2_idd\n'
                + '        vm0.dp2_idd = 2;\n        ^\n')
        scripts.mistake("lab.load('$file', kernl: 'x')").contains('did you mean kernel?')
        scripts.mistake("lab.load('${folder.resolve('none.camkes')}')").contains('there is no such file')

        cleanup:
        scripts.close()
    }
}
