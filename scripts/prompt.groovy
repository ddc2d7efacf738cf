// SPDX-License-Identifier: Apache-2.0

// How long prompts take until they take a key; scripts/bench-prompt runs this. The arguments are how many rounds, and a file with
// groovysh's class path.
int rounds = args[0] as int
String groovysh = new File(args[1]).text.trim()
String java = "${System.getProperty('java.home')}/bin/java"
String launcher = "${System.getProperty('vmlab.home')}/vmlab"
String jshell = "${System.getProperty('java.home')}/bin/jshell"

/** A program on a pseudo-terminal, and what it has printed. */
class Terminal {
    static final int LIMIT_SECONDS = 120
    private final long started = System.nanoTime()
    private final Process process
    private final StringBuffer screen = new StringBuffer()
    private final Thread reader
    private int seen

    Terminal(String command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(
                'script', '-qefc', "stty rows 24 cols 80; exec $command", '/dev/null').redirectErrorStream(true)
        builder.environment() << environment
        builder.environment().remove('CI')
        process = builder.start()
        reader = Thread.startDaemon {
            byte[] chunk = new byte[4096]
            for (int count = process.inputStream.read(chunk); count >= 0; count = process.inputStream.read(chunk)) {
                synchronized (screen) {
                    screen.append(new String(chunk, 0, count, 'UTF-8'))
                    screen.notifyAll()
                }
            }
        }
    }

    /** Waits for a text behind the last one; milliseconds since the start. */
    double shows(String text) {
        synchronized (screen) {
            while (true) {
                String plain = screen.toString().replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>]/, '')
                int at = plain.indexOf(text, seen)
                if (at >= 0) {
                    seen = at + text.length()
                    return milliseconds()
                }
                if (milliseconds() > LIMIT_SECONDS * 1000 || !reader.alive) {
                    throw new IllegalStateException("no $text, but: $screen")
                }
                screen.wait(1000)
            }
        }
    }

    private double milliseconds() {
        (System.nanoTime() - started) / 1e6
    }

    Terminal type(String keys) {
        process.outputStream << keys
        process.outputStream.flush()
        this
    }

    void leave(String prompt) {
        type('\u0003').shows(prompt)
        type('\u0004')
        process.waitFor()
    }
}

double median(List<Double> values) {
    List<Double> sorted = values.sort(false)
    int middle = sorted.size().intdiv(2)
    sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

def programs = [
        vmlab   : [launcher, 'vmlab> '],
        groovysh: ["$java -cp $groovysh org.apache.groovy.groovysh.Main".toString(), 'groovy> '],
        jshell  : [jshell, 'jshell> ']]
// What is completed at the first Tab of a session: a command, then a word of the language, in turns.
def beginnings = [['/', '/console'], ['co', 'composition']]

Map<String, List<Double>> times = programs.collectEntries { name, program -> [name, []] }
List<Double> tabs = []
File home = File.createTempDir()
try {
    rounds.times { round ->
        programs.each { name, program ->
            def (command, prompt) = program
            Terminal terminal = new Terminal(command,
                    [HOME: home.path, XDG_STATE_HOME: home.path, TERM: 'xterm-256color', VMLAB_NO_BUILD: '1'])
            terminal.shows(prompt)
            times[name] << terminal.type('z').shows('z')
            if (name == 'vmlab') {
                def (typed, offered) = beginnings[round % 2]
                double before = terminal.type("\b$typed").shows(typed)
                tabs << terminal.type('\t').shows(offered) - before
            }
            terminal.leave(prompt)
        }
        printf 'round %2d  %s, first Tab %.0f ms%n', round + 1,
                times.collect { name, all -> String.format('%s %.2f s', name, all.last() / 1e3) }.join(', '), tabs.last()
    }
} finally {
    home.deleteDir()
}
times.each { name, all -> printf 'median   %-8s  %.2f s%n', name, median(all) / 1e3 }
printf 'median   first Tab %.0f ms%n', median(tabs)
['groovysh', 'jshell'].each { other ->
    printf 'ratio    vmlab / %-8s = %.2f%n', other, median(times.vmlab) / median(times[other])
}
