// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofSeconds

import java.nio.file.Files
import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.ccomponent.CProgram
import vmlab.ccomponent.CSource
import vmlab.dsl.model.Assembly
import vmlab.dsl.model.GuestFile
import vmlab.dsl.model.KernelSource
import vmlab.dsl.model.Problem
import vmlab.dsl.model.RootFs
import vmlab.dsl.model.Setting
import vmlab.dsl.model.SourceLocation
import vmlab.dsl.model.VmSpec
import vmlab.vmm.CpuModel
import vmlab.vmm.HostMistake
import vmlab.vmm.Machine.Pace
import vmlab.vmm.MachineEnd

/** PCs behind a lab's VMs: their serial line, boot images and ends, with a kernel of thirty instructions. */
@Timeout(60)
class PcFactorySpec extends Specification {
    @TempDir
    Path dir

    private Path kernel(String hex) {
        TinyKernel.write(dir, hex)
    }

    private static Assembly assembly(Map<String, Object> settings) {
        def list = settings.collect { name, value -> new Setting(name, value, Labs.HERE) }
        new Assembly([new VmSpec(0, list, Labs.HERE)], Labs.HERE)
    }

    private static LabVm vm(Lab lab, Map<String, Object> settings) {
        lab.apply(assembly(settings)).first().start()
    }

    private static LabSettings soft() {
        new LabSettings(Backend.SOFT, Pace.VIRTUAL, new NoFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
    }

    def "two CPUs are too many for the CPU in Java, which is said at their line"() {
        given:
        def spec = assembly([kernel_image: kernel('F4'), num_vcpus: 2])

        when:
        new Lab(soft()).withCloseable { it.apply(spec) }

        then:
        def refused = thrown(AssemblyRefused)
        refused.problems()*.found() == ['num_vcpus is 2, and a machine on backend soft has at most 1']
        refused.problems()*.remedy() == ['num_vcpus = 1, or a host with KVM and --backend kvm']
    }

    def "a VM has the CPUs it has"() {
        given:
        def lab = new Lab(soft())
        def vm = vm(lab, [kernel_image: kernel('F4'), num_vcpus: 1])

        expect:
        vm.cpu(0).registers() == vm.registers()
        vm.cpu(0).toString() == 'CPU 0 of vm0 (registers)'

        when:
        vm.cpu(1)

        then:
        def mistake = thrown(LabMistake)
        mistake.message == 'vm0 has no CPU 1'
        mistake.remedy() == 'its only CPU is 0'

        cleanup:
        lab.close()
    }

    def "of several CPUs the default command line hides none"() {
        expect:
        specOf(cpus).kernelCmdline().split(' ').contains('nosmp') == (cpus == 1)
        specOf(cpus).kernelCmdline().startsWith('console=ttyS0 quiet ')
        specOf(cpus).kernelCmdline().endsWith(' acpi=off noisapnp')

        where:
        cpus << [1, 2]
    }

    private static VmSpec specOf(int cpus) {
        assembly([num_vcpus: cpus]).vms().first()
    }

    def "a kernel's output comes, keys reach it, and its power-off is told"() {
        given: 'it prints ">", waits for a key, prints it, and halts for good'
        def kernel = kernel('''
            66BAF803 B03E EE
            66BAFD03 EC A801 74FB
            66BAF803 EC EE
            FA F4''')

        expect:
        def times = (1..2).collect {
            try (def lab = new Lab(Labs.settings(Pace.VIRTUAL))) {
                def vm = vm(lab, [kernel_image: kernel, guest_ram_mb: 4])
                vm.console().expect('>', ofSeconds(1))
                vm.console().send('k')
                assert vm.console().expect(~/[^>]/, ofSeconds(1)).text() == 'k'
                assert vm.awaitEnd().kind() == MachineEnd.Kind.POWERED_OFF
                assert vm.registers().eip() >= TinyKernel.LOADED_AT
                vm.time()
            }
        }
        times[0] == times[1]
    }

    def "the default command line tells the rate of the time stamp counter, a given one is left alone"() {
        given: 'it prints its command line, and halts for good'
        def kernel = kernel('8B7310 66BAF803 AC 84C0 7403 EE EBF8 FA F4')

        expect:
        try (def lab = new Lab(soft())) {
            def vm = vm(lab, [kernel_image: kernel, guest_ram_mb: 4] + settings)
            vm.awaitEnd()
            vm.console().text().endsWith(end)
        }

        where:
        settings                 | end
        [:]                      | ' noisapnp tsc_early_khz=1000000'
        [kernel_cmdline: 'of=x'] | 'of=x'
    }

    def "a triple fault says where"() {
        given: 'it loads an empty interrupt table and traps'
        def kernel = kernel('6A00 6A00 0F011C24 CC')

        when:
        try (def lab = new Lab(Labs.settings(Pace.VIRTUAL))) {
            vm(lab, [kernel_image: kernel, guest_ram_mb: 4]).console().expect('x', ofSeconds(1))
        }

        then:
        def e = thrown(GuestEnded)
        e.end().kind() == MachineEnd.Kind.CRASHED
        e.message == 'vm0 crashed with a triple fault; waited for "x" on its console'
        e.end().detail().contains('EIP=00100048')
    }

    def "a kernel that is none is the host's matter, told at the start"() {
        given:
        def file = Files.writeString(dir.resolve('text'), 'no kernel')

        when:
        try (def lab = new Lab(Labs.settings(Pace.VIRTUAL))) {
            vm(lab, [kernel_image: file])
        }

        then:
        def e = thrown(HostMistake)
        e.message.contains("$file is no kernel for this machine")
    }

    def "the CPU in Java refuses a 64-bit kernel, at its line in the script"() {
        given:
        def line = new SourceLocation('lab.groovy', 3, 9)
        def spec = new VmSpec(0, [new Setting('kernel_image', KernelSource.DEBIAN64, line)], Labs.HERE)
        def settings = new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, new NoFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)

        when:
        try (def lab = new Lab(settings)) {
            lab.apply(new Assembly([spec], Labs.HERE)).first().start()
        }

        then:
        def e = thrown(AssemblyRefused)
        e.problems() == [new Problem(
                line,
                'debian.kernel64 is for 64-bit x86: the CPU in Java is a 32-bit one',
                'use a host with KVM and --backend auto or kvm, or take a kernel for i386 (debian.kernel)')]
    }

