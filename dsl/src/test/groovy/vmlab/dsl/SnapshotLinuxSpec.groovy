// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.lang.management.ManagementFactory
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.BootCache
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** The boot cache, snapshots and forks on the real guest, which boots once for all of this. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class SnapshotLinuxSpec extends Specification {
    private static final Path HELLO = Path.of('..', 'scripts', 'hello.groovy')

    @TempDir
    Path dir

    private static Object run(Lab lab, String text) {
        new ScriptRunner(lab, new PrintWriter(System.out, true)).run('lab.groovy', text.stripIndent(), [])
    }

    private Lab open(Pace pace = Pace.VIRTUAL) {
        new Lab(new LabSettings(
                Backend.SOFT,
                pace,
                CachedDebian.orSkip(),
                Progress.silent(),
                LabSettings.DEFAULT_GUEST_TIME,
                BootCache.in(dir.resolve('boots'))))
    }

    /** What the CPUs of all VMs have taken of the host's. */
    private static long cpuNanos() {
        def threads = ManagementFactory.threadMXBean
        Thread.allStackTraces.keySet().findAll { it.name == 'vm0-vcpu0' }.sum { threads.getThreadCpuTime(it.id) } as long
    }

    /** What the manual's first script prints, and all that can be seen of its guest. */
    private List<?> hello(Lab lab) {
        def printed = new StringWriter()
        new ScriptRunner(lab, new PrintWriter(printed, true)).run(HELLO, [])
        def vm = lab.vm('vm0').get()
        [printed.toString(), vm.console().text(), vm.time(), vm.registers(), vm.events()]
    }

    def "Linux is booted once, goes back and is many"() {
        given:
        def cold = open().withCloseable { hello(it) }
        assert Files.list(dir.resolve('boots')).withCloseable { it.count() } == 1

        when:
        def lab = open()
        def warm = hello(lab)

        then: 'nobody can tell a boot from none'
        warm == cold
        warm[1].contains('Welcome to Buildroot')

        when: 'a file written after a snapshot isn\'t there before'
        def back = run(lab, '''\
            def vm0 = lab.vm0
            vm0.start().login()
            vm0.sh('echo kept > /tmp/kept')
            vm0.snapshot('clean')
            vm0.sh('echo x > /tmp/x; cd /tmp')
            assert vm0.sh('cat /tmp/x; pwd').out == 'x\\n/tmp'
            vm0.restore('clean')
            [vm0.sh('cat /tmp/x; pwd').out, vm0.sh('cat /tmp/kept').out]''')

        then:
        back[0].contains("can't open '/tmp/x'")
        back[0].endsWith('/root')
        back[1] == 'kept'

        when: 'forks have files of their own'
        def forked = run(lab, '''\
            def vm0 = lab.vm0
            vm0.restore('clean')
            def forks = lab.fork(3)
            forks.eachWithIndex { fork, i -> fork.vm0.sh("echo $i > /tmp/who") }
            [forks.collect { it.vm0.sh('cat /tmp/who /tmp/kept').out }, vm0.sh('ls /tmp').out]''')

        then:
        forked[0] == (0..2).collect { "$it\nkept".toString() }
        forked[1] == 'kept'

        when: 'a moment between snapshots is run to again, to the instruction'
        def travelled = run(lab, '''\
            def vm0 = lab.vm0
            vm0.restore('clean')
            lab.remember(500.ms)
            vm0.sh('for i in 1 2 3; do echo $i > /tmp/n; sleep 1; done')
            vm0.run(7.ms)
            def then = [vm0.time, vm0.registers, vm0.console.text, vm0.memory.bytes(0x100000, 1.MiB)]
            vm0.sh('echo 4 > /tmp/n; sleep 2')
            lab.goTo(time: then[0])
            def now = [vm0.time, vm0.registers, vm0.console.text, vm0.memory.bytes(0x100000, 1.MiB)]
            assert now == then
            vm0.snapshot('then')
            def here = vm0.sh('cat /tmp/n').out
            lab.back(1500.ms)
            [here, vm0.diff('clean', 'then').toString()]''')

        then:
        travelled[0] == '3'
        travelled[1] =~ /memory: \d+ bytes in \d+ pieces/
        lab.vm0.console().text().length() < warm[1].length() + 600

        when: 'on disk it is the same guest'
        def file = lab.vm('vm0').get().restore('clean').snapshots()['clean'].save(dir.resolve('clean.snapshot'))
        def elsewhere = this.open()
        run(elsewhere, 'lab { vm(0) { guest_ram_mb = 128; kernel_image = debian.kernel; initrd_image = rootfs { } } }')
        elsewhere.vm0.restore(file)

        then:
        elsewhere.vm0.sh('cat /tmp/kept; uptime').out() == lab.vm0.sh('cat /tmp/kept; uptime').out()
        Files.size(file) < 25 << 20

        when: 'at its prompt it leaves the host\'s CPU alone, also in real time'
        lab.pace(Pace.REAL_TIME)
        lab.vm0.run(Duration.ofMillis(500))
        long before = cpuNanos()
        lab.vm0.run(Duration.ofSeconds(2))

        then:
        cpuNanos() - before < 2_000_000_000L / 3

        cleanup:
        lab?.close()
        elsewhere?.close()
    }
}
