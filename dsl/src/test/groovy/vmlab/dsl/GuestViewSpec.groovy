// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.HostDisassembler
import vmlab.lab.Lab
import vmlab.lab.Labs
import vmlab.lab.TinyKernel
import vmlab.vmm.Machine.Pace

/** Looking into a tiny guest on the CPU in Java: memory, code, steps. */
@Timeout(60)
class GuestViewSpec extends Specification {
    @TempDir
    Path dir

    Lab lab
    ScriptRunner runner

    private void guest(String code, Pace pace = Pace.VIRTUAL) {
        lab = new Lab(Labs.settings(pace))
        runner = new ScriptRunner(lab, new PrintWriter(new StringWriter(), true))
        runner.binding().setVariable('kernel', TinyKernel.write(dir, code))
        runner.run('setup', 'lab { vm(0) { kernel_image = kernel; guest_ram_mb = 4 } }', [])
    }

    def cleanup() {
        lab?.close()
    }

    private Object run(String text) {
        runner.run('lab.groovy', text.stripIndent(), [])
    }

    private String mistake(String text) {
        Scripts.failure { run(text) }.message
    }

    def "memory is read and written by physical address before the guest runs, while and after it"() {
        given:
        guest(TinyKernel.CALLS_FROM_PAGED_CODE)

        expect:
        run('''\
            vm0.start()
            assert vm0.memory.u8(0x100040) == 0xBF && vm0.memory.u32(0x100041) == 0x200000
            vm0.memory.u16(0x3001, 0xFFFE)
            vm0.memory.u32(0x3003, -2)
            vm0.memory.u64(0x3007, 0x1122334455667788L)
            assert vm0.memory.u16(0x3001) == 0xFFFE && vm0.memory.u32(0x3003) == 0xFFFFFFFEL
            assert vm0.memory.u64(0x3007) == 0x1122334455667788L && vm0.memory.u8(0x300E) == 0x11
            vm0.memory.write(0x4000, 'text')
            vm0.memory.write(0x4004, [0, 1] as byte[])
            assert vm0.memory.bytes(0x4000, 6) == 'text\\0\\1'.bytes && vm0.memory.cString(0x4000) == 'text'
            vm0.awaitEnd(1.second)
            assert vm0.memory.u32(0x200000) == 0xA3 || vm0.memory.u32(0x200000) == 0x83 || vm0.memory.u32(0x200000) == 0xE3
            vm0.memory.cString(0x100080) + '|' + vm0.virtual.cString(0xC0100080) + '|' + vm0.virtual.u32(0xC0100041)''') ==
            'hello, VMM|hello, VMM|2097152'
    }

    def "a dump has sixteen bytes a line, a screen of them unless more is asked for"() {
        given:
        guest(TinyKernel.CALLS_FROM_PAGED_CODE)

        expect:
        run('''\
            vm0.start()
            vm0.memory.dump(0x10007C, 0x14)''') == '''\
            0010007c  01 c1 fa f4 68 65 6c 6c  6f 2c 20 56 4d 4d 00 00  |....hello, VMM..|
            0010008c  00 00 00 00                                       |....|'''.stripIndent()
        run('vm0.memory.dump(0x10007C)').readLines().size() == 16
        run('vm0.memory.dump(0, 4.KiB)').readLines().size() == 256
    }

    def "bytes and texts are found"() {
        given:
        guest(TinyKernel.CALLS_FROM_PAGED_CODE)

        expect:
        run('''\
            vm0.start()
            vm0.memory.write(0x1FFFFE, 'over the border')
            vm0.memory.write(0x3FFFFC, 'last')
            assert vm0.memory.find('over the border').addresses == [0x1FFFFEL]
            assert vm0.memory.find('last').size() == 1 && vm0.memory.find('last')[0] == 0x3FFFFC
            vm0.awaitEnd(1.second)
            assert vm0.virtual.find('hello', 0xBFF00000, 4.MiB).addresses == [0xC0100080L]
            assert vm0.memory.find([0x0F, 0x01, 0xC1] as byte[], 0x100000, 0x100).toString() == '0x0010007b'
            vm0.memory.find('nowhere to be found').toString()''') == 'nowhere'
    }

