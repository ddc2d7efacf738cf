lab {
    vm(0) {
        kernel_image = debian.kernel
    }
}
