// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.LoggerFactory;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;

/**
 * Groovy on its way: it takes longer to start than all else that a prompt is made of, and nobody needs it before the
 * first input is typed. So it starts beside the prompt, and then rehearses what comes first, so that the first input and
 * the first Tab are as quick as later ones.
 *
 * <p>Threads: one of its own does the work; any may ask.
 */
final class GroovyStart {
    private final Lab lab;
    private final CompletableFuture<ScriptRunner> runner;
    private volatile boolean warm;

    private GroovyStart(Lab lab, CompletableFuture<ScriptRunner> runner) {
        this.lab = Objects.requireNonNull(lab);
        this.runner = runner;
    }

    /** Begins to make a runner of scripts that print to {@code out}. */
    static GroovyStart begin(Lab lab, PrintWriter out) {
        return new GroovyStart(lab, CompletableFuture.supplyAsync(() -> new ScriptRunner(lab, out), GroovyStart::run));
    }

    /** One that is over. */
    static GroovyStart of(ScriptRunner runner) {
        GroovyStart over = new GroovyStart(runner.lab(), CompletableFuture.completedFuture(runner));
        over.warm = true;
        return over;
    }

    private static void run(Runnable work) {
        Thread thread = new Thread(work, "groovy-start");
        thread.setDaemon(true);
        thread.start();
    }

    Lab lab() {
        return lab;
    }

    /** Waits for it. */
    ScriptRunner runner() {
        try {
            return runner.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** The names of variables: while Groovy isn't there, those of every session. Tab doesn't wait for it. */
    Set<String> names() {
        return runner.isDone() ? runner().names() : ScriptRunner.FIRST_NAMES;
    }

    /** Whether what is asked of Groovy is answered at once. */
    boolean isWarm() {
        return warm;
    }

    /** Begins the rehearsal, unless it has been. */
    void warmUp() {
        if (!warm) {
            runner.thenRunAsync(this::rehearse, GroovyStart::run).exceptionally(thrown -> {
                LoggerFactory.getLogger(GroovyStart.class).warn("the prompt stays cold", thrown);
                return null;
            });
        }
    }

    /** In a lab that nobody sees. */
    private void rehearse() {
        try (Lab unseen = new Lab(lab.settings())) {
            ScriptRunner first = new ScriptRunner(unseen, new PrintWriter(Writer.nullWriter()));
            GroovyInputs inputs = new GroovyInputs(of(first));
            inputs.complete("", 0, new ArrayList<>());
            new PromptHighlighter(first.binding()::hasVariable, () -> true).code("1");
            warm = true;
            inputs.isIncomplete("1");
            inputs.evaluate("lab; 1");
        }
    }
}
