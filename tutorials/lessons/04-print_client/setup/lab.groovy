lab {
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { from here }
    }
}
