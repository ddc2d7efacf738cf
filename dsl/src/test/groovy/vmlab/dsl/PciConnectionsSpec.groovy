// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** CAmkES's demonstration of its newer connections: each is a PCI function, and a module hands it to programs. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class PciConnectionsSpec extends Specification {
    /** Stores of all widths at each byte of a connection's registers but those that emit. */
    private static final String WILD = '''\
        #include <fcntl.h>
        #include <stdint.h>
        #include <sys/mman.h>

        int main(int argc, char *argv[])
        {
            char *events = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open(argv[1], O_RDWR), 0);

            for (int at = 0; at < 4096 - 4; at++) {
                if (at % 256 == 0)
                    continue;
                *(volatile uint8_t *)(events + at) = 0xAA;
                *(volatile uint16_t *)(events + at) = 0xAAAA;
                *(volatile uint32_t *)(events + at) = 0xAAAAAAAA;
            }
            return 0;
        }
        '''.stripIndent()

    private static final String LAB = '''\
        lab {
            component('StringReverse') {
                control
                dataport Buf(8192), 'src_dp'
                dataport Buf(8192), 'dest_dp'
                consumes 'Ready', 'ready'
                emits 'Done', 'done'
                run {
                    while (true) {
                        ready_wait()
                        dest_dp.cString(src_dp.cString().reverse())
                        done_emit()
                    }
                }
            }
            component('PrintServer') {
                control
                dataport Buf(4096), 'data'
                dataport Buf(16777216), 'large'
                consumes 'DoPrint', 'do_print'
                emits 'DonePrinting', 'done_printing'
                run {
                    while (true) {
                        do_print_wait()
                        println data.cString()
                        done_printing_emit()
                    }
                }
            }
            vm(0) {
                kernel_image = debian.kernel
                initrd_image = rootfs {
                    from args[0]
                    module 'connection'
                    pkg 'string_reverse'
                    pkg 'dataport'
                    pkg 'consumes_event'
                    pkg 'emits_event'
                }
                dataport Buf(8192), 'dp1'
                dataport Buf(8192), 'dp2'
                dataport Buf(4096), 'data'
                dataport Buf(16777216), 'large'
                emits 'Ready', 'ready'
                consumes 'Done', 'done'
                emits 'DoPrint', 'do_print'
                consumes 'DonePrinting', 'done_printing'
                crossvm_connections = [
                    ['dp1', 'ready'],
                    ['dp2', 'done'],
                    ['data', 'do_print', 'done_printing'],
                    ['large'],
                ]
            }
            composition {
                component StringReverse, 'string_reverse'
                component PrintServer, 'print_server'
                connection seL4SharedDataWithCaps, 'cross_vm_conn', from: string_reverse.src_dp, to: vm0.dp1
                connection seL4SharedDataWithCaps, 'cross_vm_large_conn', from: string_reverse.dest_dp, to: vm0.dp2
                connection seL4Notification, 'ev2_conn', from: vm0.ready, to: string_reverse.ready
                connection seL4Notification, 'ev1_conn', from: string_reverse.done, to: vm0.done
                connection seL4SharedDataWithCaps, 'conn_data', from: print_server.data, to: vm0.data
                connection seL4SharedDataWithCaps, 'conn_large', from: print_server.large, to: vm0.large
                connection seL4Notification, 'conn_do_print', from: vm0.do_print, to: print_server.do_print
                connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: vm0.done_printing
            }
        }
        vm0.start()
        vm0.login()
        '''.stripIndent()

    private static final String INIT = '''\
        #!/bin/sh
        ln -s /dev/uio2 /dev/camkes_data
        ln -s /dev/uio2 /dev/camkes_do_print
        ln -s /dev/uio2 /dev/camkes_done_printing
        '''.stripIndent()

    @TempDir
    Path folder

    private void program(String name, String source) {
        def pkg = Files.createDirectories(folder.resolve("my-guest/pkg/$name"))
        Files.writeString(pkg.resolve(name + '.c'), source)
        Files.writeString(pkg.resolve('Makefile'), "TARGET = $name\n\ninclude ../../common.mk\n"
                + "include ../../common_app.mk\n\n$name: ${name}.o\n"
                + '\t$(CC) $(CFLAGS) $(LDFLAGS) $^ -lcamkes -o $@\n')
    }

    def "programs and components meet by PCI functions, whatever the guest does to these"() {
        given:
        def guest = CachedDebian.orSkip()
        program('print_client', PrintClientSpec.CLIENT)
        program('wild', WILD)
        Files.writeString(folder.resolve('my-guest/camkes_init'), INIT)
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def script = Files.writeString(folder.resolve('lab.groovy'), LAB)

        when:
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true))
                .run(script, [folder.resolve('my-guest').toString()])
        def vm = lab.vm('vm0').get()
        def server = lab.component('print_server').get()
        def reversed = { String word -> vm.sh("echo $word | string_reverse").out() }
        def kernel = { vm.sh('dmesg').out().readLines().collect { it.replaceFirst(/^\[.*?] /, '') } }

        then: 'the module has said what the original says, and the dataports are where they are with the original'
        kernel().findAll { it.contains('dev-') } == (0..3).collectMany {
            ["Event Bar (dev-$it) initialized".toString(), "1 Dataports (dev-$it) initialized".toString()]
        }
        vm.sh('cat /sys/class/uio/uio*/name').out().readLines() == ['connector'] * 4
        vm.sh('cat /sys/class/uio/uio*/maps/map1/addr /sys/class/uio/uio*/maps/map1/size').out().readLines() ==
                ['0xa0002000', '0xa0006000', '0xa0009000', '0xa2000000',
                 '0x00002000', '0x00002000', '0x00001000', '0x01000000']

        and: 'what the programs of the original do'
        reversed('hello') == 'olleh'
        vm.sh("printf 'one\\n\\ntwo\\n' | string_reverse").out() == 'eno\n\nowt'
        vm.sh('consumes_event_wait /dev/uio1 & sleep 1; printf 8191 | dataport_write /dev/uio0 8192; '
                + 'emits_event_emit /dev/uio0; wait; dataport_read /dev/uio1 8192').out()
                .endsWith('Back from waiting with val: 5\n1918')

        and: "the tutorials' program as it is, by links to the connection's node"
        vm.sh('print_client hello world').ok()
        server.lines() == ['hello', 'world']

        when: 'the whole of a large dataport is used'
        vm.sh('dd if=/dev/zero bs=65536 count=256 2>/dev/null | tr "\\0" z | dataport_write /dev/uio3')
        def large = server.dataport('large').get()

        then:
        large.cString() == 'z' * ((16 << 20) - 1)

        when: 'a program stores everywhere in the registers of a connection'
        vm.sh('wild /dev/uio0; wild /dev/uio1; wild /dev/uio3')
        def told = vm.events().findAll { it.message().startsWith('Event Bar register unsupported') }

        then:
        told.size() in 100..1000
        reversed('wild') == 'dliw'

        when: 'a function answers no more while its component writes and emits'
        def command = { int device, String octets ->
            vm.sh("printf '$octets' | dd of=/sys/bus/pci/devices/0000:00:0${device}.0/config bs=1 seek=4 conv=notrunc")
        }
        command(2, '\\000\\000')
        vm.sh('printf lost | dataport_write /dev/uio0; emits_event_emit /dev/uio0')
        def lost = lab.component('string_reverse').get().dataport('dest_dp').get().cString()
        command(2, '\\002\\000')

        then:
        lost == 'tsol'
        reversed('found') == 'dnuof'

        when: 'the module is loaded anew, and again with events that nobody waits for'
        vm.insmod('connection')
        vm.sh('emits_event_emit /dev/uio0; emits_event_emit /dev/uio0')
        vm.insmod('connection')

        then:
        reversed('again') == 'niaga'

        when: 'a dataport that the guest has in use is plugged out, and connected with another component'
        lab.connection('conn_data').get().unplug()
        server.dataport('data').get().cString('of its own')
        def apart = vm.sh('dataport_read /dev/uio2 4096').out()
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true)).run('lab.groovy', '''\
            lab.apply {
                component('Keeper') { dataport Buf(4096), 'data' }
                composition {
                    component Keeper, 'keeper'
                    connection seL4SharedDataWithCaps, 'conn_data', from: keeper.data, to: vm0.data
                }
            }
            keeper.data.text('of another')
            '''.stripIndent(), [])
        def together = vm.sh('dataport_read /dev/uio2 4096').out()
        vm.sh('printf back | dataport_write /dev/uio2')

        then:
        apart == 'world'
        together == 'of another'
        lab.component('keeper').get().dataport('data').get().cString() == 'back'
        server.dataport('data').get().cString() == 'of its own'

        when: 'the guest moves base addresses, forgets the device and finds it again, for which it moves them once more'
        vm.sh('cd /sys/bus/pci/devices/0000:00:01.0; '
                + "printf '\\000\\000\\000\\260\\000\\000\\000\\270' | dd of=config bs=1 seek=16 conv=notrunc; "
                + 'cd /; echo 1 > /sys/bus/pci/devices/0000:00:01.0/remove; echo 1 > /sys/bus/pci/rescan')
        def moved = vm.sh('cat /sys/class/uio/uio0/maps/map*/addr').out().readLines()

        then:
        moved.size() == 2
        !moved.any { it in ['0xa0000000', '0xa0002000', '0xb0000000', '0xb8000000'] }
        reversed('moved') == 'devom'

        cleanup:
        lab.close()
    }
}
