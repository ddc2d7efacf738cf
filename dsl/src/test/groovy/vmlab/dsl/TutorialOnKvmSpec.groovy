// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import static org.junit.jupiter.api.Assumptions.abort

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.Tag
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace
import vmlab.vmm.kvm.KvmProbe

/** Debian's i386 kernel on hardware KVM, with what scripts/tutorial.groovy and scripts/string-reverse.groovy do in it. */
@Tag('kvm')
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class TutorialOnKvmSpec extends Specification {
    @TempDir
    Path folder

    private static void hardwareKvmOrSkip() {
        def found = KvmProbe.run()
        if (!found.usable()) {
            def required = ['kvm-paging', 'all'].any { (System.getenv('VMLAB_REQUIRE') ?: '').split(/[ ,]+/).contains(it) }
            assert !required: found.reason()
            abort("i386 guests don't run on this host's KVM: " + found.reason())
        }
    }

    def "the program greets, and the module's hypercalls reach their handler through the doorbell"() {
        given:
        hardwareKvmOrSkip()
        def settings = new LabSettings(
                Backend.KVM, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def printed = new StringWriter()
        def top = Path.of('..').toRealPath()
        def lab = new Lab(settings)

        when:
        new ScriptRunner(lab, new PrintWriter(printed, true))
                .run(top.resolve('scripts/tutorial.groovy'), [top.resolve('target/tutorial').toString()])

        then:
        printed.toString().readLines() == ['Hello, World!'] + ['POKE!!!'] * 3
        lab.vm('vm0').get().console().text().contains('buildroot login: root')

        cleanup:
        lab.close()
    }

    def "print_client has a component print words, by hypercalls"() {
        given:
        hardwareKvmOrSkip()
        def settings = new LabSettings(
                Backend.KVM, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def lab = new Lab(settings)

        when:
        PrintClientSpec.run(new ScriptRunner(lab, new PrintWriter(Writer.nullWriter())), folder)
        def vm = lab.vm('vm0').get()
        def mapped = vm.sh('print_client hello world; dmesg | grep -o "dataport received mmap for minor 1"').out()

        then:
        lab.component('print_server').get().lines() == ['hello', 'world']
        mapped == 'dataport received mmap for minor 1'

        cleanup:
        lab.close()
    }

    def "a program has lines reversed by a component and asks another guest, over PCI functions"() {
        given:
        hardwareKvmOrSkip()
        def settings = new LabSettings(
                Backend.KVM, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def printed = new StringWriter()
        def lab = new Lab(settings)

        when:
        new ScriptRunner(lab, new PrintWriter(printed, true))
                .run(Path.of('..').toRealPath().resolve('scripts/string-reverse.groovy'), [])

        then:
        printed.toString().readLines() == ['olleh', 'WHO IS THERE']

        cleanup:
        lab.close()
    }
}
