// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import static org.junit.jupiter.api.Assumptions.abort

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.Tag
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.GuestFiles
import vmlab.lab.Lab
import vmlab.lab.LabMistake
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.CpuModel
import vmlab.vmm.Machine.Pace
import vmlab.vmm.kvm.KvmProbe

/** The tutorials' exercises and CAmkES's demonstration of connections, with Debian's i386 kernel on hardware KVM. */
@Tag('kvm')
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class TutorialOnKvmSpec extends Specification {
    private static final Path TOP = Path.of('..').toRealPath()

    private static final String FROM_FILE = '''\
        lab.load(args[0])
        vm0.start()
        vm0.login()
        vm0.sh 'print_client hello world'
        println vm0.sh('dmesg | grep -o "dataport received mmap for minor 1"').out
        '''.stripIndent()

    /** Has all that the scripts' guests are made of built into the cache, and boots none. */
    static void main(String[] args) {
        def guest = new CachedDebian()
        guest.debianKernel()
        [this.&exercises, this.&bothWays, this.&fromFile].each { script ->
            def lab = lab(Backend.SOFT, new BuildOnly(guest))
            try {
                script(runner(lab, new StringWriter()))
                throw new IllegalStateException('a guest was booted')
            } catch (UserMistake e) {
                if (!e.message.contains(BuildOnly.NO_KERNEL)) {
                    throw e
                }
                lab.vms().each { lab.settings().guest().rootfs(it.spec().initrdImage().get()) }
            } finally {
                lab.close()
            }
        }
    }

    /** Everything but a kernel. */
    private static final class BuildOnly implements GuestFiles {
        static final String NO_KERNEL = 'nothing is to be booted'

        @Delegate
        private final GuestFiles others

        BuildOnly(GuestFiles others) {
            this.others = others
        }

        @Override
        GuestFiles forCpu(CpuModel cpu) {
            this
        }

        @Override
        Path debianKernel() {
            throw new LabMistake(NO_KERNEL, '')
        }
    }

    private static void exercises(ScriptRunner runner) {
        runner.run(TOP.resolve('scripts/tutorial.groovy'), [TOP.resolve('target/tutorial').toString()])
    }

    private static void bothWays(ScriptRunner runner) {
        runner.run(TOP.resolve('scripts/cross-vm.groovy'), [TOP.resolve('scripts/print-client').toString()])
    }

    private static void fromFile(ScriptRunner runner) {
        runner.run('lab.groovy', FROM_FILE, [TOP.resolve('scripts/print-client/vm.camkes').toString()])
    }

    private static Lab lab(Backend backend, GuestFiles guest) {
        new Lab(new LabSettings(backend, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
    }

    private static ScriptRunner runner(Lab lab, Writer printed) {
        new ScriptRunner(lab, new PrintWriter(printed, true))
    }

    @AutoCleanup
    Lab lab

    def printed = new StringWriter()

    def setup() {
        def found = KvmProbe.run()
        if (!found.usable()) {
            def required = ['kvm-paging', 'all'].any { (System.getenv('VMLAB_REQUIRE') ?: '').split(/[ ,]+/).contains(it) }
            assert !required: found.reason()
            abort("i386 guests don't run on this host's KVM: " + found.reason())
        }
        lab = lab(Backend.KVM, CachedDebian.orSkip())
    }

    def "the program greets, and the module's hypercalls reach their handler through the doorbell"() {
        when:
        exercises(runner(lab, printed))

        then:
        printed.toString().readLines() == ['Hello, World!'] + ['POKE!!!'] * 3
        lab.vm('vm0').get().console().text().contains('buildroot login: root')
    }

    def "print_client and its component, as they come from the tutorials' .camkes file"() {
        when:
        fromFile(runner(lab, printed))

        then:
        printed.toString().readLines().containsAll(
                ['print_server: hello', 'print_server: world', 'dataport received mmap for minor 1'])
        lab.component('print_server').get().lines() == ['hello', 'world']
    }

    def "print_client and string_reverse in two guests, connected by hypercalls and by PCI functions"() {
        when:
        bothWays(runner(lab, printed))

        then:
        printed.toString().readLines() == [
            'print_server: hello', 'print_server: world', 'dataport received mmap for minor 1',
            'olleh', 'olleh', 'WHO IS THERE',
            'replace  component  print_server: its run',
            'print_server: hello', 'print_server: from', 'print_server: C']
    }
}
