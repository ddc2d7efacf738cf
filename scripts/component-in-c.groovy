// SPDX-License-Identifier: Apache-2.0
// The tutorials' print server in C, with a client in Groovy in the guest's place.

lab {
    component('PrintServer') {
        control
        dataport Buf(4096), 'data'
        consumes 'DoPrint', 'do_print'
        emits 'DonePrinting', 'done_printing'
        source 'component-in-c/print_server.c'
    }
    component('PrintClient') {
        control
        dataport Buf(4096), 'data'
        emits 'DoPrint', 'do_print'
        consumes 'DonePrinting', 'done_printing'
        run {
            ['hello', 'world'].each {
                data.cString(it)
                do_print_emit()
                done_printing_wait()
            }
        }
    }
    composition {
        component PrintServer, 'print_server'
        component PrintClient, 'print_client'
        connection seL4Notification, 'conn_do_print', from: print_client.do_print, to: print_server.do_print
        connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: print_client.done_printing
        connection seL4SharedData, 'conn_data', from: print_server.data, to: print_client.data
    }
}

eventually(1.minutes) { assert print_server.lines() == ['hello', 'world'] }
