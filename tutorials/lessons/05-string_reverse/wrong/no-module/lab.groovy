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
        initrd_image = rootfs { pkg 'string_reverse' }
        dataport Buf(8192), 'dp1'
        dataport Buf(8192), 'dp2'
        emits 'Ready', 'ready'
        consumes 'Done', 'done'
        crossvm_connections = [['dp1', 'ready'], ['dp2', 'done']]
    }
    composition {
        component StringReverse, 'string_reverse'
        connection seL4SharedDataWithCaps, 'cross_vm_conn', from: string_reverse.src_dp, to: vm0.dp1
        connection seL4SharedDataWithCaps, 'cross_vm_large_conn', from: string_reverse.dest_dp, to: vm0.dp2
        connection seL4Notification, 'ev2_conn', from: vm0.ready, to: string_reverse.ready
        connection seL4Notification, 'ev1_conn', from: string_reverse.done, to: vm0.done
    }
}
