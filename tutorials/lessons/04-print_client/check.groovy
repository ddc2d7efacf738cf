// SPDX-License-Identifier: Apache-2.0

recognise(~/is of type .*, but/, 'both ends of a connection have one type: the names must be the same')
recognise(~/but stands on the (from|to) side/, 'who emits stands on the from side of a notification, who consumes on its to side')
recognise(~/dataports leave out|whole numbers from 1/, 'ids begin at 1 and leave out none')
recognise(~/data_size is/, 'data_size is the size of the type: 4096 for Buf(4096)')
recognise(~/is not connected/, 'an interface is in no connection: there are three of them')
recognise(~/there is no (component|instance|connector)/, 'a name is misspelt, or what it names is missing')
recognise(~/missing separator|blanks where/, 'the last line of the Makefile begins with blanks; make wants a TAB')
recognise(~/undefined reference|implicit declaration/, 'the Makefile must link the library: -lcamkes before -o; or a name is misspelt')
recognise(~/expected .;. before/, 'a statement has no ; at its end')

/** How often the guest called with this token since power-on. */
def calls(vm, int token) {
    vm.hypercalls.at(token).calls()
}

/** Types made-up words into print_client, and looks at what they caused. */
def printed(vm) {
    def server = lab.component('print_server').get()
    def words = (1..3).collect { madeUpWord() }
    long emits = calls(vm, 3)
    long acknowledged = calls(vm, 2)
    def before = server.lines().size()
    def contents = []
    def watch = vm.port('data').get().watch { contents << it.text() }
    try {
        vm.sh("print_client ${words.join(' ')}", 5.seconds)
    } catch (WaitTimedOut late) {
        def emitted = calls(vm, 3) - emits
        def lines = server.lines().drop(before)
        fail seen: "print_client doesn't come to its end: $emitted of ${words.size()} events emitted, print_server printed $lines",
                expected: "$words printed, and the client's end",
                likely: emitted ? 'the server never emits done_printing' : 'the client never comes to its emits_event_emit(do_print_fd)'
    }
    watch.run()
    def lines = server.lines().drop(before)
    if (lines != words) {
        fail seen: "print_server printed $lines", expected: "$words",
                likely: words.drop(1) == lines ? 'argv[1] is the first word, so i begins with 1' : ''
    }
    def (int emitted, int acks) = [calls(vm, 3) - emits, calls(vm, 2) - acknowledged]
    if (emitted != words.size() || acks != words.size()) {
        fail seen: "$emitted events emitted, $acks acknowledged", expected: "${words.size()} of each, one for a word"
    }
    def inside = vm.port('data').get()
    assert inside.text() == words.last()
    evidence "the dataport's ${inside.sizeBytes()} bytes held ${contents.unique().join(', then ')}"
    evidence "$emitted events emitted (EAX=3, EBX=1), $acks acknowledged (EAX=2, EBX=2)"
    evidence "print_server, and not the guest, printed ${lines.join(', ')}"
}

def connected() {
    def vm = machine('vm0')
    def server = lab.component('print_server')
    if (!server.present) {
        fail seen: "lab.groovy has the components ${lab.components()*.name()}", expected: "component PrintServer, 'print_server' in composition { }"
    }
    def ends = lab.connections()*.ends()*.toSet() as Set
    [['vm0.do_print', 'print_server.do_print'], ['print_server.done_printing', 'vm0.done_printing'],
     ['print_server.data', 'vm0.data']].each { wanted ->
        if (!ends.contains(wanted.toSet())) {
            fail seen: "connections between ${lab.connections()*.ends()}", expected: "one between ${wanted.join(' and ')}",
                    likely: 'an interface is in no connection: there are three of them'
        }
    }
    return vm
}

