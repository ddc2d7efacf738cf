// SPDX-License-Identifier: Apache-2.0
//
// Two Linux guests and a component: vm0 has the component StringReverse reverse words, as in CAmkES's demo for the
// optiplex9020, and vm0 and vm1 talk to each other over memory and events of their own.
//
//     ./vmlab scripts/string_reverse.groovy [FOLDER]
//
// The guests' camkes_init are written into FOLDER (target/string_reverse).

def folder = new File(args ? args[0] : 'target/string_reverse')

/** What makes a guest's device nodes: the nth name of a list belongs to the nth interface of that kind. */
def camkesInit(File file, String commands) {
    file.parentFile.mkdirs()
    def text = "#!/bin/sh\n$commands"
    if (!file.exists() || file.text != text) {
        file.text = text
    }
}

camkesInit new File(folder, 'vm0/camkes_init'), '''\
dataport_init /dev/camkes_reverse_src 8192 /dev/camkes_reverse_dest 8192 /dev/camkes_board 4096
consumes_event_init /dev/camkes_reverse_done /dev/camkes_answer
emits_event_init /dev/camkes_reverse_ready /dev/camkes_question
'''
camkesInit new File(folder, 'vm1/camkes_init'), '''\
dataport_init /dev/camkes_board 4096
consumes_event_init /dev/camkes_question
emits_event_init /dev/camkes_answer
'''

lab {
    component('StringReverse') {
        control
        consumes 'Ready', 'ready'
        emits 'Done', 'done'
        dataport Buf(8192), 'src_dp'
        dataport Buf(8192), 'dest_dp'
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
            from "$folder/vm0"
            pkg 'string_reverse'
            module 'dataport'
            module 'consumes_event'
            module 'emits_event'
        }
        dataport Buf(8192), 'dp1'
        dataport Buf(8192), 'dp2'
        dataport Buf(4096), 'board'
        consumes 'Done', 'done'
        consumes 'Answer', 'answer'
        emits 'Ready', 'ready'
        emits 'Question', 'question'
        has mutex('cross_vm_event_mutex')
        dp1_id = 1
        dp1_size = 8192
        dp2_id = 2
        dp2_size = 8192
        board_id = 3
        board_size = 4096
    }
    vm(1) {
        kernel_image = debian.kernel
        initrd_image = rootfs {
            from "$folder/vm1"
            module 'dataport'
            module 'consumes_event'
            module 'emits_event'
        }
        dataport Buf(4096), 'board'
        consumes 'Question', 'question'
        emits 'Answer', 'answer'
        has mutex('cross_vm_event_mutex')
        board_id = 1
        board_size = 4096
    }
    composition {
        component StringReverse, 'string_reverse'
        connection seL4SharedDataWithCaps, 'cross_vm_conn', from: string_reverse.src_dp, to: vm0.dp1
        connection seL4SharedDataWithCaps, 'cross_vm_large_conn', from: string_reverse.dest_dp, to: vm0.dp2
        connection seL4Notification, 'ev1_conn', from: string_reverse.done, to: vm0.done
        connection seL4Notification, 'ev2_conn', from: vm0.ready, to: string_reverse.ready
        connection seL4SharedData, 'conn_board', from: vm0.board, to: vm1.board
        connection seL4Notification, 'conn_question', from: vm0.question, to: vm1.question
        connection seL4Notification, 'conn_answer', from: vm1.answer, to: vm0.answer
    }
}
vm0.start()
vm1.start()
vm0.login()
vm1.login()

// Guest to component.
def reversed = vm0.sh('echo hello | string_reverse').out
println "vm0: hello, reversed: $reversed"
assert reversed == 'olleh'

// Guest to guest: vm1 waits in the background, writes what it finds in capitals, and says so.
vm1.sh('''(consumes_event_wait /dev/camkes_question
    dataport_read /dev/camkes_board | tr a-z A-Z > /tmp/answer
    dataport_write /dev/camkes_board < /tmp/answer
    emits_event_emit /dev/camkes_answer) > /tmp/log &''')
def answer = vm0.sh('''printf 'who is there' | dataport_write /dev/camkes_board
    emits_event_emit /dev/camkes_question
    consumes_event_wait /dev/camkes_answer
    dataport_read /dev/camkes_board''').out
println "vm1: ${answer.readLines()[1]}"
assert answer.readLines() == ['Back from waiting', 'WHO IS THERE']
