// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Lab
import vmlab.lab.LabMistake
import vmlab.lab.Labs
import vmlab.lab.RealGdb
import vmlab.lab.TinyKernel
import vmlab.vmm.Machine.Pace

/** The distribution's gdb on a guest of a few instructions, and who says when that runs. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class GdbSpec extends Specification {
    /** xor eax,eax; top: inc eax; mov [0x110000],eax; jmp top. */
    private static final String COUNTS = '31C0 40 A300001100 EBF8'
    private static final int TOP = TinyKernel.ENTRY + 2
    private static final int COUNTER = 0x110000

    @TempDir
    Path dir

    Lab lab

    def vm0(Pace pace) {
        lab = new Lab(Labs.settings(pace))
        def runner = new ScriptRunner(lab, new PrintWriter(Writer.nullWriter()))
        runner.binding().setVariable('kernel', TinyKernel.write(dir, COUNTS))
        runner.run('setup', 'lab { vm(0) { kernel_image = kernel; guest_ram_mb = 4 } }', [])
        return lab.vm('vm0').get().start()
    }

    def cleanup() {
        lab?.close()
    }

    private static String gdb(vm, List<String> commands) {
        RealGdb.start([], ["target remote localhost:${vm.gdb().port()}".toString()] + commands).end()
    }

    def "break, step, watch, change and detach"() {
        given:
        def vm = vm0(Pace.VIRTUAL)

        when:
        def printed = gdb(vm, [
            "break *$TOP".toString(), 'continue', 'stepi', 'print $eax', 'set $eax = 1000', 'continue', 'print $eax', 'delete',
            "watch *(int *) $COUNTER".toString(), 'continue', 'delete', "set *(int *) $COUNTER = 77".toString(),
            "x/dw $COUNTER".toString(), 'x/i $eip', 'info registers cr0', 'print $st0', 'print $xmm0.uint128', 'detach'
        ])

        then:
        printed.contains('$1 = 1\n')
        printed.contains('$2 = 1000\n')
        printed =~ /Hardware watchpoint 2: [\s\S]*Old value = 1000\nNew value = 1001/
        printed.contains(':\t77')
        printed.contains('jmp')
        printed.contains('detached')

        and: 'the guest lives on with what was changed'
        vm.run(java.time.Duration.ofMillis(1))
        vm.memory().u32(COUNTER) > 1002
    }

    def "a gdb that is there decides, and its breaking off lets the guest go"() {
        given:
        def vm = vm0(Pace.REAL_TIME)
        def socket = new Socket('localhost', vm.gdb(0).port())

        when:
        await { vm.describe().contains('stopped in gdb') }
        def stopped = vm.time()
        vm.pause()

        then:
        def mistake = thrown(LabMistake)
        mistake.message.contains("gdb's hands")
        vm.time() == stopped

        when:
        socket.close()

        then:
        await { vm.time() > stopped }
        vm.gdb().toString() == "gdb -ex 'target remote localhost:${vm.gdb().port()}'"
    }

    private static boolean await(Closure<Boolean> condition) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20)
        while (!condition()) {
            assert System.nanoTime() < limit
            Thread.onSpinWait()
        }
        return true
    }
}
