// SPDX-License-Identifier: Apache-2.0

recognise(~/dataports leave out|whole numbers from 1/, 'ids begin at 1 and leave out none')
recognise(~/has \d+ dataports/, 'one dataport in a row: a row is one device of the PCI bus')
recognise(~/in none of the crossvm_connections/, 'every dataport and event of the VM stands in a row')
recognise(~/is of type .*, but/, 'the two ends share one memory, so it has the same type on both sides')
recognise(~/is not connected/, 'an interface is in no connection')
recognise(~/there is no (component|instance|connector)/, 'a name is misspelt, or what it names is missing')

/** What the guest's program string_reverse makes of a word that nobody could know. */
def reversed(vm) {
    def word = madeUpWord()
    def said
    try {
        said = vm.sh("echo $word | string_reverse", 5.seconds).out
    } catch (WaitTimedOut late) {
        said = 'nothing'
    }
    def (source, destination) = [vm.port('dp1').get().text(), vm.port('dp2').get().text()]
    if (said != word.reverse()) {
        fail seen: "echo $word | string_reverse printed $said; dp1 has '$source', dp2 '$destination'", expected: word.reverse(),
                likely: 'the program writes into the other dataport: ' + (vm.spec().crossvmConnections().empty
                        ? 'the nth name of dataport_init belongs to the id n, and the source is dp1'
                        : 'the first row is /dev/uio0, which has source and ready')
    }
    assert source == word && destination == word.reverse()
    evidence "dataport dp1 has $source, dp2 has $destination, and the guest printed $said"
}

step('reverse') {
    def vm = machine('vm0')
    def component = lab.component('string_reverse').get()
    def (source, destination) = [vm.port('dp1').get(), vm.port('dp2').get()]
    2.times { round ->
        def word = madeUpWord()
        source.text(word)
        vm.port('ready').get().emit()
        try {
            eventually(5.seconds) {
                assert vm.port('done').get().emitted() == round + 1 && component.event('done').get().emitted() == round + 1
            }
        } catch (AssertionError late) {
            def found = destination.text()
            fail seen: "no event done for the word $word; dest_dp has '$found'", expected: "$word reversed, and done",
                    likely: found == word.reverse() ? 'the component says nothing: done_emit() comes last'
                            : round ? 'the component waits once only: while (true) { … } around it' : 'run { … } waits for ready first: ready_wait()'
        }
        if (destination.text() != word.reverse()) {
            fail seen: destination.text(), expected: word.reverse(), likely: destination.text() == word ? 'the word comes back as it came: .reverse()' : ''
        }
        evidence "src_dp had $word, and after the event ready dest_dp had ${word.reverse()}"
    }
}

step('ask-from-the-guest') {
    def script = file 'camkes_init'
    def vm = machine('vm0')
    if (!(script =~ /dataport_init\s+\S+\s+8192\s+\S+\s+8192/)) {
        fail seen: script.readLines().find { it.contains('dataport_init') } ?: 'no dataport_init', expected: 'two names, each with its size',
                likely: 'dataport_init is called once, for both dataports in the order of their ids'
    }
    vm.login()
    def shared = vm.hypercalls.at(1)
    if (shared.calls() != 2 || shared.last().get().esi() != 8192) {
        fail seen: "${shared.calls()} dataports shared, the last with ${shared.last().orElse(null)}", expected: 'two of 8192 bytes: esi=2000'
    }
    reversed(vm)
    evidence "hypercalls: ${vm.hypercalls.list().collect { it.token() + ' came ' + it.calls() + ' times' }.join(', ')}"
}

step('connect-by-pci') {
    def vm = machine('vm0')
    def rows = vm.spec().crossvmConnections()
    if (rows.empty) {
        fail seen: 'vm0 has no crossvm_connections', expected: "crossvm_connections = [['dp1', 'ready'], ['dp2', 'done']]"
    }
    if (!(file('lab.groovy') =~ /module\s*\(?['"]connection/)) {
        fail seen: 'the image has no module connection', expected: 'a driver for the devices', likely: "module 'connection' in rootfs { }"
    }
    vm.login()
    evidence "the PCI bus has ${vm.sh('grep -l 0x1af4 /sys/bus/pci/devices/*/vendor | wc -l').out} devices of vendor 1af4"
    reversed(vm)
    assert vm.hypercalls.list().empty
    evidence 'and the VMM saw no hypercall'
}

step('connect-two-guests') {
    def vm = machine('vm0')
    if (!lab.vm('vm1').present) {
        fail seen: 'lab.groovy makes vm0 only', expected: 'a second machine: vm(1) { … }'
    }
    def other = lab.vm('vm1').get()
    [vm, other].each { it.start() }
    [vm, other].each { it.login() }
    def word = madeUpWord()
    vm.sh("printf $word | dataport_write /dev/uio2")
    def read = other.sh('dataport_read /dev/uio0').out.trim()
    if (read != word) {
        fail seen: "vm0 wrote $word into its third connection, and vm1 read '$read' from its first", expected: word,
                likely: 'board is the third row of vm0, and the first of vm1'
    }
    assert vm.port('board').get().text() == word
    evidence "a program in vm0 wrote $word, and one in vm1 read it; the memory has it"
    reversed(vm)
}
