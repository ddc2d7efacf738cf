// SPDX-License-Identifier: Apache-2.0

// How long the default guest takes from power-on to its login: prints the seconds of three boots, without the start of Java.
lab {
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { }
    }
}
3.times {
    def from = System.nanoTime()
    vm0.start()
    vm0.console.expect('buildroot login:')
    printf('%.2f%n', (System.nanoTime() - from) / 1e9)
    vm0.stop()
}
