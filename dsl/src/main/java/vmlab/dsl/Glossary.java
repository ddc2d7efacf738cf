// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words of the language with what they mean and an example each: the entries of {@code language.md}, which is their
 * reference as a page, too. Threads: any.
 */
public final class Glossary {
    /**
     * An entry.
     *
     * @param section where the word is said: {@code In vm(N) { }}
     * @param usage how it is written, in Markdown
     * @param text what it means, in Markdown
     * @param example a script that runs; in the section {@link #OF_A_VM} it finds a {@code vm0} that is logged in
     */
    public record Word(String section, String name, String usage, String text, String example) {
        /** The entry for a terminal: no Markdown but what reads well without a renderer. */
        public String plain() {
            return "%s\n\n%s\n\n  %s"
                    .formatted(usage, text, example.strip().replace("\n", "\n  "))
                    .replace("`", "");
        }
    }

    /** The section whose examples need a guest. */
    public static final String OF_A_VM = "Of a VM";

    private static final Pattern ENTRY = Pattern.compile(
            "(?ms)^## (?<section>[^\\n]+)$|^### (?<name>\\w+)\\n\\n(?<usage>[^\\n]+)\\n\\n(?<text>.*?)\\n\\n```groovy\\n(?<example>.*?)^```$");

    private static final List<Word> WORDS = read();

    private Glossary() {}

    /** All entries, in the order of the page. */
    public static List<Word> words() {
        return WORDS;
    }

    /** The entry of a word. */
    public static Optional<Word> of(String name) {
        return WORDS.stream().filter(word -> word.name().equals(name)).findFirst();
    }

    private static List<Word> read() {
        List<Word> words = new ArrayList<>();
        String section = "";
        Matcher entry = ENTRY.matcher(page());
        while (entry.find()) {
            if (entry.group("section") != null) {
                section = entry.group("section");
            } else {
                words.add(new Word(
                        section,
                        entry.group("name"),
                        entry.group("usage"),
                        entry.group("text"),
                        entry.group("example")));
            }
        }
        return List.copyOf(words);
    }

    private static String page() {
        try (InputStream page = Objects.requireNonNull(Glossary.class.getResourceAsStream("language.md"))) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
