// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.lab.RealGdb
import vmlab.vmm.Machine.Pace

/** The distribution's gdb on Debian's kernel. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class GdbLinuxSpec extends Specification {
    def "gdb breaks on a kernel's function, looks around, and the guest lives on"() {
        given:
        def settings =
                new LabSettings(Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        def lab = new Lab(settings)
        new ScriptRunner(lab, new PrintWriter(Writer.nullWriter())).run('gdb', '''
            lab { vm(0) { guest_ram_mb = 128; kernel_image = debian.kernel; initrd_image = rootfs { } } }
        ''', [])
        def vm0 = lab.vm('vm0').get()
        vm0.login()

        when: 'a command is typed, and gdb lets the guest do it'
        vm0.console().type('cat /proc/version')
        def gdb = RealGdb.start([vm0.symbolFile().toString()], [
            "target remote localhost:${vm0.gdb(0).port()}".toString(),
            'break do_sys_openat2',
            'continue',
            'backtrace 3',
            'info registers eip cr3 cs',
            'x/2i $eip',
            'delete',
            'watch -l *(int *) ($esp - 4)',
            'continue',
            'delete',
            'stepi',
            'stepi',
            'monitor time',
            'detach',
        ])
        def printed = gdb.end()

        then:
        printed =~ /Breakpoint 1, 0x[0-9a-f]+ in do_sys_openat2 \(\)/
        printed =~ /#1 +0x[0-9a-f]+ in __ia32_sys_openat/
        printed =~ /eip +0x[0-9a-f]+ +0x[0-9a-f]+ <do_sys_openat2>/
        printed =~ /Hardware watchpoint 2[\s\S]*Old value = [\s\S]*New value = /
        printed =~ /[0-9] s of guest time/
        printed.contains('detached')
        vm0.sh('echo alive').out == 'alive'

        when: 'gdb interrupts a guest that runs'
        def second = RealGdb.start([], ["target remote localhost:${vm0.gdb().port()}".toString(), 'continue', 'info threads', 'detach'])
        second.awaitText('in ?? ()')
        def before = vm0.time()
        second.awaitThat { vm0.time() > before }
        second.interrupt()
        printed = second.end()

        then:
        printed.contains('SIGINT')
        printed.contains('Thread 1 (CPU 0)')
        vm0.sh('echo alive').out == 'alive'

        cleanup:
        lab?.close()
    }
}
