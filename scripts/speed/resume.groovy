// SPDX-License-Identifier: Apache-2.0

// For scripts/bench: a VM from the boot cache to a usable shell, once for each line of standard input. Argument: the initramfs.
lab {
    vm(0) {
        guest_ram_mb = 128
        kernel_image = debian.kernel
        initrd_image = args[0]
    }
}
System.in.eachLine {
    println '@begin resume'
    vm0.start()
    vm0.login()
    println "@end resume ${vm0.sh('echo ready').out}"
    vm0.stop()
}
