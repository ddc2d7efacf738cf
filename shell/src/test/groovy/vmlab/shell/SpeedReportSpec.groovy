// SPDX-License-Identifier: Apache-2.0
package vmlab.shell

import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir

/** What {@code scripts/bench speed} writes, of results that are given. */
class SpeedReportSpec extends Specification {
    @TempDir
    Path folder

    def row(Map more) {
        [unit: 's', what: 'something', wanted: [qemu: 1.5], loads: [1.0]] + more
    }

    def report(Map... rows) {
        def loader = new GroovyClassLoader(getClass().classLoader)
        loader.parseClass(Checkout.root().resolve('scripts/speed/Report.groovy').toFile()).newInstance([
            date: 'today', commit: 'abc', machine: [cpu: 'a "CPU"', cores: 2, memoryMb: 1000, kernel: '6'],
            versions: [QEMU: '7.2'], load: [from: 1.0, to: 2.0], rounds: 3, peers: ['vmlab', 'qemu', 'v86'],
            rows: rows as List, figures: [[what: 'a fork, ms', value: 9.5]], remarks: ['v86 is left out']])
    }

    def "a ratio is of one round, and its median, least and greatest are told"() {
        when:
        def table = report(row(name: 'sieve', samples: [vmlab: [1.0, 2.0, 9.0], qemu: [1.0, 4.0, 3.0], v86: [10.0, 10.0, 10.0]])).table()

        then:
        table.readLines()[1] ==~ /sieve +2\.000 s +3\.000 s +10\.000 s +1\.00 \(0\.50–3\.00\) +0\.20 \(0\.10–0\.90\) +≤ 1\.5 qemu/
        table.contains('a fork, ms: 9.5')
        table.contains('v86 is left out')
    }

    def "a peer that hasn't done it has no figures"() {
        expect:
        report(row(name: 'memory', unit: 'MB', wanted: null, samples: [vmlab: [200.4]])).table().readLines()[1] ==~ /memory +200 MB +– +– +– +–/
    }

    def "what was measured on a busy machine has a star"() {
        expect:
        report(row(name: 'sieve', loads: loads, samples: [vmlab: [1.0], qemu: [1.0]])).table().contains('sieve *') == starred

        where:
        loads      | starred
        [1.0, 3.0] | false
        [1.0, 3.1] | true
    }

    def "page, JSON and chart hold the rows"() {
        when:
        report(row(name: 'sieve', samples: [vmlab: [1.0], qemu: [2.0], v86: [4.0]])).write(folder.toFile())
        def text = { folder.resolve("performance.$it").toFile().getText('UTF-8') }

        then:
        text('md').contains('| sieve | 1.000 s | 2.000 s | 4.000 s | 0.50 (0.50–0.50) | 0.25 (0.25–0.25) | ≤ 1.5 qemu |')
        text('md').contains('| machine | a "CPU", 2 cores')
        text('json').contains('"cpu": "a \\"CPU\\""')
        text('json').contains('"qemu": [2.0]')

        and: 'the bar of half the time ends left of the line of 1'
        def labels = text('svg') =~ /<rect x="([\d.]+)" y="\d+" width="51\.2"/
        labels.find()
        (labels.group(1) as double) < 300
        text('svg').startsWith('<svg ')
        text('svg').trim().endsWith('</svg>')
    }
}
