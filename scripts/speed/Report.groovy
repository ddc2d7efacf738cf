// SPDX-License-Identifier: Apache-2.0

/**
 * What scripts/bench has measured, as a table, JSON, a chart and a page. Everything is derived from one map, which is the JSON:
 * `rows` have a name, a unit, what is done, samples of each peer in the order of the rounds, and the load of the machine at each
 * round. A ratio is that of two samples of one round.
 */
class Report {
    static final String OURS = 'vmlab'
    static final double BUSY = 3

    private static final Map<String, String> COLOURS = [interpreter: '#b8a1d9', qemu: '#d9822b', v86: '#3a8f5c']
    private static final int LABEL = 130, WIDTH = 760, BAR = 11, SCALE = 170

    final Map data

    Report(Map data) {
        this.data = data
    }

    String json() {
        written(data, '') + '\n'
    }

    private static String written(Object value, String indent) {
        String deeper = indent + '  '
        switch (value) {
            case Map:
                return value.collect { key, each -> "$deeper${written(key as String, '')}: ${written(each, deeper)}" }.join(',\n').with { "{\n$it\n$indent}" }
            case List:
                def parts = value.collect { written(it, deeper) }
                return value.any { it instanceof Map } ? "[\n$deeper${parts.join(",\n$deeper")}\n$indent]" : "[${parts.join(', ')}]"
            case Number:
            case null:
                return value
            default:
                return '"' + value.toString().replaceAll(/["\\]/, /\\$0/).replaceAll(/\p{Cntrl}/, ' ') + '"'
        }
    }

    static double median(List samples) {
        def sorted = samples.sort(false)
        int middle = sorted.size().intdiv(2)
        sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /** Ours through the peer's, a number for each round, or null if one of them hasn't done it. */
    static List<Double> ratios(Map row, String peer) {
        def ours = row.samples[OURS], theirs = row.samples[peer]
        ours && theirs ? [ours, theirs].transpose().collect { a, b -> (a / b) as double } : null
    }

    private static String spread(List<Double> ratios) {
        ratios ? String.format(Locale.ROOT, '%.2f (%.2f–%.2f)', median(ratios), ratios.min(), ratios.max()) : '–'
    }

    private static String amount(Map row, String peer) {
        def samples = row.samples[peer]
        samples ? String.format(Locale.ROOT, row.unit == 'MB' ? '%.0f MB' : '%.3f s', median(samples)) : '–'
    }

    private static boolean busy(Map row) {
        row.loads.any { it > BUSY }
    }

    private List<String> others() {
        data.peers - OURS
    }

    private List<List<String>> cells() {
        def head = ['what', *data.peers, *others().collect { "$OURS / $it" as String }, 'wanted']
        [head] + data.rows.collect { row ->
            [row.name + (busy(row) ? ' *' : ''), *data.peers.collect { amount(row, it) },
                *others().collect { spread(ratios(row, it)) }, row.wanted?.collect { peer, most -> "≤ $most $peer" }?.join(', ') ?: '']
        }
    }

    /** Columns of text. */
    String table() {
        def widths = cells().transpose().collect { column -> column*.size().max() }
        cells().collect { line -> [line, widths].transpose().collect { cell, width -> cell.padRight(width) }.join('  ').stripTrailing() }
            .join('\n') + '\n' + notes().collect { "$it\n" }.join('')
    }

    private List<String> notes() {
        def notes = []
        if (data.rows.any { busy(it) }) {
            notes << "* at a load of more than ${BUSY as int} on ${data.machine.cores} cores in at least one round".toString()
        }
        notes + data.figures.collect { "${it.what}: ${it.value}".toString() } + data.remarks
    }

    /** A page of documentation; the chart lies beside it. */
    String markdown() {
        def lines = cells().collect { '| ' + it.join(' | ') + ' |' }
        lines.add(1, '|' + '---|' * cells()[0].size())
        """\
# Performance

Written by `scripts/bench speed --folder docs` from one run; [performance.json](performance.json) has every sample.

| | |
|---|---|
| date | ${data.date} |
| commit | ${data.commit} |
| machine | ${data.machine.cpu}, ${data.machine.cores} cores, ${data.machine.memoryMb} MB, Linux ${data.machine.kernel} |
| load | ${data.load.from} at the beginning, ${data.load.to} at the end (an idle machine has about 1 by this itself) |
| rounds | ${data.rounds} |
${data.versions.collect { name, version -> "| $name | $version |" }.join('\n')}

Seconds, or MB resident, are medians of all rounds; so are the ratios, with the least and the greatest. Below 1 vmlab is the
faster or the smaller. The ratio of a round is that of two runs one after the other, on the same kernel, initramfs and program,
by the host's clock. ${data.rows.any { it.wanted } ? '*Wanted* is what vmlab shall reach at least.' : ''}

${lines.join('\n')}

${notes().collect { "* ${it.startsWith('* ') ? 'A star: ' + it.substring(2) : it}" }.join('\n')}

![vmlab's time through each peer's](performance.svg)

## What is done

${data.rows.collect { "* *${it.name}*: ${it.what}" }.join('\n')}
"""
    }

    /** Bars of the ratios on a logarithmic scale, from 1/10 to 100, with their spread; left of the line of 1 vmlab is faster. */
    String svg() {
        def rows = data.rows.findAll { row -> others().any { ratios(row, it) } }
        def peers = others().findAll { peer -> rows.any { ratios(it, peer) } }
        def x = { double ratio -> (LABEL + SCALE * (1 + Math.log10(Math.max(0.1, Math.min(100, ratio))))).round(1) }
        int step = BAR * peers.size() + 8, top = 56, bottom = top + step * rows.size()
        def out = new StringBuilder("""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $WIDTH ${bottom + 24}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
<text x="8" y="18" font-size="14">vmlab's time through its peer's: left of 1 vmlab is faster</text>
""")
        peers.eachWithIndex { peer, i ->
            int at = LABEL + 110 * i
            out << """<rect x="$at" y="28" width="10" height="10" fill="${COLOURS[peer]}"/><text x="${at + 15}" y="37">$peer</text>\n"""
        }
        [0.1, 1, 10, 100].each {
            out << """<line x1="${x(it)}" x2="${x(it)}" y1="$top" y2="$bottom" stroke="${it == 1 ? 'black' : '#ccc'}"/>"""
            out << """<text x="${x(it)}" y="${bottom + 15}" text-anchor="middle">$it</text>\n"""
        }
        rows.eachWithIndex { row, i ->
            int y = top + step * i + 4
            out << """<text x="${LABEL - 8}" y="${y + step / 2}" text-anchor="end">${row.name}${busy(row) ? ' *' : ''}</text>\n"""
            peers.eachWithIndex { peer, j ->
                def ratios = ratios(row, peer)
                if (ratios) {
                    double from = [x(1), x(median(ratios))].min(), to = [x(1), x(median(ratios))].max()
                    double middle = y + BAR * j + BAR / 2
                    out << """<rect x="$from" y="${y + BAR * j}" width="${(to - from).round(1)}" height="${BAR - 1}" fill="${COLOURS[peer]}"/>"""
                    out << """<line x1="${x(ratios.min())}" x2="${x(ratios.max())}" y1="$middle" y2="$middle" stroke="black"/>\n"""
                }
            }
        }
        out << '</svg>\n'
    }

    /** Writes all of them into a folder. */
    void write(File folder) {
        folder.mkdirs()
        [json: json(), svg: svg(), md: markdown()].each { kind, text -> new File(folder, "performance.$kind").setText(text, 'UTF-8') }
    }
}
