// SPDX-License-Identifier: Apache-2.0
//
// Connections of all kinds in one lab of two guests, vm0 connected by hypercalls and vm1 by PCI functions:
//
//     ./vmlab scripts/cross-vm.groovy [FOLDER]
//
// vm0 has the tutorials' print_client of FOLDER (scripts/print-client); its component prints in Groovy, then in C. Both have
// CAmkES's string_reverse, each with a component of its own. And vm0 asks vm1, over memory and events that the two share.

def exercise = new File(args ? args[0] : 'scripts/print-client').absolutePath
def programs = ['dataport', 'consumes_event', 'emits_event']

lab {
    component('PrintServer') {
        control
        dataport Buf(4096), 'data'
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
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs {
            pkg "$exercise/pkg/print_client"
            pkg 'string_reverse'
            programs.each { module it }
            programs.each { pkg it }
        }
        dataport Buf(4096), 'data'
        dataport Buf(8192), 'dp1'
        dataport Buf(8192), 'dp2'
        dataport Buf(4096), 'board'
        emits 'DoPrint', 'do_print'
        emits 'Ready', 'ready'
        emits 'Question', 'question'
        consumes 'DonePrinting', 'done_printing'
        consumes 'Done', 'done'
        consumes 'Answer', 'answer'
        data_id = 1
        dp1_id = 2
        dp2_id = 3
        board_id = 4
    }
    vm(1) {
        kernel_image = debian.kernel
        initrd_image = rootfs {
            pkg 'string_reverse'
            module 'connection'
            programs.each { pkg it }
        }
        dataport Buf(8192), 'dp1'
        dataport Buf(8192), 'dp2'
        dataport Buf(4096), 'board'
        emits 'Ready', 'ready'
        emits 'Answer', 'answer'
        consumes 'Done', 'done'
        consumes 'Question', 'question'
        crossvm_connections = [['dp1', 'ready'], ['dp2', 'done'], ['board', 'answer', 'question']]
    }
    composition {
        component PrintServer, 'print_server'
        connection seL4Notification, 'conn_do_print', from: vm0.do_print, to: print_server.do_print
        connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: vm0.done_printing
        connection seL4SharedDataWithCaps, 'conn_data', from: print_server.data, to: vm0.data

        component StringReverse, 'reverse0'
        connection seL4SharedDataWithCaps, 'source0', from: reverse0.src_dp, to: vm0.dp1
        connection seL4SharedDataWithCaps, 'destination0', from: reverse0.dest_dp, to: vm0.dp2
        connection seL4Notification, 'conn_ready0', from: vm0.ready, to: reverse0.ready
        connection seL4Notification, 'conn_done0', from: reverse0.done, to: vm0.done

        component StringReverse, 'reverse1'
        connection seL4SharedDataWithCaps, 'source1', from: reverse1.src_dp, to: vm1.dp1
        connection seL4SharedDataWithCaps, 'destination1', from: reverse1.dest_dp, to: vm1.dp2
        connection seL4Notification, 'conn_ready1', from: vm1.ready, to: reverse1.ready
        connection seL4Notification, 'conn_done1', from: reverse1.done, to: vm1.done

        connection seL4SharedData, 'conn_board', from: vm0.board, to: vm1.board
        connection seL4Notification, 'conn_question', from: vm0.question, to: vm1.question
        connection seL4Notification, 'conn_answer', from: vm1.answer, to: vm0.answer
    }
}
vm0.start()
vm1.start()
vm0.login()
vm1.login()

vm0.sh '''\
    dataport_init /dev/camkes_data 4096 /dev/camkes_reverse_src 8192 /dev/camkes_reverse_dest 8192 /dev/board 4096
    consumes_event_init /dev/camkes_done_printing /dev/camkes_reverse_done /dev/answer
    emits_event_init /dev/camkes_do_print /dev/camkes_reverse_ready /dev/question'''
vm1.sh 'for name in board question answer; do ln -s /dev/uio2 /dev/$name; done'

vm0.sh 'print_client hello world'
println vm0.sh('dmesg | grep -o "dataport received mmap for minor 1"').out
println vm0.sh('echo hello | string_reverse').out
println vm1.sh('echo hello | string_reverse').out

// A program that waits comes before what it waits for.
vm1.sh '''\
    (consumes_event_wait /dev/question
    dataport_read /dev/board | tr a-z A-Z > /tmp/answer
    dataport_write /dev/board < /tmp/answer
    emits_event_emit /dev/answer) > /tmp/log &'''
println vm0.sh('''\
    printf 'who is there' | dataport_write /dev/board
    consumes_event_wait /dev/answer > /tmp/log &
    sleep 1
    emits_event_emit /dev/question
    wait
    dataport_read /dev/board''').out.trim()

// The component in C takes the place of the one in Groovy.
lab.apply {
    component('PrintServer') {
        control
        dataport Buf(4096), 'data'
        consumes 'DoPrint', 'do_print'
        emits 'DonePrinting', 'done_printing'
        source "$exercise/components/print_server.c"
    }
}
vm0.sh 'print_client hello from C'
