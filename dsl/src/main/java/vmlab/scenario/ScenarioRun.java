// SPDX-License-Identifier: Apache-2.0
package vmlab.scenario;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import vmlab.dsl.ScriptRunner;
import vmlab.dsl.Skipped;
import vmlab.dsl.UserMistake;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.scenario.ScenarioResult.GuestRecord;
import vmlab.scenario.ScenarioResult.Outcome;

/**
 * Runs a scenario in a lab of its own, on a thread of its own, and gives its VMs back however it ends.
 *
 * <p>A script that neither ends in time nor by an interrupt is left behind on its thread, without its VMs. Threads: one run
 * by one thread; several runs side by side.
 */
public final class ScenarioRun {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Scenario scenario;
    private final Supplier<Lab> labs;
    private final Duration limit;
    private final StringWriter printed = new StringWriter();
    private volatile Outcome outcome = Outcome.TIMED_OUT;
    private volatile String told = "";

    /**
     * @param labs opens an empty lab
     * @param limit host time for the whole of it
     */
    public ScenarioRun(Scenario scenario, Supplier<Lab> labs, Duration limit) {
        this.scenario = Objects.requireNonNull(scenario);
        this.labs = Objects.requireNonNull(labs);
        this.limit = Objects.requireNonNull(limit);
    }

    /** Does it, and waits for its end. */
    public ScenarioResult run() throws InterruptedException {
        long begun = System.nanoTime();
        try (Lab lab = labs.get()) {
            boolean over = runIn(lab);
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            if (!over) {
                outcome = Outcome.TIMED_OUT;
                told = "%s took longer than %d s and doesn't stop".formatted(scenario.file(), limit.toSeconds());
            }
            List<GuestRecord> guests =
                    lab.vms().stream().map(ScenarioRun::record).toList();
            return new ScenarioResult(
                    scenario,
                    outcome,
                    told,
                    took,
                    printed.toString(),
                    guests,
                    lab.timeline().entries());
        }
    }

    /** Whether the script is over. */
    private boolean runIn(Lab lab) throws InterruptedException {
        Thread thread = new Thread(() -> script(lab), "scenario-" + scenario.name());
        thread.setDaemon(true);
        thread.start();
        thread.join(limit.toMillis());
        if (!thread.isAlive()) {
            return true;
        }
        thread.interrupt();
        lab.interruptHandlers();
        thread.join(PATIENCE.toMillis());
        return !thread.isAlive();
    }

    private void script(Lab lab) {
        ScriptRunner runner = new ScriptRunner(lab, new PrintWriter(printed, true));
        runner.seed(scenario.seed());
        try {
            runWithCleanUp(runner);
            ends(Outcome.PASSED, "");
        } catch (Skipped e) {
            ends(Outcome.SKIPPED, e.getMessage());
        } catch (UserMistake e) {
            ends(outcome(e.kind()), e.kind() == UserMistake.Kind.INTERRUPTED ? interrupted(e) : e.getMessage());
        } catch (Throwable e) {
            // A bug of vmlab's: its whole trace is what helps.
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace, true));
            ends(Outcome.MISTAKEN, trace.toString());
        }
    }

    private void runWithCleanUp(ScriptRunner runner) {
        RuntimeException first = null;
        try {
            runner.run(scenario.file(), List.of());
        } catch (RuntimeException e) {
            first = e;
        }
        try {
            runner.cleanUp();
        } catch (RuntimeException e) {
            first = first == null ? e : first;
        }
        if (first != null) {
            throw first;
        }
    }

    private void ends(Outcome how, String text) {
        told = text;
        outcome = how;
    }

    private String interrupted(UserMistake mistake) {
        return "%s took longer than %d s\n%s".formatted(scenario.file(), limit.toSeconds(), mistake.getMessage());
    }

    private static Outcome outcome(UserMistake.Kind kind) {
        return switch (kind) {
            case ASSERTION, ENDED, PANIC -> Outcome.FAILED;
            case TIMED_OUT, INTERRUPTED -> Outcome.TIMED_OUT;
            case SCRIPT, HOST, BACKEND -> Outcome.MISTAKEN;
        };
    }

    private static GuestRecord record(LabVm vm) {
        boolean started = vm.state() != LabVm.State.CREATED;
        return new GuestRecord(
                vm.name(),
                started ? vm.backend() : "",
                vm.time(),
                vm.console().text(),
                vm.events().stream().map(LabVm.GuestEvent::toString).toList());
    }
}
