// SPDX-License-Identifier: Apache-2.0
package vmlab.scenario

import static vmlab.scenario.ScenarioResult.Outcome.FAILED
import static vmlab.scenario.ScenarioResult.Outcome.MISTAKEN
import static vmlab.scenario.ScenarioResult.Outcome.PASSED
import static vmlab.scenario.ScenarioResult.Outcome.SKIPPED
import static vmlab.scenario.ScenarioResult.Outcome.TIMED_OUT

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import spock.lang.Specification
import spock.lang.TempDir
import vmlab.lab.FakeGuest
import vmlab.lab.Labs
import vmlab.vmm.HostMistake
import vmlab.vmm.Machine.Pace

/** Scripts as tests, against fake guests. */
class SuiteSpec extends Specification {
    @TempDir
    Path folder

    def guest = new FakeGuest()

    def cleanup() {
        guest.close()
    }

    private static Suite.Selection all(Map changes = [:]) {
        def chosen = [filter: Optional.empty(), shard: 1, shards: 1, repeat: 1, seed: 0L] + changes
        new Suite.Selection(chosen.filter, chosen.shard, chosen.shards, chosen.repeat, chosen.seed)
    }

    private Path script(String name, String text) {
        def file = folder.resolve(name)
        Files.createDirectories(file.parent)
        Files.writeString(file, text)
    }

    private List<ScenarioResult> run(Suite.Selection selection = all(), int jobs = 2, Duration limit = Duration.ofSeconds(30)) {
        new Suite(Suite.find([folder], selection), jobs, limit).run({ Labs.of(guest, Pace.VIRTUAL) }, {})
    }

    def "each script's end is told in its own word"() {
        given:
        script('a-passes.groovy', 'println "fine"; assert 1 + 1 == 2')
        script('b-fails.groovy', 'def x = 3\nassert x == 4')
        script('c-mistaken.groovy', 'nosuch()')
        script('d-skipped.groovy', 'skip "no device"')
        script('deep/e-waits.groovy', 'eventually(50.ms) { assert false }')

        when:
        def results = run()

        then:
        results*.scenario()*.name() == ['a-passes', 'b-fails', 'c-mistaken', 'd-skipped', 'deep/e-waits']
        results*.outcome() == [PASSED, FAILED, MISTAKEN, SKIPPED, FAILED]
        results[0].printed() == 'fine\n'
        results[1].summary().endsWith('b-fails.groovy:2:1: the assertion failed')
        results[1].told().contains('x == 4')
        results[2].told().contains('nosuch')
        results[3].told() == 'no device'
    }

    def "a script that never ends is ended at its limit, and the others' results are there"() {
        given:
        script('a.groovy', 'while (true) { }')
        script('b.groovy', 'assert true')

        expect:
        run(all(), 1, Duration.ofSeconds(2))*.outcome() == [TIMED_OUT, PASSED]
    }

    def "cleanups are done newest first, also behind a failure, and a failure of theirs counts"() {
        given:
        script('a.groovy', 'cleanup { println 1 }; cleanup { println 2 }; assert false')
        script('b.groovy', 'cleanup { assert false }; cleanup { println "first" }')

        when:
        def results = run()

        then:
        results*.printed() == ['2\n1\n', 'first\n']
        results*.outcome() == [FAILED, FAILED]
    }

    def "a filter, shards and repeats choose what runs"() {
        given:
        ('a'..'e').each { script(it + '.groovy', 'println "$seed ${random.nextInt(1000)}"') }

        expect:
        Suite.find([folder], all(filter: Optional.of(~/[bd]/)))*.name() == ['b', 'd']
        (1..3).collectMany { Suite.find([folder], all(shard: it, shards: 3))*.name() }.sort() == ['a', 'b', 'c', 'd', 'e']
        Suite.find([folder], all(shard: 2, shards: 3))*.name() == ['b', 'e']

        when:
        def selection = all(filter: Optional.of(~/a/), repeat: 2, seed: 7L)
        def printed = run(selection)*.printed()

        then:
        printed[0].startsWith('7 ')
        printed[1].startsWith('8 ')
        run(selection)*.printed() == printed
    }

    def "what isn't there is told"() {
        when:
        Suite.find([folder.resolve('nosuch')], all())

        then:
        thrown(HostMistake)
    }
}