    def "code is shown in the CPU's mode, and steps go through it"() {
        given:
        HostDisassembler.orSkip()
        guest(TinyKernel.CALLS_ON_KEYS)

        expect:
        run('''\
            vm0.start()
            vm0.disassemble(3)''').readLines()*.trim() == [
            '00100040  bc 34 12 00 00                 mov esp, 0x1234',
            '00100045  66 ba fd 03                    mov dx, 0x3fd',
            '00100049  ec                             in al, dx']
        run('vm0.step()') == '00100045  66 ba fd 03                    mov dx, 0x3fd'
        run('vm0.registers.esp()') == 0x1234
        run('vm0.step(3)').startsWith('0010004c  74 fb ')
        run('vm0.where()') == '0x0010004c'
        run('vm0.disassemble(0x10006D, 2)').contains('0f 01 c1                       vmcall')
    }

    def "a step that ends the guest says so"() {
        given:
        guest('B801000000 FA F4')

        expect:
        run('''\
            vm0.start()
            vm0.step(10)''').startsWith("vm0 can't make a step: ")
        run('vm0.awaitEnd(1.second).kind().name()') == 'POWERED_OFF'
    }

    def "what can't be looked at is told"() {
        given:
        guest(TinyKernel.CALLS_FROM_PAGED_CODE)
        run('vm0.start(); vm0.awaitEnd(1.second)')

        expect:
        mistake(text).readLines()[0] == told

        where:
        text                                      || told
        'vm0.memory.u8(0x400000)'                 || 'lab.groovy:1:12: vm0 has no RAM at 0x400000'
        'vm0.memory.u32(0x3FFFFE)'                || 'lab.groovy:1:12: vm0 has no RAM at 0x400000'
        'vm0.memory.u8(-1)'                       || 'lab.groovy:1:12: vm0 has no RAM at 0xffffffff'
        'vm0.memory.u8(-1L)'                      || 'lab.groovy:1:12: vm0 has no RAM at 0xffffffffffffffff'
        'vm0.memory.write(0x3FFFFE, "text")'      || 'lab.groovy:1:12: vm0 has no RAM at 0x400000'
        'vm0.virtual.u8(0xD0000000)'              || 'lab.groovy:1:13: no page of vm0 is at virtual address 0xd0000000 now'
        'vm0.virtual.write(0xC03FFFFE, "text")'   || 'lab.groovy:1:13: no page of vm0 is at virtual address 0xc0400000 now'
        'vm0.memory.dump(0, -1)'                  || 'lab.groovy:1:12: -1 is not a number of bytes here'
        'vm0.memory.dump(0, 1.GiB)'               || 'lab.groovy:1:12: 1073741824 is not a number of bytes here'
        'vm0.memory.u8(1.5)'                      || 'lab.groovy:1:12: 1.5 is not an address'
        'vm0.memory.u8("printk")'                 || 'lab.groovy:1:12: symbols are virtual addresses'
        'vm0.memory.u8(0, 256)'                   || "lab.groovy:1:12: 256 doesn't fit into 8 bits"
        'vm0.memory.write(0, 5)'                  || 'lab.groovy:1:12: these are neither bytes nor a text'
        'vm0.memory.find("")'                     || "lab.groovy:1:12: that can't be searched"
        'vm0.virtual.find("x")'                   || 'lab.groovy:1:13: all of the virtual memory is too much to search'
        'vm0.disassemble(0)'                      || "lab.groovy:1:5: 0 instructions can't be shown"
        'vm0.step()'                              || 'lab.groovy:1:5: vm0 is off: it powered off (halted with interrupts disabled)'
        'vm0.stop(); vm0.memory.u8(0)'            || 'lab.groovy:1:24: the memory of vm0 was given back when it was stopped'
        'lab { vm(1) { kernel_image = kernel } }; vm1.memory.u8(0)' || "lab.groovy:1:53: vm1 isn't started"
    }

    def "a VM that runs freely is paused before it makes steps; its memory can be looked at all the time"() {
        given:
        guest(TinyKernel.CALLS_ON_KEYS, Pace.REAL_TIME)

        expect:
        run('vm0.start(); vm0.memory.u8(0x100040)') == 0xBC
        mistake('vm0.step()').readLines()[0] == 'lab.groovy:1:5: vm0 is running'
        run('vm0.pause(); vm0.step()') =~ /001000(49|4a|4c|45)/
    }
}
