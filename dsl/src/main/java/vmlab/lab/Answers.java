// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import vmlab.vmm.Machine;

/** What is done on a machine's thread for others, who wait for the answer. Threads: any. */
final class Answers {
    private final Machine machine;
    private final HandlerRun handlerRun;
    private final PostponedStart beginning;

    /** What must be told if the machine ends: its inbox is emptied no more then. */
    private final Set<Runnable> atEnd = ConcurrentHashMap.newKeySet();

    Answers(Machine machine, HandlerRun handlerRun, PostponedStart beginning) {
        this.machine = Objects.requireNonNull(machine);
        this.handlerRun = Objects.requireNonNull(handlerRun);
        this.beginning = Objects.requireNonNull(beginning);
    }

    /** The machine has ended. */
    void end() {
        atEnd.forEach(Runnable::run);
    }

    /** Has a question answered on the machine's thread, or on this one if the machine has ended. */
    <T> T ask(Supplier<T> question) throws InterruptedException {
        if (handlerRun.isCaller()) {
            return question.get();
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        Runnable asking = () -> {
            try {
                answer.complete(question.get());
            } catch (LabMistake e) {
                answer.completeExceptionally(e);
            }
        };
        return await(answer, asking, asking);
    }

    /** Has {@code task} done on the machine's thread or, if there is no such thread any more, {@code ending} on any. */
    <T> T await(CompletableFuture<T> answer, Runnable task, Runnable ending) throws InterruptedException {
        beginning.needed();
        AtomicBoolean told = new AtomicBoolean();
        Runnable tellOnce = () -> {
            if (told.compareAndSet(false, true)) {
                ending.run();
            }
        };
        atEnd.add(tellOnce);
        try {
            machine.post(task);
            if (machine.end().isPresent()) {
                tellOnce.run();
            }
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LabMistake mistake) {
                // Made anew here, so that its trace has the line of who asked.
                throw new LabMistake(mistake.getMessage(), mistake.remedy());
            }
            throw new IllegalStateException("the machine's thread failed", e.getCause());
        } finally {
            atEnd.remove(tellOnce);
        }
    }
}
