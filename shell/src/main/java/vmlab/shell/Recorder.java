// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.lab.Console;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.vmm.HostMistake;

/**
 * Makes a scenario of what is typed at the prompt. At the prompt guests run on between two inputs, in a scenario they move
 * only while they are waited for: so before an input stands a wait for what each guest had printed last by then. Numbers in
 * it may be others in another run.
 *
 * <p>What went wrong is kept as a comment. Java isn't recorded, nor are commands of the prompt but a line typed into a
 * {@code /console}. Threads: the prompt's.
 */
final class Recorder {
    private static final Pattern SPECIAL = Pattern.compile("[\\\\\\[\\](){}.*+?^$|]");

    private final Lab lab;
    private final Path file;
    private final List<String> script = new ArrayList<>();
    private final Map<String, Long> marks = new HashMap<>();
    private final Map<String, StringBuilder> begun = new HashMap<>();
    /** Where the last input stands in the script; -1 before there is one. */
    private int lastInput = -1;

    /** Records into a file that isn't there yet. */
    Recorder(Lab lab, Path file) {
        this.lab = Objects.requireNonNull(lab);
        this.file = Objects.requireNonNull(file);
        if (Files.exists(file)) {
            throw new HostMistake("there is a file " + file + " already", "record into a new one");
        }
    }

    /** An input is about to be done. */
    void begins() {
        lab.vms().forEach(this::addWait);
    }

    /** It has been done. */
    void done(String input, boolean well) {
        if (!well) {
            script.add(input.strip().lines().reduce("// failed:", (one, line) -> one + "\n// " + line));
        } else {
            keepLastValue(input);
            lastInput = script.size();
            script.add(input.strip());
        }
    }

    /** {@code _} is the prompt's alone; a script must say whose value it is. */
    private void keepLastValue(String input) {
        boolean uses = Pattern.compile("(?<![\\w.'\"])_(?!\\w)").matcher(input).find();
        if (uses && lastInput >= 0) {
            script.set(lastInput, "_ = " + script.get(lastInput));
        }
    }

    /** A key was typed into a VM's console. */
    void typed(LabVm vm, String key) {
        StringBuilder line = begun.computeIfAbsent(vm.name(), name -> new StringBuilder());
        if (line.isEmpty()) {
            addWait(vm);
        }
        switch (key) {
            case "\r" -> {
                script.add("%s.console.type %s".formatted(vm.name(), quoted(line.toString())));
                line.setLength(0);
            }
            case "\u007f", "\b" -> line.setLength(Math.max(0, line.length() - 1));
            default -> line.append(key);
        }
    }

    /** A wait that leaves the text to what is typed next: an {@code expect} perhaps. */
    private void addWait(LabVm vm) {
        Console.Unread unread = vm.console().unread(marks.getOrDefault(vm.name(), 0L));
        List<String> lines =
                unread.text().lines().filter(line -> !line.isBlank()).toList();
        if (!lines.isEmpty()) {
            String last = pattern(lines.get(lines.size() - 1));
            script.add("%s.console.await(~%s)".formatted(vm.name(), quoted(last)));
        }
        marks.put(vm.name(), unread.end());
    }

    private static String pattern(String text) {
        String escaped = SPECIAL.matcher(text).replaceAll(match -> Matcher.quoteReplacement("\\" + match.group()));
        return escaped.replaceAll("\\d+", Matcher.quoteReplacement("\\d+"));
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /** Writes the scenario; what is shown of it. */
    String stop() {
        lab.vms().forEach(this::addWait);
        try {
            Files.writeString(file, String.join("\n", script) + "\n");
        } catch (IOException e) {
            throw new HostMistake("can't write " + file + ": " + e.getMessage(), "record into another folder", e);
        }
        return "%s has %d steps; vmlab %s does them again".formatted(file, script.size(), file);
    }
}
