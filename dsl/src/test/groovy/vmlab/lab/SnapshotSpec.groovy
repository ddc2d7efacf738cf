// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofMillis
import static java.time.Duration.ofSeconds

import java.nio.file.Files
import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.dsl.ScriptRunner
import vmlab.dsl.model.Assembly
import vmlab.dsl.model.KernelSource
import vmlab.dsl.model.Setting
import vmlab.dsl.model.VmSpec
import vmlab.vmm.HostMistake
import vmlab.vmm.Machine.Pace

/** Snapshots and forks of PCs on the CPU in Java, with a kernel of thirty instructions that answers keys. */
@Timeout(60)
class SnapshotSpec extends Specification {
    @TempDir
    Path dir

    List<Lab> labs = []

    def cleanup() {
        labs*.close()
    }

    private Lab lab(int vms = 1, int ramMb = 4, Pace pace = Pace.VIRTUAL) {
        def lab = new Lab(new LabSettings(
                Backend.SOFT, pace, new NoFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        labs << lab
        def kernel = TinyKernel.write(dir, TinyKernel.CALLS_ON_KEYS)
        def specs = (0..<vms).collect {
            new VmSpec(it, [new Setting('kernel_image', kernel, Labs.HERE), new Setting('guest_ram_mb', ramMb, Labs.HERE)],
                    Labs.HERE)
        }
        lab.apply(new Assembly(specs, Labs.HERE))
        lab
    }

    /** All that can be seen of a VM. */
    private static List<?> seen(LabVm vm) {
        [vm.time(), vm.registers(), vm.console().text(), vm.hypercalls().list()*.calls(), vm.events()]
    }

    def "what comes after a snapshot comes again, keys on their way included"() {
        given:
        def vm = lab().vm0.start()
        vm.hypercall(7) { call -> 0 }
        vm.console().send('7')
        vm.waitForHypercall(7)
        vm.console().send('77')
        vm.run(ofMillis(5))

        when:
        def taken = vm.snapshot('before')
        def before = seen(vm)
        vm.run(ofMillis(50))
        vm.memory().u32(0x200000, 5)
        def after = seen(vm)
        vm.restore('before')

        then:
        after != before
        seen(vm) == before
        vm.memory().u32(0x200000) == 0

        when:
        vm.run(ofMillis(50))

        then:
        seen(vm) == after
        vm.waitForHypercall(7) != null
        taken.toString() ==~ /snapshot 'before' of vm0 after .* of guest time, 0 MB/
        vm.snapshots().keySet() == ['before'] as Set
    }

    def "a VM that is off goes on from its snapshot, and one of another lab from that file"() {
        given:
        def vm = lab().vm0.start()
        vm.console().send('7')
        vm.waitForHypercall(7)
        def file = vm.snapshot('one').save(dir.resolve('one.snapshot'))
        vm.run(ofMillis(5))
        def expected = seen(vm)

        when:
        vm.stop()
        vm.restore('one').run(ofMillis(5))

        then:
        seen(vm) == expected

        when:
        def other = lab().vm0
        other.restore(file).run(ofMillis(5))

        then:
        seen(other) == expected

        when: 'a held VM stays held'
        other.pause()
        other.restore(file)

        then:
        other.state() == LabVm.State.HELD
        other.snapshots().isEmpty()
    }

    def "what can't be done is said"() {
        given:
        def vm = lab().vm0
        def small = lab(1, 8).vm0

        when:
        vm.snapshot('early')

        then:
        def mistake1 = thrown(LabMistake)
        mistake1.message == "vm0 isn't started"

        when:
        vm.start().snapshot('a')
        vm.restore('b')

        then:
        def unknown = thrown(LabMistake)
        [unknown.message, unknown.remedy()] == ["vm0 has no snapshot 'b'", 'it has a']

        when:
        small.restore(vm.snapshots()['a'])

        then:
        def other = thrown(LabMistake)
        other.message.startsWith("the snapshot 'a' is of a VM with other equipment: 4 MB RAM, [pic")
        other.remedy().startsWith('vm0 has 8 MB')
        vm.time() == vm.snapshots()['a'].time()

        when:
        def refused = null
        vm.hypercall(7) {
            try {
                vm.snapshot('within')
            } catch (LabMistake e) {
                refused = e
            }
        }
        vm.console().send('7')
        vm.waitForHypercall(7)

        then:
        refused.message.startsWith("a handler can't do that to vm0")

        when:
        vm.restore(dir.resolve('nothing'))

        then:
        def mistake2 = thrown(HostMistake)
        mistake2.message.contains('nothing')
    }

    def "a VM of several CPUs can't be kept or forked, and runs on"() {
        given:
        def guest = new FakeGuest().shell(ofMillis(1))
        def lab = Labs.of(guest)
        labs << lab
        def settings = [kernel_image: KernelSource.DEBIAN, num_vcpus: 2]
                .collect { name, value -> new Setting(name, value, Labs.HERE) }
        lab.apply(new Assembly([new VmSpec(0, settings, Labs.HERE)], Labs.HERE))
        lab.vm0.start()

        when:
        act(lab)

        then:
        def mistake = thrown(LabMistake)
        mistake.message == "vm0 has 2 CPUs, and what their local APICs hold can't be kept"
        mistake.remedy() == 'snapshots need num_vcpus = 1'
        lab.vm0.sh('echo 1').out() == '1'

        cleanup:
        guest.close()

        where:
        act << [{ it.vm0.snapshot('a') }, { it.snapshot('a') }, { it.fork(2) }]
    }

    def "a lab's snapshot has all VMs that were on, in memory and on disk"() {
        given:
        def lab = lab(3)
        lab.vm0.start()
        lab.vm1.start()
        lab.vm1.console().send('7')
        lab.vm1.waitForHypercall(7)
        def taken = lab.snapshot('two')
        def file = taken.save(dir.resolve('two.snapshot'))
        def expected = [lab.vm0, lab.vm1].collect { seen(it) }

        when:
        lab.vm0.stop()
        lab.vm2.start()
        lab.vm1.run(ofSeconds(1))
        lab.restore('two')

        then:
        [lab.vm0, lab.vm1].collect { seen(it) } == expected
        lab.vm2.state() == LabVm.State.ENDED
        taken.toString() ==~ /snapshot 'two': vm0 after .*, vm1 after .*/

        when:
        def another = this.lab(2)
        another.restore(file)

        then:
        [another.vm0, another.vm1].collect { seen(it) } == expected

        when:
        this.lab(1).restore(file)

        then:
        def mistake3 = thrown(LabMistake)
        mistake3.message.endsWith('two.snapshot has a vm1, the lab hasn\'t')
    }

    def "forks go their own ways from the same present, with the handlers of the first"() {
        given:
        def lab = lab()
        def tokens = []
        lab.vm0.hypercall(7) { call -> tokens << 7 }
        lab.vm0.start().run(ofMillis(1))
        lab.vm0.memory().write(0x200000, 'of all')
        def before = seen(lab.vm0)

        when:
        def forks = lab.fork(3)
        forks.eachWithIndex { fork, i ->
            assert seen(fork.vm0) == before
            fork.vm0.memory().write(0x200000, "of $i  ".toString())
            i.times { fork.vm0.console().send('7') }
            fork.vm0.run(ofMillis(30))
        }

        then:
        forks.collect { it.vm0.hypercalls().at(7).calls() } == [0, 1, 2]
        forks.collect { it.vm0.memory().cString(0x200000) } == ['of 0  ', 'of 1  ', 'of 2  ']
        tokens.size() == 3
        seen(lab.vm0) == before
        lab.vm0.memory().cString(0x200000) == 'of all'

        when:
        lab.close()

        then:
        forks.every { it.vm0.state() == LabVm.State.ENDED }

        when:
        lab.fork(0)

        then:
        def mistake4 = thrown(LabMistake)
        mistake4.message == '0 is no number of forks'
    }

    def "what dataports hold and where the guest has them goes along"() {
        given:
        def lab = new Lab(Labs.settings(Pace.VIRTUAL))
        labs << lab
        def runner = new ScriptRunner(lab, new PrintWriter(new StringWriter(), true))
        runner.binding().setVariable('kernel', TinyKernel.write(dir, TinyKernel.CONNECTED))
        def run = { String text -> runner.run('lab.groovy', text.stripIndent(), []) }
        run '''\
            lab {
                component('Store') { dataport Buf(4096), 'data' }
                vm(0) {
                    kernel_image = kernel
                    guest_ram_mb = 4
                    dataport Buf(4096), 'data'
                    data_id = 1
                }
                composition {
                    component Store, 'store'
                    connection seL4SharedDataWithCaps, 'words', from: store.data, to: vm0.data
                }
            }
            vm0.start()
            vm0.memory.u8(0x200000, 9)
            lab.snapshot('apart')
            vm0.console.send('1')
            vm0.waitForHypercall(1)
            vm0.memory.write(0x200000, 'words')
            lab.snapshot('together')'''

        expect:
        run('''\
            store.data.text('others')
            assert vm0.memory.cString(0x200000) == 'others'
            lab.restore('together')
            [store.data.text(), vm0.memory.cString(0x200000)]''') == ['words', 'words']
        run('''\
            lab.restore('apart')
            store.data.text('alone')
            vm0.memory.u8(0x200000)''') == 9
        run('''\
            lab.restore('together')
            vm0.memory.write(0x200000, 'guest')
            def fork = lab.fork(1)[0]
            fork.store.data.text('forked')
            [store.data.text(), fork.vm0.memory.cString(0x200000)]''') == ['guest', 'forked']
    }

    def "in real time a snapshot is of a moment, and the guest goes on"() {
        given:
        def vm = lab(1, 4, Pace.REAL_TIME).vm0.start()

        when:
        vm.snapshot('moment')
        vm.run(ofMillis(20))
        vm.restore('moment')

        then:
        vm.time() >= vm.snapshots()['moment'].time()

        when:
        vm.console().send('7')

        then:
        vm.waitForHypercall(7) != null
    }

    def "what a file lacks or has too much of is said, and nothing has happened to the VM"() {
        given:
        def vm = lab().vm0.start()
        vm.run(ofMillis(1))
        def file = vm.snapshot('a').save(dir.resolve('a.snapshot'))
        def octets = Files.readAllBytes(file)
        def before = seen(vm)

        when:
        octets[octets.length - 100] ^= 1
        Files.write(file, octets)
        vm.restore(file)

        then:
        def mistake5 = thrown(HostMistake)
        mistake5.message.contains('a.snapshot is damaged')
        seen(vm) == before
    }
}
