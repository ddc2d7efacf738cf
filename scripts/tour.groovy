// SPDX-License-Identifier: Apache-2.0

// Records the tour of a page; scripts/record-tour runs this. The arguments are the page, the asciicast and the picture, and
// --draw to only draw an asciicast that is there.
import com.google.gson.Gson
import com.google.gson.GsonBuilder
import java.nio.charset.StandardCharsets
import org.jline.builtins.ScreenTerminal

def (page, cast, picture) = args.take(3).collect { new File(it) }
boolean drawOnly = args.drop(3) == ['--draw']
String tour = page.text.split(/(?m)^## /).find { it.contains('tour') }
List<String> inputs = tour.readLines().findAll { it.startsWith('vmlab> ') }*.substring(7)
int columns = inputs*.size().max() + 8
int rows = 20

/** JLine's screen forgets that a full line was left when the cursor is put back (DECRC of the VT100). */
class Screen extends ScreenTerminal {
    Screen(int columns, int rows) {
        super(columns, rows)
    }

    @Override
    boolean write(CharSequence text) {
        super.write(text.toString().replace('\u001b8', '\r\u001b8'))
    }
}

/** Types into a prompt as a person does, a little faster; remembers what comes when. */
class Session {
    static final int KEY_MILLIS = 30
    static final int READING_MILLIS = 1200
    static final int LIMIT_MILLIS = 120_000
    final List<List> events = []
    private final Screen screen
    private final Process process
    private final long started = System.nanoTime()

    Session(String command, int columns, int rows, Map<String, String> environment) {
        screen = new Screen(columns, rows)
        ProcessBuilder builder = new ProcessBuilder(
                'script', '-qefc', "stty rows $rows cols $columns; exec $command", '/dev/null').redirectErrorStream(true)
        builder.environment() << environment
        ['CI', 'NO_COLOR'].each { builder.environment().remove(it) }
        process = builder.start()
        Thread.startDaemon { read(process.inputReader(StandardCharsets.UTF_8)) }
    }

    private void read(Reader reader) {
        char[] chunk = new char[4096]
        for (int count = reader.read(chunk); count >= 0; count = reader.read(chunk)) {
            String text = new String(chunk, 0, count)
            synchronized (this) {
                events << [Math.round((System.nanoTime() - started) / 1e6d) / 1e3d, 'o', text]
                screen.write(text)
                notifyAll()
            }
        }
    }

    /** Waits until the last line above the status line is an empty prompt. */
    synchronized void awaitPrompt() {
        long deadline = System.currentTimeMillis() + LIMIT_MILLIS
        while (screen.toString().readLines().dropRight(1)*.trim().findAll().with { it.empty || it.last() != 'vmlab>' }) {
            long left = deadline - System.currentTimeMillis()
            if (left <= 0) {
                throw new IllegalStateException("no prompt, but:\n$screen")
            }
            wait(left)
        }
    }

    void type(String line) {
        sleep READING_MILLIS
        line.each { key(it) }
        sleep READING_MILLIS.intdiv(2)
        key('\r')
        sleep READING_MILLIS.intdiv(2)
        awaitPrompt()
    }

    private void key(String text) {
        process.outputStream << text
        process.outputStream.flush()
        sleep KEY_MILLIS
    }

    /** Leaves; what came before. */
    synchronized List<List> finish() {
        List<List> kept = new ArrayList<>(events)
        process.outputStream << '\u0004'
        process.outputStream.flush()
        kept
    }
}

/** A picture of an asciicast that plays once and then stays. Where nothing moves, it is the last moment. */
class Picture {
    static final double LONGEST_PAUSE = 1.5
    static final double FRAME = 0.1
    static final double CELL = 8.4, LINE = 19, MARGIN = 14
    /** By which of red, green and blue a colour has. */
    static final Map<String, String> COLOURS = [
            c100: '#e06c75', c010: '#a3be8c', c110: '#ebcb8b', c001: '#81a1c1', c101: '#c594c5', c011: '#88c0d0']
    private final int columns, rows
    private final Screen screen
    private final List<String> shown
    private final List<Double> since
    private final StringBuilder text = new StringBuilder()

    Picture(int columns, int rows) {
        this.columns = columns
        this.rows = rows
        screen = new Screen(columns, rows)
        shown = [''] * rows
        since = [0d] * rows
    }

    String of(List<List> events) {
        double before = events[0][0], now = 0, drawn = 0
        events.eachWithIndex { event, i ->
            double pause = Math.min(event[0] - before, LONGEST_PAUSE)
            before = event[0]
            if (now + pause - drawn >= FRAME) {
                draw(now)
                drawn = now
            }
            now += pause
            screen.write(event[2] as String)
        }
        draw(now)
        rows.times { keep(it, null) }
        frame()
    }

    private void draw(double now) {
        long[] cells = new long[columns * rows]
        screen.dump(cells, 0, 0, rows, columns, null)
        rows.times { row ->
            String line = line(cells[row * columns..<(row + 1) * columns] as List<Long>)
            if (line != shown[row]) {
                keep(row, now)
                shown[row] = line
                since[row] = now
            }
        }
    }

    /** What a row showed until then, or to the end. */
    private void keep(int row, Double until) {
        if (!shown[row]) {
            return
        }
        String y = number(MARGIN + (row + 0.75) * LINE), begin = number(since[row])
        if (until == null) {
            text << "<text y=\"$y\">${shown[row]}<set attributeName=\"visibility\" to=\"hidden\" begin=\"0s\" end=\"${begin}s\"/>"
        } else {
            text << "<text y=\"$y\" visibility=\"hidden\">${shown[row]}" +
                    "<set attributeName=\"visibility\" to=\"visible\" begin=\"${begin}s\" end=\"${number(until)}s\"/>"
        }
        text << '</text>\n'
    }

    /** Runs of cells that look alike. */
    private String line(List<Long> cells) {
        StringBuilder line = new StringBuilder()
        int from = 0
        while (from < columns) {
            String same = look(cells[from])
            int to = from
            while (to < columns && look(cells[to]) == same) {
                to++
            }
            String run = cells[from..<to].collect { Character.toString((int) (it & 0xFFFFFFFFL)) }.join('')
            if (same == 'i') {
                line << span('i', from, run)
            } else if (run.trim()) {
                String words = run.stripTrailing()
                int indent = words.size() - words.stripLeading().size()
                words = words.substring(indent)
                line << span(same, from + indent, words)
            }
            from = to
        }
        line
    }

    private static String span(String look, int column, String words) {
        String place = "x=\"${number(MARGIN + column * CELL)}\" textLength=\"${number(words.size() * CELL)}\""
        "<tspan${look ? " class=\"$look\"" : ''} $place>${escaped(words)}</tspan>"
    }

    /** The class of a cell, by the bits of JLine's screen: 0xYXFFFBBB, where X has bold (8) and inverse (2), and Y a colour (1). */
    private static String look(long cell) {
        long attributes = cell >>> 32
        long x = (attributes >> 24) & 0xF
        if (x & 2) {
            return 'i'
        }
        String colour = (attributes >> 28) & 1 ? [20, 16, 12].collect { (attributes >> it) & 0xF ? 1 : 0 }.join('') : ''
        [colour ? "c$colour" : '', x & 8 ? 'b' : ''].findAll().join(' ')
    }

    private static String number(double value) {
        new BigDecimal(value).setScale(2, java.math.RoundingMode.HALF_UP).stripTrailingZeros().toPlainString()
    }

    private static String escaped(String text) {
        text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')
    }

    private String frame() {
        String width = number(columns * CELL + 2 * MARGIN), height = number(rows * LINE + 2 * MARGIN)
        String looks = COLOURS.collect { name, colour -> ".$name{fill:$colour}" }.join('')
        """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" font-size="14"
    font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace">
<title>A session at vmlab's prompt</title>
<style>text{fill:#d8dee9;white-space:pre}.b{font-weight:bold}.i{fill:#8fbcbb}$looks</style>
<rect width="100%" height="100%" rx="8" fill="#20242c"/>
$text</svg>
"""
    }
}

if (!drawOnly) {
    File home = File.createTempDir()
    try {
        String launcher = "${System.getProperty('vmlab.home')}/vmlab"
        Map environment = [XDG_STATE_HOME: home.path, TERM: 'xterm-256color']
        Session session = new Session("$launcher --backend soft", columns, rows, environment)
        session.awaitPrompt()
        inputs.each { session.type(it) }
        sleep Session.READING_MILLIS
        Map header = [version        : 2, width: columns, height: rows, title: "A session at vmlab's prompt",
                      idle_time_limit: Picture.LONGEST_PAUSE]
        Gson gson = new GsonBuilder().disableHtmlEscaping().create()
        cast.text = ([header] + session.finish()).collect { gson.toJson(it) }.join('\n') + '\n'
    } finally {
        home.deleteDir()
    }
}
List<String> lines = cast.readLines()
Map header = new Gson().fromJson(lines[0], Map)
List<List> events = lines.drop(1).collect { new Gson().fromJson(it, List) }
picture.text = new Picture(header.width as int, header.height as int).of(events)
