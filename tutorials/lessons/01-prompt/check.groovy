// SPDX-License-Identifier: Apache-2.0

def vm() {
    def found = live.vm('vm0')
    if (!found.present) {
        fail seen: live.vms() ? "the lab has ${live.vms()*.name().join(', ')}" : 'the lab has no machine', expected: 'vm0',
                likely: live.vms() ? 'the number in vm(…) is another' : 'lab { vm(0) { … } } makes one'
    }
    return found.get()
}

def loggedIn() {
    def vm = vm()
    if (vm.state().name() != 'RUNNING' || !(vm.console.text() =~ /login: root/)) {
        fail seen: "vm0 is ${vm.state()}, and nobody has logged in", expected: 'a guest that is logged in', likely: 'vm0.login() does both'
    }
    return vm
}

step('make-a-machine') {
    def vm = vm()
    if (!vm.spec().initrdImage().present) {
        fail seen: 'vm0 has a kernel and no file system', expected: 'both', likely: 'initrd_image = rootfs { } gives it one'
    }
    evidence "vm0: ${vm.spec().guestRamMb()} MB, kernel ${vm.spec().kernelImage()}, ${vm.spec().initrdImage().get()}"
}

step('start-it-and-log-in') {
    def vm = loggedIn()
    evidence "the guest has run for ${vm.time.toMillis()} ms of its time"
    evidence vm.where()
}

step('ask-it-something') {
    def vm = loggedIn()
    def note = vm.sh('cat /tmp/note')
    def release = vm.sh('uname -r').out
    if (!note.ok) {
        fail seen: note.out, expected: 'a file /tmp/note', likely: 'what sh gives is printed here; > /tmp/note writes it into a file there'
    }
    if (!note.out.contains(release)) {
        fail seen: note.out, expected: "what uname -r prints: $release"
    }
    evidence "the guest has a file /tmp/note with $release in it"
}

step('answer-a-call') {
    def calls = loggedIn().hypercalls
    def handled = calls.list().findAll { it.handled() }*.token()
    if (!calls.handles(4)) {
        fail seen: handled ? "handlers for ${handled.join(', ')}" : 'no handler', expected: 'one for token 4',
                likely: handled ? 'the handler is for another token' : "vm0.hypercall(4) { call -> println 'POKE!!!' }"
    }
    def entry = calls.at(4)
    if (entry.calls() == 0) {
        def others = calls.list().findAll { it.calls() }*.token()
        fail seen: others ? "calls of ${others.join(', ')}" : 'no call', expected: 'calls of token 4',
                likely: others ? 'the guest called with another token: \\004 is the octet 4' : 'the handler is there, and nobody has called yet'
    }
    evidence "${entry.calls()} calls of token 4, answered at ${entry.place()}; the last had ${entry.last().get()}"
}

step('look-into-its-memory') {
    def memory = loggedIn().memory
    def banner = variables.banner
    if (!(banner instanceof Number)) {
        fail seen: banner == null ? 'there is no variable banner' : banner, expected: 'an address: a number',
                likely: banner == null ? '' : 'find gives all the places; .addresses()[0] is the first'
    }
    def text = memory.cString(banner, 64)
    if (!text.startsWith('Linux version')) {
        fail seen: memory.dump(banner, 16), expected: 'Linux version', likely: 'something else is there'
    }
    evidence "at ${String.format('%#x', banner)} the guest's memory has: $text"
}

step('stop-it') {
    def vm = vm()
    if (vm.state().name() in ['RUNNING', 'HELD']) {
        fail seen: "vm0 is ${vm.state()}", expected: 'vm0 stopped', likely: vm.state().name() == 'HELD' ? 'pause() only holds it: stop()' : ''
    }
    evidence "vm0 is ${vm.state()}"
}