step('write-the-component') {
    machine 'vm0'
    def type = lab.assembly().types().find { it.name() == 'PrintServer' }
    if (!type) {
        fail seen: "lab.groovy has the components ${lab.assembly().types()*.name()}", expected: "component('PrintServer') { … }"
    }
    [DATAPORT: ['Buf(4096)', 'data'], CONSUMES: ['DoPrint', 'do_print'], EMITS: ['DonePrinting', 'done_printing']].each { kind, what ->
        if (!type.interfaces().any { it.kind().name() == kind && it.type() == what[0] && it.name() == what[1] }) {
            fail seen: "PrintServer has ${type.interfaces()*.name()}", expected: "${kind.toLowerCase()} ${what.join(' ')}",
                    likely: "PrintServer has no ${kind.toLowerCase()} ${what.join(' ')}"
        }
    }
    evidence "PrintServer: ${type.interfaces().collect { it.kind().name().toLowerCase() + ' ' + it.name() }.join(', ')}"
}

step('connect-the-vm') {
    def vm = connected()
    if (!(vm.spec().setting('data_id').map { it.value() }.orElse(0) == 1)) {
        fail seen: 'no data_id', expected: 'data_id = 1 in vm(0) { }'
    }
    lab.connections().each { evidence "${it.name()}: ${it.connector()} from ${it.ends()[0]} to ${it.ends()[1]}" }
    def server = lab.component('print_server').get()
    vm.port('do_print').get().emit()
    eventually(5.seconds) { assert server.lines().size() == 1 }
    evidence 'an event do_print, emitted in the name of vm0, had print_server print a line'
}

step('make-the-nodes') {
    def script = file 'camkes_init'
    ['dataport_init', 'consumes_event_init', 'emits_event_init'].each {
        if (!(script =~ /(?m)^\s*$it\s+\/dev\//)) {
            fail seen: script.readLines().findAll { it && !it.startsWith('#') }.join('; '), expected: "$it with a node's name",
                    likely: "camkes_init lacks a line: each kind of connection has a program that makes its nodes"
        }
    }
    def size = (script =~ /dataport_init\s+\/dev\/camkes_data\s+(\d+)/).collect { it[1] }.find()
    if (size != '4096') {
        fail seen: size ? "dataport_init /dev/camkes_data $size" : script, expected: 'dataport_init /dev/camkes_data 4096',
                likely: 'dataport_init takes a node and the size behind its name: that of the type, 4096'
    }
    def vm = connected().login()
    def missing = ['data', 'done_printing', 'do_print'].findAll { !vm.sh("test -c /dev/camkes_$it").ok }
    if (missing) {
        fail seen: "the guest has no ${missing.collect { '/dev/camkes_' + it }.join(', ')}", expected: 'the three nodes'
    }
    def shared = vm.hypercalls.at(1)
    if (shared.calls() != 1 || shared.last().get().esi() != 4096) {
        fail seen: "${shared.calls()} dataports shared, the last with ${shared.last().orElse(null)}", expected: 'one of 4096 bytes: esi=1000'
    }
    evidence "the guest shared a dataport: ${shared.last().get()} (edx is its address, esi its bytes)"
    evidence "and gave a page for events: ${vm.hypercalls.at(2).last().get()}"
}

step('write-the-client') {
    if (!(file('pkg/print_client/print_client.c') =~ /emits_event_emit\s*\(/)) {
        fail seen: 'no emits_event_emit in print_client.c', expected: 'strncpy, emits_event_emit, consumes_event_wait for each word',
                likely: 'the client emits no event, so the component sleeps for ever'
    }
    file 'pkg/print_client/Makefile'
    built 'print_client'
    def vm = connected().login()
    printed(vm)
    evidence vm.sh('dmesg | grep -o "dataport received mmap.*"').out
}

step('the-same-in-c') {
    def vm = connected()
    if (!(file('lab.groovy') =~ /source\s*\(?['"]print_server\.c/)) {
        fail seen: 'PrintServer has a run { }', expected: "what it runs in C", likely: "source 'print_server.c' in place of run { … }"
    }
    if (!(file('print_server.c') =~ /done_printing_emit\s*\(/)) {
        fail seen: 'no done_printing_emit in print_server.c', expected: 'do_print_wait, printf, done_printing_emit, again and again',
                likely: 'the server never emits done_printing, and the client waits for ever'
    }
    vm.login()
    printed(vm)
}
