// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the machine's own apt gets packages, read from its configuration folder: the one-line style (*.list) and the
 * deb822 style (*.sources), for binary packages, over http and https, and {@code mirror+file:} lists of such.
 *
 * <p>Not modelled: other transports (passed over), apt's substitution of $(ARCH) and of release names, preferences.
 * Lines that make no sense are passed over too: apt itself will complain about them.
 *
 * @spec sources.list(5) of apt 2.6
 */
final class AptSources {
    private static final Pattern ONE_LINE = Pattern.compile("deb\\s+(?:\\[([^\\]]*)\\]\\s*)?(\\S+)\\s+(\\S+)(.*)");
    private static final Pattern OPTION = Pattern.compile("([^\\s=]+?)[+-]?=(\\S*)");
    private static final String MIRROR_LIST = "mirror+file:";

    /** One suite of one archive. {@code signedBy} is what Signed-By says, "" if nothing. */
    record Source(String uri, String suite, List<String> components, String signedBy, boolean trusted) {
        Source {
            components = List.copyOf(components);
        }
    }

    private AptSources() {}

    /** All sources of a configuration folder such as /etc/apt, in apt's order; none if there is no such folder. */
    static List<Source> read(Path folder) throws IOException {
        List<Source> sources = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        files.add(folder.resolve("sources.list"));
        Path parts = folder.resolve("sources.list.d");
        if (Files.isDirectory(parts)) {
            try (Stream<Path> children = Files.list(parts)) {
                children.sorted().forEach(files::add);
            }
        }
        for (Path file : files) {
            if (Files.isReadable(file)) {
                sources.addAll(parse(file));
            }
        }
        return withMirrorLists(sources);
    }

    private static List<Source> parse(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".list")) {
            return parseOneLine(Files.readString(file));
        }
        return name.endsWith(".sources") ? parseDeb822(Files.readString(file)) : List.of();
    }

    /** The one-line style: {@code deb [options] uri suite components}. */
    static List<Source> parseOneLine(String text) {
        List<Source> sources = new ArrayList<>();
        for (String line : text.lines().toList()) {
            Matcher matcher = ONE_LINE.matcher(line.replaceFirst("#.*", "").strip());
            if (matcher.matches()) {
                Map<String, String> options = options(matcher.group(1));
                sources.add(new Source(
                        matcher.group(2),
                        matcher.group(3),
                        words(matcher.group(4)),
                        options.getOrDefault("signed-by", ""),
                        yes(options.getOrDefault("trusted", "no"))));
            }
        }
        return sources;
    }

    private static Map<String, String> options(String text) {
        Map<String, String> options = new HashMap<>();
        Matcher matcher = OPTION.matcher(text == null ? "" : text);
        while (matcher.find()) {
            options.put(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2));
        }
        return options;
    }

    /** The deb822 style: stanzas with Types, URIs, Suites, Components, Signed-By, Enabled. */
    static List<Source> parseDeb822(String text) {
        List<Source> sources = new ArrayList<>();
        ControlFile stanzas = new ControlFile(new BufferedReader(new StringReader(text)));
        try {
            for (Optional<Map<String, String>> s = stanzas.next(); s.isPresent(); s = stanzas.next()) {
                addStanza(sources, s.get());
            }
        } catch (IOException e) {
            // apt refuses the whole file from here on; so what was read before it is all there is.
            return sources;
        }
        return sources;
    }

    private static void addStanza(List<Source> sources, Map<String, String> stanza) {
        if (!yes(stanza.getOrDefault("enabled", "yes"))
                || !words(stanza.getOrDefault("types", "")).contains("deb")) {
            return;
        }
        for (String uri : words(stanza.getOrDefault("uris", ""))) {
            for (String suite : words(stanza.getOrDefault("suites", ""))) {
                sources.add(new Source(
                        uri,
                        suite,
                        words(stanza.getOrDefault("components", "")),
                        stanza.getOrDefault("signed-by", ""),
                        yes(stanza.getOrDefault("trusted", "no"))));
            }
        }
    }

    /** apt-transport-mirror(1): a file with one URI a line, maybe followed by a tab and remarks. */
    private static List<Source> withMirrorLists(List<Source> sources) throws IOException {
        List<Source> all = new ArrayList<>();
        for (Source source : sources) {
            if (!source.uri().startsWith(MIRROR_LIST)) {
                all.add(source);
                continue;
            }
            Path list = Path.of(source.uri().substring(MIRROR_LIST.length()).replaceFirst("^/+", "/"));
            for (String line : Files.isReadable(list) ? Files.readAllLines(list) : List.<String>of()) {
                List<String> parts = words(line.replaceFirst("#.*", ""));
                if (!parts.isEmpty()) {
                    all.add(new Source(
                            parts.get(0), source.suite(), source.components(), source.signedBy(), source.trusted()));
                }
            }
        }
        return all.stream()
                .filter(s -> s.uri().startsWith("http://") || s.uri().startsWith("https://"))
                .toList();
    }

    private static boolean yes(String value) {
        return List.of("yes", "true", "1", "on", "with", "enable")
                .contains(value.strip().toLowerCase(Locale.ROOT));
    }

    private static List<String> words(String text) {
        String stripped = text.strip();
        return stripped.isEmpty() ? List.of() : List.of(stripped.split("\\s+"));
    }
}
