// SPDX-License-Identifier: Apache-2.0

import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.regex.Matcher

/** A process with a guest's console on its standard streams. What it prints has the time at which it arrived here. */
class Peer implements Closeable {
    final long started = System.nanoTime()
    private final Process process
    private final LinkedBlockingQueue<Tuple2<Long, String>> chunks = new LinkedBlockingQueue<>()
    private final StringBuilder unread = new StringBuilder()
    private final String name
    private long arrived = started

    Peer(String name, List<String> command) {
        this.name = name
        process = new ProcessBuilder(command*.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        Runtime.runtime.addShutdownHook(new Thread({ process.destroy() } as Runnable))
        Thread.startDaemon(name) { read() }
    }

    private void read() {
        byte[] buffer = new byte[8192]
        try {
            for (int n = process.inputStream.read(buffer); n > 0; n = process.inputStream.read(buffer)) {
                chunks << new Tuple2(System.nanoTime(), new String(buffer, 0, n, 'ISO-8859-1'))
            }
        } catch (IOException closed) {
            // Java closes the stream under who reads it when the process is ended.
            if (process.alive) {
                throw closed
            }
        } finally {
            chunks << new Tuple2(System.nanoTime(), null)
        }
    }

    void type(String text) {
        process.outputStream.write(text.getBytes('ISO-8859-1'))
        process.outputStream.flush()
    }

    /** Waits for a text behind what was waited for before; the time at which it was there, and its first group if it has one. */
    Tuple2<Long, String> expect(String pattern, int seconds = 600) {
        Matcher matcher = awaited(pattern, seconds)
        if (matcher == null) {
            throw new IllegalStateException("$name said no /$pattern/ in $seconds s, or ended; its last words:\n" +
                unread.substring(Math.max(0, unread.size() - 500)))
        }
        String found = matcher.groupCount() ? matcher.group(1) : ''
        unread.delete(0, matcher.end())
        new Tuple2(arrived, found)
    }

    /** The match, or null if it doesn't come. */
    private Matcher awaited(String pattern, int seconds) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds)
        for (Matcher matcher = unread =~ pattern; ; matcher = unread =~ pattern) {
            if (matcher.find()) {
                return matcher
            }
            def chunk = chunks.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS)
            if (chunk == null || chunk.v2 == null) {
                return null
            }
            arrived = chunk.v1
            unread << chunk.v2
        }
    }

    /** Seconds between the markers of a piece of work, and its result. */
    Tuple2<Double, String> timed(String work) {
        def begin = expect(/@begin $work\r?\n/)
        def end = expect(/@end $work (.*?)\s*\n/)
        new Tuple2((end.v1 - begin.v1) / 1e9 as double, end.v2)
    }

    /** To the login prompt of the guest: seconds since the process was started. */
    double boot() {
        (expect('buildroot login:').v1 - started) / 1e9
    }

    /** Types the name again where the guest has thrown it away, as login does with what was there before it asked. */
    void login() {
        for (int tries = 0; tries < 20; tries++) {
            type('root\n')
            if (awaited('# ', 5) != null) {
                return
            }
        }
        expect('# ')
    }

    double residentMb() {
        def line = new File("/proc/${process.pid()}/status").readLines().find { it.startsWith('VmRSS') }
        line.replaceAll(/\D/, '').toLong() / 1024
    }

    @Override
    void close() {
        process.destroy()
        process.waitFor()
    }
}
