// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class EvaluationTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Evaluation evaluation = new Evaluation(Duration.ofMillis(200));

    @Test
    void givesTheValue() {
        Evaluation.Outcome outcome = evaluation.run(() -> 42);

        assertEquals(new Evaluation.Outcome(Evaluation.Kind.DONE, 42, null), outcome);
    }

    @Test
    void givesWhatWasThrownErrorsIncluded() {
        StackOverflowError thrown = new StackOverflowError();

        Evaluation.Outcome outcome = evaluation.run(() -> {
            throw thrown;
        });

        assertEquals(Evaluation.Kind.FAILED, outcome.kind());
        assertSame(thrown, outcome.thrown());
    }

    @Test
    void anInterruptEndsAWait() {
        Evaluation.Outcome outcome = interruptWhenBegun(new CountDownLatch(1)::await);

        assertEquals(Evaluation.Kind.INTERRUPTED, outcome.kind());
    }

    @Test
    void codeThatIgnoresTheInterruptIsLeftBehind() {
        AtomicBoolean over = new AtomicBoolean();
        try {
            Evaluation.Outcome outcome = interruptWhenBegun(() -> {
                while (!over.get()) {
                    Thread.onSpinWait();
                }
            });

            assertEquals(Evaluation.Kind.LEFT_BEHIND, outcome.kind());
        } finally {
            over.set(true);
        }
    }

    @Test
    void anInterruptWhileNothingRunsDoesNotHitTheNext() {
        evaluation.interrupt();

        assertEquals(Evaluation.Kind.DONE, evaluation.run(() -> "next").kind());
    }

    private interface Work {
        void run() throws Exception;
    }

    private Evaluation.Outcome interruptWhenBegun(Work work) {
        CountDownLatch begun = new CountDownLatch(1);
        Thread user = new Thread(() -> {
            try {
                begun.await();
                evaluation.interrupt();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        user.start();
        return assertTimeoutPreemptively(
                LIMIT,
                () -> evaluation.run(() -> {
                    begun.countDown();
                    work.run();
                    return "done";
                }));
    }
}
