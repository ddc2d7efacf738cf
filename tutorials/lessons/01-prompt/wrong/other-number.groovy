lab {
    vm(1) {
        kernel_image = debian.kernel
        initrd_image = rootfs { }
    }
}
