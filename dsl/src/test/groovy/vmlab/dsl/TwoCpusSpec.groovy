// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import static org.junit.jupiter.api.Assumptions.abort

import java.nio.file.Files
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

/** Debian's kernels on two CPUs of KVM's. */
@Tag('kvm')
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TwoCpusSpec extends Specification {
    @TempDir
    Path folder

    private static String missing(boolean sixtyFour) {
        def found = KvmProbe.run()
        def why = sixtyFour ? found.no64Bit() : found.usable() ? '' : found.reason()
        def required = ['kvm-paging', 'all'].any { (System.getenv('VMLAB_REQUIRE') ?: '').split(/[ ,]+/).contains(it) }
        assert !required || why == ''
        why
    }

    private static List<String> perCpu(String stat) {
        stat.readLines().findAll { it ==~ /cpu\d .*/ }
    }

    private static int userTicks(String line) {
        line.split(/\s+/)[1] as int
    }

    def "#kernel sees two CPUs and uses both; it is held, a CPU goes and comes back, and the power goes off"() {
        given:
        def why = missing(kernel == 'debian.kernel64')
        if (why) {
            abort("guests of several CPUs don't run here: " + why)
        }
        def settings = new LabSettings(
                Backend.AUTO, Pace.REAL_TIME, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def lab = new Lab(settings)
        def script = Files.writeString(folder.resolve('lab.groovy'), """\
            lab { vm(0) { num_vcpus = 2; kernel_image = $kernel; initrd_image = rootfs { } } }
            vm0.start()
            vm0.login()
            """.stripIndent())
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true)).run(script, [])
        def vm = lab.vm('vm0').get()

        expect:
        vm.sh('nproc').out() == '2'
        vm.sh('head -n 1 /proc/interrupts').out().split().toList() == ['CPU0', 'CPU1']

        when: 'two processes work'
        def before = perCpu(vm.sh('cat /proc/stat').out())
        vm.sh('work() { i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; }; work & work & wait')
        def after = perCpu(vm.sh('cat /proc/stat').out())

        then:
        [before, after].transpose().every { userTicks(it[1]) > userTicks(it[0]) }

        when:
        vm.pause()
        def places = (0..1).collect { vm.cpu(it).registers().general().rip() }

        then:
        places.every { it != 0 }
        (0..1).collect { vm.cpu(it).registers().general().rip() } == places

        when:
        vm.resume()

        then:
        vm.sh('echo 0 > /sys/devices/system/cpu/cpu1/online; nproc').out() == '1'
        vm.sh('echo 1 > /sys/devices/system/cpu/cpu1/online; nproc').out() == '2'

        when:
        vm.console().type('poweroff -f\r')

        then:
        vm.awaitEnd().kind().name() == 'POWERED_OFF'

        cleanup:
        lab.close()

        where:
        kernel << ['debian.kernel', 'debian.kernel64']
    }
}
