// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/**
 * A guest's serial console seen from the host: what it printed, and a keyboard. It stays the same when its VM is started
 * anew; what was printed before is gone then.
 *
 * <p>Text is what the guest sent, decoded from UTF-8, {@code \r\n} and escape sequences included. Threads: any, but one
 * {@code expect} at a time. Errors: waits end with a {@link WaitFailure}, what can't be done now is a {@link LabMistake}.
 */
public final class Console {
    /** Sees output as it comes. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called on the machine's thread with octets the guest sent, in order, but for what a shell says while it does a
         * command for {@link LabVm#sh}; must not wait.
         */
        void printed(byte[] octets);
    }

    /** Ends a listener. */
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** What the Enter key of a terminal sends; a getty that sees it lets later Enters end lines too. */
    private static final String ENTER = "\r";

    private final LabVm vm;
    private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();

    Console(LabVm vm) {
        this.vm = vm;
    }

    CopyOnWriteArrayList<Listener> listeners() {
        return listeners;
    }

    /** All the guest has printed; the newest 4 MB of it, after a line that says so if there was more. */
    public String text() {
        return vm.lastCycle().map(cycle -> cycle.log().text()).orElse("");
    }

    /** The same in lines without line ends, escape sequences and control characters; the last may be incomplete. */
    public List<String> lines() {
        return vm.lastCycle().map(cycle -> cycle.log().lines()).orElse(List.of());
    }

    /** The last {@code count} of the lines that aren't blank. */
    public List<String> lastLines(int count) {
        return vm.lastCycle().map(cycle -> cycle.log().lastLines(count)).orElse(List.of());
    }

    /**
     * Waits for output that matches. The search begins behind the last match; {@code ^} is that place, {@code $} the end
     * of what the guest has printed so far. What was matched is consumed.
     *
     * @param limit guest time at virtual pace, else host time
     */
    public ConsoleMatch expect(Pattern pattern, Duration limit) {
        return expect(pattern, "/" + pattern + "/ on its console", limit);
    }

    /** Waits for this text. */
    public ConsoleMatch expect(String text, Duration limit) {
        return expect(Pattern.compile(Pattern.quote(text)), "\"" + text + "\" on its console", limit);
    }

    /** {@link #expect(Pattern, Duration)} with {@link LabVm#DEFAULT_LIMIT}. */
    public ConsoleMatch expect(Pattern pattern) {
        return expect(pattern, LabVm.DEFAULT_LIMIT);
    }

    /** {@link #expect(String, Duration)} with {@link LabVm#DEFAULT_LIMIT}. */
    public ConsoleMatch expect(String text) {
        return expect(text, LabVm.DEFAULT_LIMIT);
    }

    /** {@link #await(Pattern, Duration)} with {@link LabVm#DEFAULT_LIMIT}. */
    public ConsoleMatch await(Pattern pattern) {
        return await(pattern, LabVm.DEFAULT_LIMIT);
    }

    /**
     * Waits as {@link #expect(Pattern, Duration)} does, for text that neither an {@code expect} nor an {@code await} has
     * seen, and leaves it to the next {@code expect}.
     */
    public ConsoleMatch await(Pattern pattern, Duration limit) {
        PowerCycle cycle = vm.running();
        long consumed = cycle.consumed();
        long from = Math.max(consumed, cycle.seen());
        ConsoleMatch match = expect(cycle, pattern, from, "/" + pattern + "/ on its console", limit);
        cycle.seen(cycle.consumed());
        cycle.consumed(consumed);
        return match;
    }

    /**
     * Text without escape sequences and control characters, and where it ends.
     *
     * @param end in characters since power-on
     */
    public record Unread(String text, long end) {}

    /** What the guest has printed behind the last match, or behind {@code from} if that is later. */
    public Unread unread(long from) {
        return vm.lastCycle()
                .map(cycle -> {
                    long end = cycle.log().end();
                    String text = cycle.log().between(Math.max(from, cycle.consumed()), end);
                    return new Unread(String.join("\n", ConsoleLog.lines(text)), end);
                })
                .orElse(new Unread("", 0));
    }

    private ConsoleMatch expect(Pattern pattern, String awaited, Duration limit) {
        PowerCycle cycle = vm.running();
        return expect(cycle, pattern, cycle.consumed(), awaited, limit);
    }

    /** The same from an earlier position on. */
    ConsoleMatch expect(PowerCycle cycle, Pattern pattern, long from, String awaited, Duration limit) {
        ExpectWatch watch = new ExpectWatch(new PatternSearch(pattern, cycle.log(), from));
        vm.await(cycle, watch, awaited, limit);
        cycle.consumed(watch.matchEnd);
        return watch.match;
    }

    private static final class ExpectWatch implements Waits.Watch {
        private final PatternSearch search;
        private ConsoleMatch match;
        private long matchEnd;

        ExpectWatch(PatternSearch search) {
            this.search = search;
        }

        @Override
        public void sent(int octet, boolean polled) {
            // The search reads the log itself.
        }

        @Override
        public boolean called() {
            return false;
        }

        @Override
        public boolean met() {
            if (match == null && search.found()) {
                match = search.match();
                matchEnd = search.matchEnd();
            }
            return match != null;
        }
    }

    /** Types a line and Enter; the guest gets it a moment (20 ms of its time) later, as from a person. */
    public void type(String line) {
        send(line + ENTER);
    }

    /** Types text as it is, without Enter. What is typed while the VM is paused waits; after its end it is lost. */
    public void send(String raw) {
        Objects.requireNonNull(raw);
        vm.poweredOn().type(raw.getBytes(StandardCharsets.UTF_8), false);
    }

    /** Sends octets at once: for a terminal that a person sits at. */
    public void send(byte[] octets) {
        vm.poweredOn().type(octets, true);
    }

    /** Has output reported from now on, also that of later power-ons. */
    public Subscription listen(Listener listener) {
        listeners.add(Objects.requireNonNull(listener));
        return () -> listeners.remove(listener);
    }

    @Override
    public String toString() {
        return "console of " + vm.name() + ": " + lines().size() + " lines"
                + lastLines(1).stream()
                        .map(last -> ", the last: " + last)
                        .findFirst()
                        .orElse("");
    }
}
