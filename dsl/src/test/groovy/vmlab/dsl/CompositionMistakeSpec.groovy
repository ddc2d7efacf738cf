// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import spock.lang.Specification
import spock.lang.Timeout

/** What is told of wrong components, connections and attributes: each at its line, and all at once. */
@Timeout(60)
class CompositionMistakeSpec extends Specification {
    /** A lab with a place for one more line in its VM, its composition and its configuration. */
    private static String lab(Map<String, String> lines) {
        """\
            lab {
                component('Server') {
                    dataport Buf(4096), 'data'
                    consumes 'Go', 'go'
                    maybe emits('Done', 'done')
                    maybe dataport('Page', 'page')
                }
                vm(0) {
                    kernel_image = debian.kernel
                    dataport Buf(4096), 'data'
                    maybe dataport('Page', 'page')
                    emits 'Go', 'go'
                    maybe consumes('Done', 'done')
                    ${lines.vm ?: ''}
                }
                composition {
                    component Server, 'server'
                    connection seL4SharedDataWithCaps, 'conn_data', from: server.data, to: vm0.data
                    connection seL4Notification, 'conn_go', from: vm0.go, to: server.go
                    ${lines.composition ?: ''}
                }
                configuration {
                    ${lines.configuration ?: ''}
                }
            }
            """.stripIndent()
    }

    private static List<String> told(Map<String, String> lines) {
        try (def scripts = new Scripts()) {
            def mistake = Scripts.failure { scripts.run(lab(lines)) }
            mistake.problems().collect { "$it.location.line: $it.found; $it.remedy".toString() }
        }
    }

    def "#where: #line"() {
        expect:
        told([(where): line]) == problems

        where:
        where           | line                                        || problems
        'composition'   | "connection seL4Notification, 'c', from: server.done, to: vm0.go" ||
                ['20: vm0.go emits it, but stands on the to side; swap from and to of c',
                 '20: vm0.go is of type Go, but server.done of type Done; both ends of c need one type']
        'composition'   | "connection seL4SharedData, 'c', from: server.page, to: vm0.done" ||
                ["20: vm0.done consumes it, which seL4SharedData doesn't connect; its to side takes what a component has as dataport",
                 '20: vm0.done is of type Done, but server.page of type Page; both ends of c need one type']
        'composition'   | "connection 'seL4Notificaton', 'c', from: server.done, to: vm0.done" ||
                ['20: there is no connector seL4Notificaton; did you mean seL4Notification?']
        'composition'   | "connection seL4Notification, 'c', from: server.dona, to: vm0.done" ||
                ['20: component Server has no interface dona; did you mean done?']
        'composition'   | "component Server, 'second'"                ||
                ['3: second.data is not connected; connect it, or write: maybe dataport …',
                 '4: second.go is not connected; connect it, or write: maybe consumes …']
        'configuration' | 'vm0.data_id = 2'                           ||
                ["23: the ids of vm0's dataports leave out 1; ids are contiguous, starting from 1"]
        'configuration' | 'vm0.data_id = 1; vm0.page_id = 1'          ||
                ["23: vm0.page_id is 1, as data_id is; each dataport of a VM has an id of its own"]
        'configuration' | 'vm0.data_size = 5000'                      ||
                ['23: vm0.data_size is 5000; a dataport is a whole number of pages: 4096, 8192 …']
        'configuration' | 'vm0.data_size = 8192'                      ||
                ["23: vm0.data_size is 8192, but Buf(4096) has 4096 bytes; make them equal: the guest's size is compared with it"]
        'configuration' | 'vm0.guest_ram_mbs = 5'                     ||
                ['23: vm0 has no attribute guest_ram_mbs; did you mean guest_ram_mb?']
        'configuration' | "vm0.guest_ram_mb = 'much'"                 ||
                ["23: guest_ram_mb is 'much', not a whole number; guest_ram_mb = 128"]
        'configuration' | "vm0.heap_size = 'big'"                     ||
                ["23: heap_size is 'big', not a number; heap_size = 0x10000"]
        'configuration' | 'vm0.data_id = 1; vm0.data_id = 1'          ||
                ['23: vm0.data_id is set twice, first at lab.groovy:23:13; remove one of the lines']
        'configuration' | "vm0_config.irqs = [[name: 'SATA', source: 19, dest: 16]]" ||
                ["23: the interrupt SATA goes to line 16; a guest's 8259 has lines 0 to 15"]
        'configuration' | "vm0_config.irqs = [[name: 'SATA', dest: 12]]" ||
                ['23: the interrupt SATA goes to line 12, as all connections do; choose another line']
        'configuration' | "vm0_config.irqs = [[name: 'A', dest: 5], [nam: 'B', dest: 5]]" ||
                ['23: a row of irqs has no nam; did you mean name?',
                 '23: the interrupts A and null go to line 5; each has its own']
        'configuration' | 'vm0_config.ioports = [[start: 0x4090, end: 0x4088]]' ||
                ['23: the ports of a row begin at 0x4090 and end before 0x4088; end is the first port behind the range']
        'configuration' | "vm0_config.pci_devices = 'all'"            ||
                ["23: pci_devices is all, not a list; pci_devices = [[name: '…'], …]"]
        'vm'            | 'iospace_domain = null'                     ||
                ['14: iospace_domain is null, not a number; iospace_domain = 0x10000']
    }

