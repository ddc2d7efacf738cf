// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The manual page of the command line, made of what picocli knows of it.
 *
 * @spec groff's man(7) macros: TH, SH, SS, TP, nf, fi
 */
public final class ManPage {
    /** Options that every command takes; they are told once. */
    private static final Set<String> COMMON = Set.of("-h", "-V", "-v");

    private final StringBuilder page = new StringBuilder();

    private ManPage() {}

    /**
     * The page in section 1, in roff.
     *
     * @param version of the program, without blanks around it
     */
    public static String roff(CommandLine root, String version) {
        ManPage manual = new ManPage();
        manual.write(root, version);
        return manual.page.toString();
    }

    private void write(CommandLine root, String version) {
        CommandSpec spec = root.getCommandSpec();
        String[] description = spec.usageMessage().description();
        line(".TH %s 1 \"\" \"%s\" \"User Commands\""
                .formatted(spec.name().toUpperCase(Locale.ROOT), escaped(version)));
        section("NAME", spec.name() + " - " + description[0].replaceFirst("\\.$", ""));
        section("SYNOPSIS");
        verbatim(List.of(spec.usageMessage().customSynopsis()));
        section("DESCRIPTION");
        paragraphs(description);
        section("OPTIONS");
        arguments(spec, option -> true);
        section("COMMANDS");
        CommandReference.withAllBelow(root).skip(1).forEach(this::command);
        section("EXIT STATUS");
        spec.usageMessage().exitCodeList().forEach((status, meaning) -> entry(bold(status.strip()), meaning));
        footer(spec);
    }

    private void command(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        line(".SS " + quoted(spec.qualifiedName()));
        paragraphs(spec.usageMessage().description());
        arguments(spec, option -> !COMMON.contains(option.names()[0]));
    }

    private void arguments(CommandSpec spec, Predicate<OptionSpec> shown) {
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            if (!parameter.hidden()) {
                entry(italic(parameter.paramLabel()), description(parameter));
            }
        }
        for (OptionSpec option : spec.options()) {
            if (!option.hidden() && shown.test(option)) {
                entry(names(option), description(option));
            }
        }
    }

    private static String names(OptionSpec option) {
        String names = Stream.of(option.names()).map(ManPage::bold).collect(Collectors.joining(", "));
        return option.arity().max() == 0 ? names : names + " " + italic(option.paramLabel());
    }

    private static String description(ArgSpec argument) {
        return String.join(" ", argument.description());
    }

    /** What stands below the list of exit codes: a heading, and entries of a name and what follows behind blanks. */
    private void footer(CommandSpec spec) {
        section(plain(spec.usageMessage().footerHeading())
                .strip()
                .replace(":", "")
                .toUpperCase(Locale.ROOT));
        for (String entry : spec.usageMessage().footer()) {
            String[] parts = plain(entry).strip().split("\\s{2,}", 2);
            entry(bold(parts[0]), parts[1]);
        }
    }

    private static String plain(String text) {
        return Ansi.OFF.string(text.replace("%n", "\n"));
    }

    private void section(String name, String... text) {
        line(".SH " + quoted(name));
        Arrays.stream(text).map(ManPage::escaped).forEach(this::line);
    }

    private void paragraphs(String... lines) {
        for (String text : lines) {
            line(text.isBlank() ? ".PP" : escaped(text));
        }
    }

    private void verbatim(List<String> lines) {
        line(".nf");
        lines.stream().map(String::strip).map(ManPage::escaped).forEach(this::line);
        line(".fi");
    }

    private void entry(String tag, String text) {
        line(".TP");
        line(tag);
        line(escaped(text));
    }

    private void line(String text) {
        page.append(text).append('\n');
    }

    private static String bold(String text) {
        return "\\fB" + escaped(text) + "\\fR";
    }

    private static String italic(String text) {
        return "\\fI" + escaped(text) + "\\fR";
    }

    private static String quoted(String text) {
        return '"' + escaped(text) + '"';
    }

    /** Hyphens that can be searched for, and no line that looks like a request. */
    private static String escaped(String text) {
        String safe = text.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
        return safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe;
    }
}
