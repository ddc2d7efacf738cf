lab {
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { from here }
    }
}

vm0.hypercall(4) { call -> call.result = 0 }
