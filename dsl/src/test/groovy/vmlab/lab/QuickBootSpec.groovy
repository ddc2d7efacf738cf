// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import static java.time.Duration.ofMillis

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.FileTime
import java.time.Instant
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import spock.util.concurrent.PollingConditions
import vmlab.dsl.model.Assembly
import vmlab.dsl.model.Setting
import vmlab.dsl.model.VmSpec
import vmlab.vmm.Machine.Pace

/** Guests that begin where their boot ended before; the guest is a kernel that asks for a name and a password. */
@Timeout(60)
class QuickBootSpec extends Specification {
    @TempDir
    Path dir

    Path boots
    List<Lab> labs = []

    def setup() {
        boots = dir.resolve('boots')
        kernel('first')
    }

    def cleanup() {
        labs*.close()
    }

    /** The kernel's file changes, and can't be told from what it was: who sees the old text hasn't booted. */
    private void kernel(String greeting) {
        assert greeting.length() == 5
        def file = TinyKernel.write(dir, TinyKernel.logsIn(greeting))
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse('2026-01-01T00:00:00Z')))
    }

    private LabVm vm(Pace pace = Pace.VIRTUAL, int ramMb = 4, BootCache cache = BootCache.in(boots)) {
        def lab = new Lab(new LabSettings(
                Backend.SOFT, pace, new NoFiles(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME, cache))
        labs << lab
        def settings = [kernel_image: dir.resolve('kernel'), guest_ram_mb: ramMb]
                .collect { name, value -> new Setting(name, value, Labs.HERE) }
        lab.apply(new Assembly([new VmSpec(0, settings, Labs.HERE)], Labs.HERE)).first()
    }

    private static List<?> seen(LabVm vm) {
        [vm.time(), vm.registers(), vm.console().text(), vm.events()]
    }

    /** All a script sees of a boot; the lab is closed, so that what it keeps is there. */
    private List<?> login(LabVm vm) {
        def result = seen(vm.login())
        vm.run(ofMillis(3))
        result += seen(vm)
        vm.lab().close()
        result
    }

    private List<Path> kept() {
        Files.isDirectory(boots) ? Files.list(boots).withCloseable { it.toList() } : []
    }

    def "a second login is the first one, to the nanosecond and without a boot"() {
        given:
        def printed = new StringBuilder()

        when:
        def cold = login(vm())
        kernel('other')
        def warm = vm()
        warm.console().listen { octets -> printed << new String(octets) }

        then:
        kept().size() == 1
        warm.start().time().isZero()
        login(warm) == cold
        cold[2] == 'first login: Password: # '
        printed.toString() == cold[2]
    }

    def "who asks for a boot gets one"() {
        given:
        login(vm())
        kernel('other')

        expect:
        login(vm().start(coldBoot: true))[2].startsWith('other login')
        login(vm(Pace.VIRTUAL, 4, BootCache.none()))[2].startsWith('other login')
        login(vm().start(coldBoot: false))[2].startsWith('first login')

        when:
        vm().start(warmBoot: true)

        then:
        def mistake = thrown(LabMistake)
        mistake.message == 'start knows no warmBoot: true'
        mistake.remedy() == 'coldBoot: true has the guest boot'
    }

    def "who looks at the boot before the login sees one"() {
        given:
        def cold = vm()
        login(cold)
        kernel('other')

        when:
        def vm = vm().start()
        look(vm)

        then:
        vm.login().console().text().startsWith('other login')

        where:
        look << [{ it.console().expect('login') }, { it.registers() }, { it.memory().u8(0x100000) },
                 { it.run(ofMillis(1)) }, { it.console().send(' ') }, { it.step() }, { it.pause().resume() }]
    }

    def "what differs boots"() {
        given:
        login(vm())
        kernel('other')

        expect:
        login(vm(Pace.VIRTUAL, 8))[2].startsWith('other login')
        seen(vm().login('root', 'secret'))[2].startsWith('other login')

        when:
        Files.setLastModifiedTime(dir.resolve('kernel'), FileTime.from(Instant.parse('2026-01-02T00:00:00Z')))

        then:
        login(vm())[2].startsWith('other login')
    }

    def "a boot that somebody touched isn't kept"() {
        when:
        touched(vm().start()).login().lab().close()

        then:
        kept().isEmpty()

        where:
        touched << [{ it.run(ofMillis(1)) }, { it.memory().u8(0x100000, 1); it }, { it.console().send('x'); it }]
    }

    def "a VM that isn't alone boots, as the other one sees it boot"() {
        given:
        login(vm())
        kernel('other')
        def first = vm()
        def settings = [kernel_image: dir.resolve('kernel'), guest_ram_mb: 4]
                .collect { name, value -> new Setting(name, value, Labs.HERE) }
        def second = first.lab().apply(new Assembly([new VmSpec(1, settings, Labs.HERE)], Labs.HERE)).first()

        when:
        first.start()
        second.start()

        then:
        first.login().console().text().startsWith('other login')
        second.login().console().text().startsWith('other login')
    }

    def "a file that can't be used is made anew"() {
        given:
        def cold = login(vm())
        damage(kept().first())
        kernel('other')

        expect:
        login(vm())[2].startsWith('other login')
        kernel('third')
        login(vm())[2].startsWith('other login')

        where:
        damage << [{ Files.write(it, 'rubbish'.bytes) }, { Files.write(it, new byte[0]) }, { file ->
            def octets = Files.readAllBytes(file)
            octets[octets.length - 50] ^= 1
            Files.write(file, octets)
        }]
    }

    def "the oldest are deleted when all together hold too much"() {
        given:
        def small = { BootCache.in(boots, 3 * 8192) }

        when:
        (4..8).each { login(vm(Pace.VIRTUAL, it, small())) }

        then:
        kept().size() < 5
        !kept().isEmpty()

        when: 'the newest is there'
        kernel('other')

        then:
        login(vm(Pace.VIRTUAL, 8, small()))[2].startsWith('first login')
        login(vm(Pace.VIRTUAL, 4, small()))[2].startsWith('other login')
    }

    def "in real time a start leads to the prompt at once"() {
        given:
        def first = vm(Pace.REAL_TIME).start()
        first.console().expect('login: ')
        new PollingConditions(timeout: 20).eventually {
            assert kept().any { it.toString().endsWith('.boot') }
        }
        first.lab().close()
        kernel('other')

        when:
        def second = vm(Pace.REAL_TIME).start()

        then:
        second.console().text() == 'first login: '
        second.console().expect('first login: ') != null
        second.login().console().text() == 'first login: Password: # '
    }

    def "what is typed as an answer to the prompt is no part of the kept boot"() {
        given:
        def first = vm(Pace.REAL_TIME)
        def printed = ''
        def answered = false
        def answering = { octets ->
            if (first.console().text() == 'first login: ') {
                answered = true
                first.console().type('root')
            }
        }
        first.console().listen { octets ->
            if (printed.isEmpty()) {
                // Told behind all others, as waits are.
                first.console().listen(answering)
            }
            printed += new String(octets)
        }

        when:
        first.start().console().expect('Password: ')
        first.lab().close()
        kernel('other')

        then:
        answered
        kept().size() == 1

        when:
        def second = vm(Pace.REAL_TIME).start()

        then:
        second.login().console().text() == 'first login: Password: # '
    }

    def "a guest that goes on from a snapshot isn't taken for one that has booted"() {
        given:
        def first = vm()
        first.login().console().type('')
        first.console().expect('# ')
        first.snapshot('later')
        first.stop()

        when:
        first.restore('later').login().lab().close()
        kernel('other')

        then:
        login(vm())[2] == 'first login: Password: # '
    }
}
