// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import vmlab.scenario.ScenarioResult;
import vmlab.vmm.HostMistake;

/**
 * What is kept of a failure: the script as it was, what ran it, what was told, and each VM's console and events, in a folder.
 * At virtual pace with the same seed the same script fails again at the same line, so that is what {@code vmlab replay}
 * does before it opens the prompt there.
 *
 * @param script the copy of the scenario
 * @param origin where the scenario stood; relative names in it are seen from there
 */
public record FailureBundle(Path folder, Path script, Path origin, long seed, String backend, String pace) {
    private static final String SCRIPT = "scenario.groovy";
    private static final String ABOUT = "about.properties";

    /** @param options {@code backend}, {@code pace}, {@code vmlab}, {@code java}: what the scenario ran with */
    static FailureBundle write(ScenarioResult result, Path folder, Map<String, String> options) {
        try {
            Files.createDirectories(folder);
            Path origin = result.scenario().file().toAbsolutePath();
            Map<String, String> about = new LinkedHashMap<>(options);
            about.put("name", result.scenario().name());
            about.put("origin", origin.toString());
            about.put("seed", String.valueOf(result.scenario().seed()));
            about.put("outcome", result.outcome().name());
            Path script = folder.resolve(SCRIPT);
            Files.copy(origin, script, StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(
                    folder.resolve(ABOUT),
                    about.entrySet().stream()
                            .map(entry -> escaped(entry.getKey()) + "=" + escaped(entry.getValue()) + "\n")
                            .reduce("", String::concat));
            Files.writeString(folder.resolve("told.txt"), result.told() + "\n");
            Files.writeString(folder.resolve("printed.txt"), result.printed());
            for (ScenarioResult.GuestRecord guest : result.guests()) {
                Files.writeString(folder.resolve(guest.name() + ".console"), guest.console());
                Files.write(folder.resolve(guest.name() + ".events"), guest.events());
            }
            return read(folder);
        } catch (IOException e) {
            throw new HostMistake(
                    "what is known of the failure of " + result.scenario().name() + " can't be kept: " + e.getMessage(),
                    "give a folder that can be written with --bundles",
                    e);
        }
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace(":", "\\:")
                .replace("=", "\\=");
    }

    /**
     * Reads one.
     *
     * @throws HostMistake if the folder isn't one
     */
    public static FailureBundle read(Path folder) {
        Properties about = new Properties();
        Path file = folder.resolve(ABOUT);
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            about.load(reader);
        } catch (IOException e) {
            throw new HostMistake(
                    folder + " isn't what vmlab test keeps of a failure: " + ABOUT + " can't be read",
                    "give the folder that vmlab test has named",
                    e);
        }
        return new FailureBundle(
                folder,
                folder.resolve(SCRIPT),
                Path.of(about.getProperty("origin", SCRIPT)),
                Long.parseLong(about.getProperty("seed", "0")),
                about.getProperty("backend", "auto"),
                about.getProperty("pace", "virtual"));
    }

    public FailureBundle {
        Objects.requireNonNull(folder);
        Objects.requireNonNull(script);
        Objects.requireNonNull(origin);
        Objects.requireNonNull(backend);
        Objects.requireNonNull(pace);
    }
}
