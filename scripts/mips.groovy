// SPDX-License-Identifier: Apache-2.0

// How many guest instructions the CPU does in a second of steady work, after a warm-up: prints a line for each program.
// Guest time is the count of instructions here: one takes 10 ns of it.
lab {
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { }
    }
}
vm0.start()
vm0.login()

def programs = [
    sha256: 'dd if=/dev/zero bs=64k count=80 2>/dev/null | sha256sum',
    gzip: 'dd if=/dev/zero bs=64k count=60 2>/dev/null | gzip | md5sum',
    awk: 'awk "BEGIN { for (i = 0; i < 60000; i++) s += i * i % 7; print s }"',
    shell: 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done',
]
programs.each { name, command ->
    vm0.sh(command)
    def guest = vm0.time
    def host = System.nanoTime()
    vm0.sh(command)
    def seconds = (System.nanoTime() - host) / 1e9
    def instructions = (vm0.time - guest).toNanos() / 10
    printf('%-8s %6.1f million guest instructions in %5.2f s: %4.0f million a second%n', name, instructions / 1e6, seconds, instructions / seconds / 1e6)
}
vm0.stop()
