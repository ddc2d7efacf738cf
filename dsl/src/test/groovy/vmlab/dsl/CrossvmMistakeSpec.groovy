// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import spock.lang.AutoCleanup
import spock.lang.Specification
import spock.lang.Timeout

/** What the author of a script is told about crossvm_connections. */
@Timeout(60)
class CrossvmMistakeSpec extends Specification {
    @AutoCleanup
    Scripts scripts = new Scripts()

    private String mistake(String table) {
        scripts.mistake("""\
            lab {
                vm(0) {
                    kernel_image = debian.kernel
                    dataport Buf(4096), 'data'
                    dataport Buf(12288), 'odd'
                    emits 'DoPrint', 'do_print'
                    emits 'Other', 'other'
                    consumes 'DonePrinting', 'done_printing'
                    crossvm_connections = $table
                }
            }""")
    }

    def "#table: #said"() {
        when:
        def told = mistake(table)

        then:
        told.contains('lab.groovy:9:9: ')
        told.contains(said)

        where:
        table                                    || said
        "'data'"                                 || 'crossvm_connections is data, not a list of connections'
        "['data', 'do_print']"                   || 'data in crossvm_connections is no list of interfaces'
        "[['data', 'do_prunt']]"                 || 'vm0 has no dataport or event do_prunt\n'
        "[['data', 'do_prunt']]"                 || 'did you mean do_print?'
        "[['do_print', 'done_printing']]"        || 'the connection [do_print, done_printing] has 0 dataports'
        "[['data', 'odd']]"                      || 'the connection [data, odd] has 2 dataports'
        "[['data', 'do_print', 'other']]"        || 'has two events of one direction'
        "[['data', 'done_printing'], ['data', 'done_printing']]" || 'vm0.done_printing is in two of the crossvm_connections'
        "[['odd']]"                              || 'vm0.odd has 12288 bytes, and a PCI function\'s memory is a power of two'
        "[['data', 'do_print', 'done_printing']]" || 'vm0.other is in none of the crossvm_connections'
        "[['data']] * 32"                        || 'has 32 connections, and a PCI bus has room for 31'
    }

    def "events share a dataport by several connections"() {
        when:
        scripts.run('''\
            lab {
                component('Peer') {
                    dataport Buf(4096), 'data'
                    consumes 'A', 'a'
                    consumes 'B', 'b'
                }
                vm(0) {
                    kernel_image = debian.kernel
                    dataport Buf(4096), 'data'
                    emits 'A', 'a'
                    emits 'B', 'b'
                    crossvm_connections = [['data', 'a'], ['data', 'b']]
                }
                composition {
                    component Peer, 'peer'
                    connection seL4SharedData, 'c0', from: vm0.data, to: peer.data
                    connection seL4Notification, 'c1', from: vm0.a, to: peer.a
                    connection seL4Notification, 'c2', from: vm0.b, to: peer.b
                }
            }''')
        def rows = scripts.lab.vm('vm0').get().spec().crossvmConnections().get()

        then:
        rows*.dataport() == ['data', 'data']
        rows*.emitted()*.get() == ['a', 'b']
        rows.every { it.consumed().empty }
    }
}
