// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.HostDisassembler
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** Looking into Debian's kernel while it boots: its own symbols, through its own page tables. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LinuxViewSpec extends Specification {
    def "symbols name the kernel's memory and code, and the place where its CPU is"() {
        given:
        HostDisassembler.orSkip()
        def settings = new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)

        expect:
        try (def lab = new Lab(settings)) {
            def runner = new ScriptRunner(lab, new PrintWriter(new StringWriter(), true))
            runner.run('lab.groovy', '''\
                lab { vm(0) { kernel_image = debian.kernel; kernel_cmdline = 'console=ttyS0' } }
                vm0.start()
                vm0.console.expect('Linux version', 10.seconds)
                vm0.run(20.ms)
                def banner = vm0.memory.find('Linux version 6.1')[0]
                assert vm0.virtual.cString(banner + 0xC0000000L) =~ /^Linux version 6\\.1/
                assert vm0.where(vm0.symbols['schedule'] + 2).endsWith('<schedule+0x2>')
                assert vm0.where() =~ /^0x[cd][0-9a-f]{7} <\\w+(\\.\\w+)*\\+?/
                def code = vm0.disassemble('schedule', 4).readLines()
                assert code[0] == 'schedule:' && code.size() == 5
                assert vm0.virtual.bytes('schedule', 16) == vm0.memory.bytes(vm0.symbols['schedule'] - 0xC0000000L, 16)
                def before = vm0.time
                vm0.step(5)
                assert vm0.time > before
                ''', [])
            assert Scripts.failure { runner.run('x', "vm0.symbols['scheduel']", []) }.message.contains('did you mean schedule')
        }
    }
}
