// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;

/**
 * How a machine comes to life: its kernel is loaded and it is started, at once or when somebody needs its guest. Until then it can
 * be started with another guest than the kernel's.
 *
 * <p>Threads: any.
 */
final class PostponedStart {
    private static final Runnable NOTHING = () -> {};

    private Runnable load;
    private Runnable start = NOTHING;
    private boolean loaded;
    private boolean started;
    private boolean untouched = true;

    PostponedStart(Runnable load) {
        this.load = Objects.requireNonNull(load);
    }

    /** Loads the kernel now. */
    synchronized void load() {
        load.run();
        loaded = true;
    }

    /** Says how to start the machine, which is done at once if the kernel is loaded. */
    synchronized void start(Runnable starting) {
        start = starting;
        if (loaded) {
            started = true;
            start.run();
        }
    }

    /** Somebody needs the guest. */
    synchronized void needed() {
        untouched = false;
        if (!started && start != NOTHING) {
            load();
            started = true;
            start.run();
        }
    }

    /** Has the machine started with another guest, which this brings. */
    synchronized void startInstead(Runnable guest) {
        if (loaded || start == NOTHING) {
            throw new IllegalStateException("the machine has a guest, or isn't to be started");
        }
        untouched = false;
        load = guest;
        load();
        started = true;
        start.run();
    }

    synchronized boolean isPostponed() {
        return !started;
    }

    /** Whether the guest is the kernel's, and nobody has needed it so far. */
    synchronized boolean isUntouched() {
        return untouched;
    }
}
