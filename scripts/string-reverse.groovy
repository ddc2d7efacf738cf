// SPDX-License-Identifier: Apache-2.0
//
// CAmkES's demonstration of connections, two guests and a component: a program in vm0 has its lines reversed by the component
// StringReverse; then vm0 asks vm1, over memory and events that the two share.
//
//     ./vmlab scripts/string-reverse.groovy [hypercalls]
//
// The guests are connected by PCI functions or, with the word hypercalls, as in the tutorials. See docs/cross-vm.md.

def byHypercalls = args == ['hypercalls']

def modules = byHypercalls ? ['dataport', 'consumes_event', 'emits_event'] : ['connection']
def programs = ['dataport', 'consumes_event', 'emits_event']

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
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs {
            pkg 'string_reverse'
            modules.each { module it }
            programs.each { pkg it }
        }
        dataport Buf(8192), 'dp1'
        dataport Buf(8192), 'dp2'
        dataport Buf(4096), 'board'
        emits 'Ready', 'ready'
        emits 'Question', 'question'
        consumes 'Done', 'done'
        consumes 'Answer', 'answer'
        if (byHypercalls) {
            dp1_id = 1
            dp2_id = 2
            board_id = 3
        } else {
            crossvm_connections = [['dp1', 'ready'], ['dp2', 'done'], ['board', 'question', 'answer']]
        }
    }
    vm(1) {
        kernel_image = debian.kernel
        initrd_image = rootfs {
            modules.each { module it }
            programs.each { pkg it }
        }
        dataport Buf(4096), 'board'
        emits 'Answer', 'answer'
        consumes 'Question', 'question'
        if (byHypercalls) {
            board_id = 1
        } else {
            crossvm_connections = [['board', 'answer', 'question']]
        }
    }
    composition {
        component StringReverse, 'string_reverse'
        connection seL4SharedDataWithCaps, 'cross_vm_conn', from: string_reverse.src_dp, to: vm0.dp1
        connection seL4SharedDataWithCaps, 'cross_vm_large_conn', from: string_reverse.dest_dp, to: vm0.dp2
        connection seL4Notification, 'ev2_conn', from: vm0.ready, to: string_reverse.ready
        connection seL4Notification, 'ev1_conn', from: string_reverse.done, to: vm0.done
        connection seL4SharedData, 'conn_board', from: vm0.board, to: vm1.board
        connection seL4Notification, 'conn_question', from: vm0.question, to: vm1.question
        connection seL4Notification, 'conn_answer', from: vm1.answer, to: vm0.answer
    }
}
vm0.start()
vm1.start()
vm0.login()
vm1.login()

// The nodes that programs open; by hypercalls the nth name belongs to the nth interface of its kind.
if (byHypercalls) {
    vm0.sh '''\
        dataport_init /dev/camkes_reverse_src 8192 /dev/camkes_reverse_dest 8192 /dev/board 4096
        consumes_event_init /dev/camkes_reverse_done /dev/answer
        emits_event_init /dev/camkes_reverse_ready /dev/question'''
    vm1.sh '''\
        dataport_init /dev/board 4096
        consumes_event_init /dev/question
        emits_event_init /dev/answer'''
} else {
    vm0.sh 'for name in board question answer; do ln -s /dev/uio2 /dev/$name; done'
    vm1.sh 'for name in board question answer; do ln -s /dev/uio0 /dev/$name; done'
}

def reversed = vm0.sh('echo hello | string_reverse').out
println reversed
assert reversed == 'olleh'

// vm1 waits in the background, writes what it finds in capitals, and says so. A program that waits comes before what it waits
// for.
vm1.sh '''\
    (consumes_event_wait /dev/question
    dataport_read /dev/board | tr a-z A-Z > /tmp/answer
    dataport_write /dev/board < /tmp/answer
    emits_event_emit /dev/answer) > /tmp/log &'''
def answer = vm0.sh('''\
    printf 'who is there' | dataport_write /dev/board
    consumes_event_wait /dev/answer > /tmp/log &
    sleep 1
    emits_event_emit /dev/question
    wait
    dataport_read /dev/board''').out
println answer.trim()
assert answer.trim() == 'WHO IS THERE'
