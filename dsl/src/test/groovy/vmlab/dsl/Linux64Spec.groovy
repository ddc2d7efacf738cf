// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import static org.junit.jupiter.api.Assumptions.abort

import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.Tag
import spock.lang.TempDir
import spock.lang.Timeout
import java.nio.file.Files
import java.nio.file.Path
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace
import vmlab.vmm.kvm.KvmProbe

/** Debian's amd64 kernel with a 64-bit user space, on hardware KVM. */
@Tag('kvm')
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class Linux64Spec extends Specification {
    private static final String SCRIPT = '''\
        lab {
            vm(0) {
                kernel_image = debian.kernel64
                initrd_image = rootfs { file 'etc/motd', 'from a script' }
            }
        }
        vm0.start()
        vm0.login()
        println vm0.sh('uname -m').out
        println vm0.sh('cat /etc/motd').out
        println vm0.sh('grep -c -w lm /proc/cpuinfo').out
        println vm0.events()
        '''.stripIndent()

    @TempDir
    Path folder

    private static void hardwareKvmOrSkip() {
        def found = KvmProbe.run()
        if (!found.runs64Bit()) {
            def required = ['kvm-paging', 'all'].any { (System.getenv('VMLAB_REQUIRE') ?: '').split(/[ ,]+/).contains(it) }
            assert !required: found.no64Bit()
            abort("64-bit guests don't run on this host's KVM: " + found.no64Bit())
        }
    }

    def "it logs in, and the guest knows that it has 64 bits"() {
        given:
        hardwareKvmOrSkip()
        def settings = new LabSettings(
                Backend.KVM, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def printed = new StringWriter()
        def script = Files.writeString(folder.resolve('lab.groovy'), SCRIPT)
        def lab = new Lab(settings)

        when:
        new ScriptRunner(lab, new PrintWriter(printed, true)).run(script, [])

        then:
        printed.toString().readLines()[0..2] == ['x86_64', 'from a script', '1']
        lab.vm('vm0').get().console().text() =~ /Welcome to Buildroot\s+buildroot login: root\s+Password: /

        cleanup:
        lab.close()
    }
}
