// SPDX-License-Identifier: Apache-2.0
package vmlab.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.lab.Lab;
import vmlab.vmm.HostMistake;

/**
 * Scenarios side by side.
 *
 * @param jobs how many run at a time
 * @param limit host time for each
 */
public record Suite(List<Scenario> scenarios, int jobs, Duration limit) {
    private static final String SUFFIX = ".groovy";

    /**
     * Which scenarios of those that are there.
     *
     * @param filter found in the name
     * @param shard counted from 1, of {@code shards} parts of about the same size
     * @param repeat how often each runs; each time with the next seed
     */
    public record Selection(Optional<Pattern> filter, int shard, int shards, int repeat, long seed) {
        public Selection {
            Objects.requireNonNull(filter);
            if (shards < 1 || shard < 1 || shard > shards || repeat < 1) {
                throw new IllegalArgumentException("shard %d of %d, %d times".formatted(shard, shards, repeat));
            }
        }
    }

    public Suite {
        scenarios = List.copyOf(scenarios);
        Objects.requireNonNull(limit);
        if (jobs < 1) {
            throw new IllegalArgumentException("jobs: " + jobs);
        }
    }

    /**
     * The scenarios of files and folders, by name; in a folder all its Groovy files, however deep.
     *
     * @throws HostMistake if a path isn't there
     */
    public static List<Scenario> find(List<Path> paths, Selection selection) {
        List<Scenario> found = new ArrayList<>();
        for (Path path : paths) {
            files(path).forEach(file -> found.add(new Scenario(name(path, file), file, selection.seed())));
        }
        List<Scenario> wanted = found.stream()
                .filter(scenario -> selection
                        .filter()
                        .map(f -> f.matcher(scenario.name()).find())
                        .orElse(true))
                .toList();
        List<Scenario> chosen = new ArrayList<>();
        for (int i = selection.shard() - 1; i < wanted.size(); i += selection.shards()) {
            chosen.addAll(repeated(wanted.get(i), selection));
        }
        return chosen;
    }

    private static List<Path> files(Path path) {
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (!Files.isDirectory(path)) {
            throw new HostMistake("there is no " + path, "give files and folders of Groovy scripts");
        }
        try (Stream<Path> tree = Files.walk(path)) {
            return tree.filter(file -> file.toString().endsWith(SUFFIX) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new HostMistake(path + " can't be read: " + e.getMessage(), "check its permissions", e);
        }
    }

    private static String name(Path path, Path file) {
        Path below = path.equals(file) ? file.getFileName() : path.relativize(file);
        String name = below.toString();
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    private static List<Scenario> repeated(Scenario scenario, Selection selection) {
        if (selection.repeat() == 1) {
            return List.of(scenario);
        }
        List<Scenario> all = new ArrayList<>();
        for (int i = 0; i < selection.repeat(); i++) {
            all.add(new Scenario(scenario.name() + "#" + (i + 1), scenario.file(), scenario.seed() + i));
        }
        return all;
    }

    /**
     * Runs them all.
     *
     * @param labs opens an empty lab; any thread
     * @param each told of each result as it comes, one at a time
     * @return the results in the order of the scenarios
     */
    public List<ScenarioResult> run(Supplier<Lab> labs, Consumer<ScenarioResult> each) throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(jobs, task -> {
            Thread thread = new Thread(task, "scenarios");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<ScenarioResult>> futures = scenarios.stream()
                    .map(scenario -> pool.submit(() -> {
                        ScenarioResult result = new ScenarioRun(scenario, labs, limit).run();
                        synchronized (pool) {
                            each.accept(result);
                        }
                        return result;
                    }))
                    .toList();
            List<ScenarioResult> results = new ArrayList<>();
            for (Future<ScenarioResult> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }
}
