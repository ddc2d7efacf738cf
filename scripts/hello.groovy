// SPDX-License-Identifier: Apache-2.0

// One VM: an unmodified Debian kernel and a small root file system, up to its login and back.
lab {
    vm(0) {                                  // the component Init0, its instance vm0
        guest_ram_mb   = 128
        kernel_image   = debian.kernel
        initrd_image   = rootfs { }
        // kernel_cmdline = 'console=ttyS0' would do as well; the default line shortens the boot
    }
}

vm0.start()
vm0.login()                                  // root / root at "buildroot login:"
println "logged in after ${vm0.time.toMillis()} ms of the guest's time"

assert vm0.sh('uname -m').out == 'i686'
println vm0.sh('uname -a').out

vm0.stop()
