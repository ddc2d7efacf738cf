// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread that compiles for all CPUs of the process, when nobody else wants the host. */
public final class CompilerThread {
    /** Regions that wait; more aren't taken, and will be hot again. */
    private static final int MOST_WAITING = 256;

    private static final ThreadPoolExecutor EXECUTOR = executor();

    private CompilerThread() {}

    private static ThreadPoolExecutor executor() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), task -> {
                    Thread thread = new Thread(task, "guest-compiler");
                    thread.setDaemon(true);
                    thread.setPriority(Thread.MIN_PRIORITY);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** Has a task done at some time; false if too many wait. */
    public static boolean offer(Runnable task) {
        try {
            EXECUTOR.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }
}
