// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** CAmkES's demonstration of its newer connections: each is a PCI function, and a module hands it to a program. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class StringReverseSpec extends Specification {
    static final String LAB = '''\
        lab {
            component('StringReverse') {
                control
                dataport Buf(8192), 'src_dp'
                dataport Buf(8192), 'dest_dp'
                dataport Buf(16777216), 'large_dp'
                consumes 'Ready', 'ready'
                emits 'Done', 'done'
                run {
                    while (true) {
                        ready_wait()
                        dest_dp.cString(src_dp.cString().reverse())
                        done_emit()
                    }
                }
            }
            vm(0) {
                kernel_image = debian.kernel
                initrd_image = rootfs {
                    module 'connection'
                    pkg 'string_reverse'
                    pkg 'dataport'
                    pkg 'consumes_event'
                    pkg 'emits_event'
                }
                dataport Buf(8192), 'dp1'
                dataport Buf(8192), 'dp2'
                dataport Buf(16777216), 'large'
                emits 'Ready', 'ready'
                consumes 'Done', 'done'
                crossvm_connections = [['dp1', 'ready'], ['dp2', 'done'], ['large']]
            }
            composition {
                component StringReverse, 'string_reverse'
                connection seL4SharedDataWithCaps, 'cross_vm_conn', from: string_reverse.src_dp, to: vm0.dp1
                connection seL4SharedDataWithCaps, 'cross_vm_large_conn', from: string_reverse.dest_dp, to: vm0.dp2
                connection seL4SharedDataWithCaps, 'large_conn', from: string_reverse.large_dp, to: vm0.large
                connection seL4Notification, 'ev2_conn', from: vm0.ready, to: string_reverse.ready
                connection seL4Notification, 'ev1_conn', from: string_reverse.done, to: vm0.done
            }
        }
        vm0.start()
        vm0.login()
        '''.stripIndent()

    @TempDir
    Path folder

    def "a program in the guest has lines reversed by way of PCI functions, whatever their guest does to them"() {
        given:
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def script = Files.writeString(folder.resolve('lab.groovy'), LAB)

        when:
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true)).run(script, [])
        def vm = lab.vm('vm0').get()
        def reverser = lab.component('string_reverse').get()
        println vm.sh('dmesg | tail -40; cat /sys/bus/pci/devices/*/resource; cat /proc/interrupts; ls /dev/uio*; lsmod').out()
        println vm.sh('printf "hello\\nabc\\n" | string_reverse').out()

        then:
        vm.sh('printf "hello\\n" | string_reverse').out() == 'olleh'

        cleanup:
        println lab.vm('vm0').map { it.events() + it.console().lines() }
        lab.close()
    }
}
