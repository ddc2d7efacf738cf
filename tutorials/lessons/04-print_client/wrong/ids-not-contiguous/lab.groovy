lab {
    component('PrintServer') {
        control
        dataport Buf(4096), 'data'
        consumes 'DoPrint', 'do_print'
        emits 'DonePrinting', 'done_printing'
        run {
            while (true) {
                do_print_wait()
                println data.cString()
                done_printing_emit()
            }
        }
    }
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { from here }
        dataport Buf(4096), 'data'
        emits 'DoPrint', 'do_print'
        consumes 'DonePrinting', 'done_printing'
        data_id = 2
        data_size = 4096
    }
    composition {
        component PrintServer, 'print_server'
        connection seL4Notification, 'conn_do_print', from: vm0.do_print, to: print_server.do_print
        connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: vm0.done_printing
        connection seL4SharedDataWithCaps, 'conn_data', from: print_server.data, to: vm0.data
    }
}
