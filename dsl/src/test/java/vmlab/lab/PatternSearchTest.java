// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternSearchTest {
    private static void append(ConsoleLog log, String text) {
        text.chars().forEach(log::append);
    }

    /** What is found character by character is what a search of everything finds with the same last character. */
    @ParameterizedTest(name = "/{0}/")
    @ValueSource(
            strings = {
                "ab",
                "a+b",
                "a.*b",
                "(a|ab)(c|bcd)",
                "# $",
                "^a",
                "(?m)^b",
                "(?<=a)b",
                "b(?!a)",
                "(?s)a.*c.*a",
                "\\bb",
                "a{2,3}",
                "[^a]b",
                ".*ba",
                "(?i)AB",
                "a$",
                "(a)(b)?c"
            })
    void theSearchEndsWithTheCharacterThatCompletesTheMatch(String regex) {
        Pattern pattern = Pattern.compile(regex);
        Random random = new Random(42);
        for (int round = 0; round < 300; round++) {
            ConsoleLog log = new ConsoleLog();
            append(log, "consumed");
            PatternSearch search = new PatternSearch(pattern, log, log.end());
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 30; i++) {
                char next = "abc# \n".charAt(random.nextInt(6));
                text.append(next);
                log.append(next);
                Matcher expected = pattern.matcher(text);
                boolean there = expected.find();
                assertEquals(there, search.found(), () -> "seed 42: " + text);
                if (there) {
                    assertEquals(expected.group(), search.match().text());
                    assertEquals(
                            text.substring(0, expected.start()), search.match().before());
                    assertEquals(8 + expected.end(), search.matchEnd());
                    break;
                }
            }
        }
    }

    @Test
    void aLongBootLogTakesLinearTime() {
        ConsoleLog log = new ConsoleLog();
        PatternSearch search = new PatternSearch(Pattern.compile("(?i)password: ?$|[#$%] $|login: $"), log, 0);
        assertTimeout(Duration.ofSeconds(20), () -> {
            for (int i = 0; i < 20_000; i++) {
                String line = "[    1.%06d] pci 0000:00:00.0: [8086:1237] type 00 class 0x060000\r\n".formatted(i);
                for (char c : line.toCharArray()) {
                    log.append(c);
                    assertFalse(search.found());
                }
            }
        });
        append(log, "buildroot login: ");
        assertTrue(search.found());
    }
}
