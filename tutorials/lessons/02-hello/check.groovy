// SPDX-License-Identifier: Apache-2.0

recognise(~/missing separator|blanks where/, 'the last line of the Makefile begins with blanks; make wants a TAB')
recognise(~/expected .;. before/, 'a statement of the program has no ; at its end')
recognise(~/undefined reference to|implicit declaration/, 'a function is misspelt, or its #include is missing')
recognise(~/No rule to make target .hello\.o/, 'the source must be called hello.c, beside its Makefile')

/** The program as the kit builds it. */
def program() {
    def made = built('hello')
    if (!made.hello) {
        fail seen: "make left ${made.keySet()}", expected: 'a program hello', likely: 'the target in the Makefile must be called hello'
    }
    return made.hello
}

step('describe-the-machine') {
    def vm = machine('vm0').login()
    evidence "the guest's serial line said buildroot login: and then took root's password, at ${vm.time.toMillis()} ms of its time"
}

step('write-the-program') {
    def text = file 'pkg/hello/hello.c'
    if (!(text =~ /\bmain\s*\(/)) {
        fail seen: 'no main', expected: 'int main(int argc, char *argv[])'
    }
    if (text.contains('Hello, World!n')) {
        fail seen: 'Hello, World!n', expected: 'Hello, World!\\n', likely: 'the backslash before the n got lost, as in a printed listing'
    }
    if (!text.contains('Hello, World!\\n')) {
        fail seen: (text =~ /"[^"]*"/).collect { it }.join(' '), expected: '"Hello, World!\\n"',
                likely: 'the comma, the capitals and the exclamation mark count'
    }
    evidence 'pkg/hello/hello.c has a main that prints Hello, World!'
}

step('tell-how-it-is-built') {
    file 'pkg/hello/Makefile'
    def program = program()
    assert program[0..3] == [0x7F, 'E' as char as int, 'L' as char as int, 'F' as char as int]
    evidence "the kit built ${program.length} bytes, ELF for ${program[4] == 1 ? 32 : 64} bits, machine ${program[18]} (3 is i386)"
}

step('put-it-into-the-guest') {
    def program = program()
    def vm = machine('vm0').login()
    if (vm.sh('test -f /usr/sbin/hello').status != 0) {
        fail seen: 'no /usr/sbin/hello in the guest', expected: 'the program from pkg/hello',
                likely: "lab.groovy's rootfs { } takes nothing in: from here belongs between its braces"
    }
    assert vm.sh('md5sum < /usr/sbin/hello').out.split()[0] == program.md5() : 'another program than the one in pkg/hello'
    evidence '/usr/sbin/hello in the guest is what the kit built: its MD5 sum is the same there and here'
    def said = vm.sh('hello').out
    if (said != 'Hello, World!') {
        fail seen: said, expected: 'Hello, World!'
    }
    evidence 'hello, typed into its shell, printed Hello, World!'
}

step('greet-by-name') {
    def vm = machine('vm0').login()
    def name = madeUpWord().capitalize()
    def said = vm.sh("hello $name").out
    if (said != "Hello, $name!") {
        fail seen: said, expected: "Hello, $name!", likely: said == 'Hello, World!' ? 'the program looks at no argument: argv[1]' : ''
    }
    if (vm.sh('hello').out != 'Hello, World!') {
        fail seen: vm.sh('hello'), expected: 'Hello, World!', likely: 'without a name there is no argv[1]: look at argc first'
    }
    evidence "hello $name, typed into the guest's shell, printed Hello, $name!"
}
