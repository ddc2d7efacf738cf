// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BackgroundOutputTest {
    private final BlockingQueue<String> shown = new LinkedBlockingQueue<>();
    private final BackgroundOutput output = new BackgroundOutput(shown::add);
    private final BackgroundOutput.Splitter vm0 = output.new Splitter("vm0");

    @AfterEach
    void close() {
        output.close();
    }

    private void print(BackgroundOutput.Splitter vm, String text) {
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            vm.printed(new byte[] {octet});
        }
    }

    private String next() throws InterruptedException {
        return shown.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void onlyWholeLinesAreShown() throws InterruptedException {
        print(vm0, "one\r\ntw");
        print(vm0, "o\r\nbuildroot login: ");

        assertEquals("vm0| one", next());
        assertEquals("vm0| two", next());
        assertNull(shown.poll());
    }

    @Test
    void linesOfSeveralGuestsAreNotMixed() throws InterruptedException {
        BackgroundOutput.Splitter vm1 = output.new Splitter("vm1");

        print(vm0, "ab");
        print(vm1, "xy\n");
        print(vm0, "c\n");

        assertEquals("vm1| xy", next());
        assertEquals("vm0| abc", next());
    }

    @Test
    void charactersOfSeveralOctetsStayWhole() throws InterruptedException {
        print(vm0, "grüße\n");

        assertEquals("vm0| grüße", next());
    }

    @Test
    void anEndlessLineIsCut() throws InterruptedException {
        print(vm0, "x".repeat(4001) + "\n");

        assertEquals("vm0| " + "x".repeat(4000), next());
        assertEquals("vm0| x", next());
    }

    @Test
    void linesAreKeptBackWhileAnothersConsoleIsAttached() throws InterruptedException {
        output.attach("vm1");
        print(vm0, "later\n");
        assertNull(shown.poll(50, TimeUnit.MILLISECONDS));

        output.detach();

        assertEquals("vm0| later", next());
    }

    @Test
    void whatWasSeenOnTheAttachedConsoleIsNotShownAgain() throws InterruptedException {
        output.attach("vm0");
        print(vm0, "seen there\n");
        output.detach();
        print(vm0, "fresh\n");

        assertEquals("vm0| fresh", next());
    }

    @Test
    void aFloodIsCountedInsteadOfHoldingTheMachine() throws InterruptedException {
        output.attach("vm1");
        for (int i = 0; i < 3000; i++) {
            print(vm0, "line\n");
        }
        output.detach();

        String last = next();
        int lines = 0;
        while (last.startsWith("vm0| ")) {
            lines++;
            last = next();
        }
        assertEquals("(%d more lines of guests came too fast; /console shows them)".formatted(3000 - lines), last);
    }
}
