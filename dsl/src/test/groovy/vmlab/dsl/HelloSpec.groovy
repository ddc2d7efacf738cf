// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import spock.util.environment.RestoreSystemProperties
import vmlab.lab.Backend
import vmlab.lab.BootCache
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace
import vmlab.vmm.SoftCpu

/** The first script of the manual, on the real guest. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class HelloSpec extends Specification {
    private static final Path SCRIPT = Path.of('..', 'scripts', 'hello.groovy')

    @TempDir
    Path folder

    private record Run(String printed, String console, Duration time) {}

    private static Run run(Pace pace, SoftCpu softCpu) {
        def settings = new LabSettings(
                Backend.SOFT, pace, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME, BootCache.none(), softCpu)
        def printed = new StringWriter()
        try (def lab = new Lab(settings)) {
            new ScriptRunner(lab, new PrintWriter(printed, true)).run(SCRIPT, [])
            def vm = lab.vm('vm0').get()
            return new Run(printed.toString(), vm.console().text(), vm.time())
        }
    }

    /** What {@link #run} does, and what the CPU and its memory were like every 20 million instructions. */
    private List witnessed(SoftCpu softCpu) {
        def digests = folder.resolve(softCpu.toString())
        System.setProperty('vmlab.soft.digests', digests.toString())
        System.setProperty('vmlab.soft.digests.millions', '20')
        [run(Pace.VIRTUAL, softCpu), Files.readAllLines(digests)]
    }

    @RestoreSystemProperties
    def "it logs in to Debian's kernel, and a CPU that compiles is in step with one that doesn't all the way"() {
        given:
        assert Files.isRegularFile(SCRIPT)

        when:
        def (first, expected) = witnessed(SoftCpu.INTERPRETER)
        def (second, digests) = witnessed(SoftCpu.COMPILER)

        then:
        first.printed().contains(' i686 GNU/Linux') || first.printed().contains(' i686 Linux')
        first.console() =~ /Welcome to Buildroot\s+buildroot login: root\s+Password: /
        second == first
        expected.size() > 10
        digests == expected
    }

    def "it does the same in real time"() {
        expect:
        run(Pace.REAL_TIME, SoftCpu.COMPILER).printed().contains(' i686 ')
    }
}
