// SPDX-License-Identifier: Apache-2.0
//
// CAmkES's demonstration of connections: a program in the guest has its lines reversed by a component.
//
//     ./vmlab scripts/string-reverse.groovy [hypercalls]
//
// The guest reaches the component by PCI functions or, with the word hypercalls, as in the tutorials. See docs/cross-vm.md.

def byHypercalls = args == ['hypercalls']

lab {
    component('StringReverse') {
        control
        dataport Buf(8192), 'src_dp'
        dataport Buf(8192), 'dest_dp'
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
            pkg 'string_reverse'
            if (byHypercalls) {
                ['dataport', 'consumes_event', 'emits_event'].each { module it; pkg it }
            } else {
                module 'connection'
            }
        }
        dataport Buf(8192), 'dp1'
        dataport Buf(8192), 'dp2'
        emits 'Ready', 'ready'
        consumes 'Done', 'done'
        if (byHypercalls) {
            dp1_id = 1
            dp2_id = 2
        } else {
            crossvm_connections = [['dp1', 'ready'], ['dp2', 'done']]
        }
    }
    composition {
        component StringReverse, 'string_reverse'
        connection seL4SharedDataWithCaps, 'cross_vm_conn', from: string_reverse.src_dp, to: vm0.dp1
        connection seL4SharedDataWithCaps, 'cross_vm_large_conn', from: string_reverse.dest_dp, to: vm0.dp2
        connection seL4Notification, 'ev2_conn', from: vm0.ready, to: string_reverse.ready
        connection seL4Notification, 'ev1_conn', from: string_reverse.done, to: vm0.done
    }
}
vm0.start()
vm0.login()
if (byHypercalls) {
    vm0.sh '''\
        dataport_init /dev/camkes_reverse_src 8192 /dev/camkes_reverse_dest 8192
        consumes_event_init /dev/camkes_reverse_done
        emits_event_init /dev/camkes_reverse_ready'''
}
def reversed = vm0.sh('echo hello | string_reverse').out
println reversed
assert reversed == 'olleh'
vm0.stop()
