// SPDX-License-Identifier: Apache-2.0
// A scenario: ./vmlab test scripts/scenarios

setup {
    lab { vm(0) { kernel_image = debian.kernel; initrd_image = rootfs { } } }
    vm0.login()
}
cleanup { vm0.stop() }

def a = random.nextInt(1000), b = random.nextInt(1000)
assert vm0.sh("echo \$(($a * $b))").out == "${a * b}"

// What takes the guest a while is waited for by condition, in its own time.
vm0.sh('(sleep 3; touch /tmp/done) &')
eventually(10.seconds) { assert vm0.sh('test -e /tmp/done').ok() }
