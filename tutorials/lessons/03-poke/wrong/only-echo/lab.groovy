lab {
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { from here }
    }
}

vm0.login()
vm0.sh "echo 'POKE!!!'"
