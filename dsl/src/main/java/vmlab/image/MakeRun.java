// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.guest.ToolTree;

/** One call of make for a part, and what its words mean for the part's author. */
final class MakeRun {
    private static final int SHOWN_LINES = 60;
    private static final Pattern SEPARATOR = Pattern.compile("(?:.*/)?(\\S+):(\\d+): \\*\\*\\* missing separator.*");
    private static final Pattern COMPILER =
            Pattern.compile("(?:fatal )?error: |: undefined reference to |ERROR: modpost: ");

    private final ToolTree tools;
    private final Path top;
    private final Path folder;
    private final Part part;

    /**
     * Prepares a call.
     *
     * @param top the folder of all parts
     * @param folder the part's own below it
     */
    MakeRun(ToolTree tools, Path top, Path folder, Part part) {
        this.tools = tools;
        this.top = top;
        this.folder = folder;
        this.part = part;
    }

    /** Runs it; what the compiler warned of, with the author's paths. */
    List<String> run() throws IOException, InterruptedException {
        Path log = top.resolveSibling(part.kind().folder() + "-" + part.name() + ".log");
        Process make = process(log).start();
        int status;
        try {
            status = make.waitFor();
        } catch (InterruptedException e) {
            make.descendants().forEach(ProcessHandle::destroyForcibly);
            make.destroyForcibly();
            throw e;
        }
        List<String> lines = Files.readString(log, StandardCharsets.UTF_8)
                .lines()
                .map(this::withWrittenPaths)
                .toList();
        if (status != 0) {
            throw mistake(status, lines);
        }
        return lines.stream().filter(line -> line.contains(" warning: ")).toList();
    }

    private ProcessBuilder process(Path log) {
        List<String> command = new ArrayList<>();
        command.add(tools.bin().resolve("make").toString());
        command.add("--no-print-directory");
        command.add("KHEAD=" + tools.kernelHeaders());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(log.toFile());
        Map<String, String> environment = builder.environment();
        // Nothing of the host's: what is built must depend on the sources only.
        environment.clear();
        environment.put("PATH", tools.bin() + ":/usr/bin:/bin");
        environment.put("PWD", folder.toString());
        environment.put("HOME", "/nonexistent");
        environment.put("LC_ALL", "C");
        environment.put("SOURCE_DATE_EPOCH", "0");
        environment.put("KBUILD_BUILD_TIMESTAMP", "1970-01-01");
        environment.put("KIT_WORK", top.toString());
        environment.put("KIT_KERNEL_INCLUDE", top.resolve("kernel-include").toString());
        environment.put("KCFLAGS", "-g0" + (declaresLicense() ? "" : " -include kit/license.h"));
        return builder;
    }

    private boolean declaresLicense() {
        return part.files().values().stream()
                .anyMatch(file -> new String(file.content(), StandardCharsets.UTF_8).contains("MODULE_LICENSE"));
    }

    /** make and gcc know the copy; its author knows what it was copied from. */
    private String withWrittenPaths(String line) {
        String written = line.replace(folder + "/", part.written() + "/").replace(top + "/", "");
        int end = written.indexOf(':');
        if (end > 0 && part.files().containsKey(written.substring(0, end))) {
            return part.written() + "/" + written;
        }
        return written;
    }

    private BuildMistake mistake(int status, List<String> lines) {
        List<String> shown = lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size());
        Optional<BuildMistake> blanks =
                lines.stream().flatMap(line -> blanks(line).stream()).findFirst();
        if (blanks.isPresent()) {
            return blanks.get();
        }
        return lines.stream()
                .filter(line -> COMPILER.matcher(line).find())
                .findFirst()
                .map(line -> new BuildMistake(
                        line.contains(part.written()) ? line : part.written() + ": " + line, remedy(line), shown))
                .orElseGet(() -> new BuildMistake(
                        part.written() + ": make failed with status " + status, "mend what it says below", shown));
    }

    private static String remedy(String line) {
        return line.contains("No such file or directory")
                ? "put that file beside the source, or into the folder include beside pkg and modules"
                : "mend it there";
    }

    /** make's own words for it are "missing separator". */
    private Optional<BuildMistake> blanks(String line) {
        Matcher matcher = SEPARATOR.matcher(line);
        if (!matcher.matches() || !part.files().containsKey(matcher.group(1))) {
            return Optional.empty();
        }
        byte[] content = part.files().get(matcher.group(1)).content();
        int number = Integer.parseInt(matcher.group(2));
        List<String> text = new String(content, StandardCharsets.UTF_8).lines().toList();
        if (number > text.size() || !text.get(number - 1).startsWith(" ")) {
            return Optional.empty();
        }
        return Optional.of(new BuildMistake(
                part.written() + "/" + matcher.group(1) + ":" + number + ": blanks where a TAB must be",
                "replace the blanks before \"" + text.get(number - 1).strip()
                        + "\" by one TAB: make takes nothing else"));
    }
}
