// SPDX-License-Identifier: Apache-2.0

recognise(~/missing separator|blanks where/, 'the last line of the Makefile begins with blanks; make wants a TAB')
recognise(~/No rule to make target .*\.o/, 'obj-m must name the object of your source: poke.o is made of poke.c')
recognise(~/implicit declaration|undefined!|modpost/, 'a function is misspelt, or its #include is missing')
recognise(~/expected .;. before/, 'a statement of the module has no ; at its end')

def source() {
    file 'modules/poke/poke.c'
}

def module() {
    def made = built('poke')
    if (!made['poke.ko']) {
        fail seen: "make left ${made.keySet()}", expected: 'a module poke.ko', likely: 'obj-m must name the object of your source: poke.o is made of poke.c'
    }
    return made['poke.ko']
}

/** A made-up number of writes to the module's node, by the guest's shell; how many. */
def writes(vm) {
    def major = vm.sh('grep " poke$" /proc/devices').out.split()[0]
    vm.sh("mknod /dev/poke c $major 0")
    int times = 2 + madeUpWord().hashCode().abs() % 4
    def said = vm.sh('echo > /dev/poke; ' * times)
    if (!said.ok) {
        fail seen: said, expected: 'writes that succeed', likely: 'the write function must return how much it took: return s;'
    }
    return times
}

step('write-the-module') {
    def text = source()
    ['module_init', 'module_exit', 'register_chrdev'].each {
        if (!text.contains(it)) {
            fail seen: "no $it in poke.c", expected: 'all of the listing'
        }
    }
    if (!(text =~ /\.write\s*=\s*poke_write/)) {
        fail seen: 'no .write = poke_write', expected: '.write = poke_write, in fops',
                likely: 'fops tells the kernel which function a write calls'
    }
    if (!(text =~ /printk\(.*"hi\\n"\)/)) {
        fail seen: (text =~ /printk\(.*\)/).collect { it }.join('; '), expected: 'printk("hi\\n"); in poke_write',
                likely: text.contains('"hin"') ? 'the backslash before the n got lost, as in a printed listing' : ''
    }
    evidence 'poke.c registers a character device whose writes say hi'
}

step('tell-how-it-is-built') {
    file 'modules/poke/Makefile'
    def module = module()
    def release = (new String(module, 'ISO-8859-1') =~ /vermagic=(\S+)/)[0][1]
    evidence "the kit built poke.ko, ${module.length} bytes, for the kernel $release"
}

step('load-it-at-boot') {
    def init = file 'init_template'
    if (!(init =~ /(?m)^\s*insmod\s.*poke\.ko/)) {
        fail seen: 'init_template', expected: 'insmod … poke.ko', likely: 'no line of it loads the module'
    }
    if (!(init =~ /(?m)^\s*insmod\s+\/lib\/modules\/__LINUX_VERSION__\/kernel\/drivers\/vmm\/poke\.ko/)) {
        fail seen: (init =~ /(?m)^\s*insmod.*/)[0].trim(), expected: 'insmod /lib/modules/__LINUX_VERSION__/kernel/drivers/vmm/poke.ko',
                likely: "insmod takes the path of the module's file"
    }
    def vm = machine('vm0').login()
    if (!vm.sh('grep " poke$" /proc/devices').ok) {
        fail seen: vm.console.lines().findAll { it.contains('insmod') }.join('\n'),
                expected: 'a line poke in /proc/devices', likely: 'the line for insmod must come before exec /sbin/init'
    }
    evidence vm.sh('dmesg | grep -o "poke initialized.*"').out
    int times = writes(vm)
    int said = vm.sh('dmesg | grep -c "hi$"').out.toInteger()
    if (said != times) {
        fail seen: "hi $said times in the kernel's log", expected: "$times times, for as many writes"
    }
    evidence "$times writes to /dev/poke, and the kernel's log says hi $times times"
    assert vm.hypercalls.list().empty
    evidence 'the VMM saw no hypercall'
}

step('call-the-vmm') {
    def text = source()
    def call = text =~ /kvm_hypercall\d\s*\(\s*(\w+)\s*(?:,\s*(\w+)\s*)?\)/
    if (!call) {
        fail seen: 'no kvm_hypercall1 in poke.c', expected: 'kvm_hypercall1(4, 0); in poke_write'
    }
    def (all, token, argument) = [call[0][0], call[0][1], call[0][2]]
    if (token == '0' && argument == '4') {
        fail seen: all, expected: 'kvm_hypercall1(4, 0)', likely: 'the arguments are swapped'
    }
    if (token.isInteger() && token != '4') {
        fail seen: all, expected: 'kvm_hypercall1(4, 0)', likely: 'the token is the first argument, and it is 4'
    }
    if (text =~ /printk\(.*"hi\\n"\)/) {
        fail seen: 'printk("hi\\n") in poke.c', expected: 'the hypercall in its place', likely: 'the printk is still in the function'
    }
    def vm = machine('vm0')
    def callers = []
    vm.hypercall(4) { callers << [it.registers, vm.registers] }
    vm.login()
    int times = writes(vm)
    if (callers.size() != times) {
        fail seen: "${callers.size()} hypercalls of token 4", expected: "$times, for as many writes to /dev/poke"
    }
    def (asked, cpu) = callers[0]
    if (asked.eax() != 4 || asked.ebx() != 0) {
        fail seen: asked, expected: 'eax=4 ebx=0'
    }
    def (size, base) = vm.sh('grep "^poke " /proc/modules').out.split().with { [it[1] as int, Long.decode(it[5])] }
    long at = cpu.eip() & 0xFFFFFFFFL
    assert at >= base && at < base + size : 'it was not the module that called'
    evidence "$times writes, $times hypercalls: $asked"
    evidence "called in ring ${cpu.cs().selector() & 3}, at ${String.format('%#x', at)}, which is in poke.ko"
}

step('answer-the-call') {
    def vm = machine('vm0')
    if (!vm.hypercalls.handles(4)) {
        def others = vm.hypercalls.list().findAll { it.handled() }*.token()
        fail seen: "lab.groovy registers no handler for token 4${others ? ', but for ' + others.join(', ') : ''}",
                expected: "vm0.hypercall(4) { call -> println 'POKE!!!' }",
                likely: others ? 'the handler is for another token than the module calls with'
                        : "the VMM must say POKE!!!, when it is called: an echo in the guest is only text on its console"
    }
    vm.login()
    int before = printed().count('POKE!!!')
    int times = writes(vm)
    int said = printed().count('POKE!!!') - before
    if (said != times) {
        fail seen: "POKE!!! $said times for $times writes; vmlab printed: ${printed()}", expected: "POKE!!! $times times",
                likely: said ? '' : "the handler prints nothing, or something else: println 'POKE!!!'"
    }
    assert !vm.console.text().contains('POKE!!!')
    def entry = vm.hypercalls.at(4)
    evidence "$times writes, ${entry.calls()} calls of token 4, and the VMM printed POKE!!! $times times"
    evidence "the guest's console has no POKE!!!"
}
