// SPDX-License-Identifier: Apache-2.0
package vmlab.export;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmlab.dsl.model.ByteSize;
import vmlab.dsl.model.GuestFile;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;

/** Values and names as a script writes them down. */
final class GroovyText {
    /** Names that are Groovy's own and CAmkES's users may choose. */
    private static final Set<String> KEYWORDS = Set.of(
            "abstract",
            "as",
            "assert",
            "boolean",
            "byte",
            "catch",
            "class",
            "def",
            "false",
            "final",
            "finally",
            "implements",
            "import",
            "instanceof",
            "interface",
            "metaClass",
            "native",
            "new",
            "null",
            "package",
            "private",
            "protected",
            "public",
            "super",
            "synchronized",
            "this",
            "throw",
            "throws",
            "trait",
            "transient",
            "true",
            "try",
            "var");

    private GroovyText() {}

    /** A type or connector, bare if it can be. */
    static String typeName(String name) {
        return isPlain(name) ? name : of(name);
    }

    static String instanceName(String name) {
        return isPlain(name) ? name : "instance(" + of(name) + ")";
    }

    static String property(String name) {
        return isPlain(name) ? name : of(name);
    }

    private static boolean isPlain(String name) {
        return name.matches("[A-Za-z_]\\w*") && !KEYWORDS.contains(name);
    }

    /** A value in one line. */
    static String of(Object value) {
        return of(value, "");
    }

    /** A value; one of several lines is indented by {@code margin}. */
    static String of(Object value, String margin) {
        if (value instanceof CharSequence text) {
            return quoted(text.toString());
        }
        if (value instanceof Path path) {
            return "new File(" + quoted(path.toString()) + ")";
        }
        if (value instanceof List<?> list) {
            return list.stream().map(GroovyText::of).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty()
                    ? "[:]"
                    : map.entrySet().stream()
                            .map(e -> "(" + of(e.getKey()) + "): " + of(e.getValue()))
                            .collect(Collectors.joining(", ", "[", "]"))
                            .replaceAll("\\(('\\w+')\\): ", "$1: ");
        }
        if (value instanceof RootFs rootfs) {
            return rootfs(rootfs, margin);
        }
        if (value instanceof byte[] bytes) {
            return quoted(Base64.getEncoder().encodeToString(bytes)) + ".decodeBase64()";
        }
        return value == Setting.NOTHING ? "null" : number(value);
    }

    private static String number(Object value) {
        if (value instanceof ByteSize size) {
            boolean whole = size.bytes() % (1 << 20) == 0;
            return whole
                    ? (size.bytes() >> 20) + ".MiB"
                    : new BigDecimal(size.bytes()).divide(new BigDecimal(1024)).toPlainString() + ".KiB";
        }
        boolean small = value instanceof Long n && n == n.intValue();
        return value instanceof Double ? value + "d" : small ? value + "L" : String.valueOf(value);
    }

    private static String quoted(String text) {
        return "'"
                + text.replace("\\", "\\\\")
                        .replace("'", "\\'")
                        .replace("\n", "\\n")
                        .replace("\r", "\\r")
                + "'";
    }

    private static String rootfs(RootFs rootfs, String margin) {
        Stream<String> sources = rootfs.sources().stream().map(GroovyText::source);
        Stream<String> files = rootfs.files().stream().map(GroovyText::file);
        List<String> lines = Stream.concat(sources, files).toList();
        return lines.isEmpty()
                ? "rootfs { }"
                : lines.stream()
                        .map(line -> margin + "    " + line)
                        .collect(Collectors.joining("\n", "rootfs {\n", "\n" + margin + "}"));
    }

    private static String source(GuestSource source) {
        String word = switch (source.kind()) {
            case FOLDER -> "from ";
            case PROGRAM -> "pkg ";
            case MODULE -> "module ";
            case TEXT -> "text ";
        };
        return word + quoted(source.path().toString());
    }

    private static String file(GuestFile file) {
        return "file " + quoted(file.path()) + ", " + of(file.content());
    }
}