    def "what CAmkES's apps set is taken, under old names too, and counts wherever it stands"() {
        expect:
        try (def scripts = new Scripts()) {
            scripts.run(lab(
                    vm: 'VM_INIT_DEF(); kernel_relocs = "bzimage"; simple_untyped24_pool = 12',
                    composition: "VM_COMPOSITION_DEF(); VM_PER_VM_COMP_DEF(0)\n"
                            + "connection seL4SharedData, 'conn_page', from: server.page, to: vm0.page",
                    configuration: '''
                        VM_CONFIGURATION_DEF()
                        VM_PER_VM_CONFIG_DEF(0, 2)
                        vm0.data_id = 2
                        vm0.page_id = 1
                        vm0.page_size = 16384
                        vm0.guest_ram_mb = 64
                        vm0.iospace_domain = 0x0f
                        vm0_config.pci_devices_iospace = 1
                        vm0_config.ioports = [[start: 0x4088, end: 0x4090, pci_device: 0x1f, name: 'SATA']]
                        vm0_config.irqs = [[name: 'SATA', source: 19, level_trig: 1, active_low: 1, dest: 11]]
                        '''))
            assert scripts.lab.vm('vm0').get().spec().guestRamMb() == 64
            assert scripts.lab.component('server').get().dataport('page').get().sizeBytes() == 16384
        }
    }

    def "a macro for a VM that isn't there is told"() {
        expect:
        try (def scripts = new Scripts()) {
            scripts.mistake('lab { composition { VM_PER_VM_COMP_DEF(3) } }')
                    .contains("VM_PER_VM_COMP_DEF(3) is for a vm3, which isn't there")
        }
    }

    def "procedures and attributes: all mistakes at once, each at its line"() {
        given:
        def lab = """\
            lab {
                procedure('Calc') {
                    method 'int add(in int a, in int b)'
                    method 'void clear()'
                }
                component('Server') {
                    provides 'Calc', 'calc'
                    provides 'Clac', 'other'
                    attribute 'int8_t', 'bias', 'none'
                    calc_ad { a, b -> a + b }
                }
                component('Client') {
                    uses 'Calc', 'calc'
                    maybe uses('PutChar', 'putchar')
                    attribute 'bool', 'loud'
                }
                component('Empty') {
                    provides 'Calc', 'calc'
                }
                composition {
                    component Server, 'server'
                    component Client, 'client'
                    component Empty, 'empty'
                }
                configuration {
                    server.bias = 128
                    client.loud = 1
                }
            }
            """.stripIndent()

        expect:
        try (def scripts = new Scripts()) {
            def mistake = Scripts.failure { scripts.run(lab) }
            assert mistake.problems().collect { "$it.location.line: $it.found; $it.remedy".toString() } == [
                "13: client.calc is not connected; connect it, or write: maybe uses …",
                '7: Server provides calc and has no calc_add; calc_add { a, b -> … } is what it does',
                '7: Server provides calc and has no calc_clear; calc_clear { … } is what it does',
                '7: procedure Calc has no method ad, which Server has for calc; did you mean add?',
                "8: Server provides other of a procedure that isn't declared, Clac; did you mean Calc?",
                '18: Empty provides calc and has no calc_add; calc_add { a, b -> … } is what it does',
                '18: Empty provides calc and has no calc_clear; calc_clear { … } is what it does',
                "9: Server.bias is 'none', and its type is int8_t; give it a whole number of 8 bits",
                '26: server.bias is 128, and its type is int8_t; give it a whole number of 8 bits',
            ]
        }
    }
}
