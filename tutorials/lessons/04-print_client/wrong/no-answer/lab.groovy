lab {
    component('PrintServer') {
        control
        dataport Buf(4096), 'data'
        consumes 'DoPrint', 'do_print'
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
    }
}