    def "what rootfs adds reaches who builds it"() {
        given:
        def copied = Files.writeString(dir.resolve('copied'), 'of the host')
        def files = [new GuestFile('etc/motd', 'Grüße', Labs.HERE), new GuestFile('opt/x', copied, Labs.HERE),
                     new GuestFile('opt/y', [1, 2] as byte[], Labs.HERE)]
        def described = new RootFs(files, [])
        List<RootFs> seen = []
        def guest = new GuestFiles() {
            GuestFiles forCpu(CpuModel cpu) {
                this
            }

            Path debianKernel() {
                Files.write(dir.resolve('own'), Files.readAllBytes(kernel('FA F4')))
            }

            Path rootfs(RootFs rootfs) {
                seen << rootfs
                Files.write(dir.resolve('initrd'), [0] as byte[])
            }

            CProgram component(CSource source) {
                throw new AssertionError((Object) 'nobody compiles anything here')
            }

            List<GuestFiles.Built> part(String name, RootFs rootfs) {
                throw new AssertionError((Object) 'nobody builds a part here')
            }
        }
        def settings = new LabSettings(Backend.SOFT, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)

        when:
        try (def lab = new Lab(settings)) {
            vm(lab, [kernel_image: KernelSource.DEBIAN, initrd_image: described]).awaitEnd()
        }

        then:
        seen == [described]
    }
}
