// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.Interface;

/**
 * A mutex, semaphore or binary semaphore of a component, as CAmkES has them: a count that is taken from and given to. A mutex
 * begins with 1 and is 1 at most, a semaphore begins with its attribute {@code NAME_value} or 1, a binary semaphore with 0 and
 * is 1 at most. Any thread may give back what another took.
 *
 * <p>Threads: any.
 */
public final class LabLock {
    private final String path;
    private final Interface.Kind kind;
    private final Gate gate;

    /** Guarded by this object. */
    private int count;

    LabLock(String path, Interface.Kind kind, int count, Activity activity) {
        this.path = Objects.requireNonNull(path);
        this.kind = Objects.requireNonNull(kind);
        this.count = count;
        gate = new Gate(activity);
    }

    /** As it is written: {@code counter.m}. */
    public String path() {
        return path;
    }

    /** Waits until it is free, and takes it. */
    public void take() {
        try {
            gate.await(this::tryTake);
        } catch (InterruptedException e) {
            throw new Behaviour.Stopped();
        }
    }

    /** Takes it if it is free; whether it was. */
    public synchronized boolean tryTake() {
        boolean free = count > 0;
        count -= free ? 1 : 0;
        return free;
    }

    /** Gives it back. */
    public void give() {
        synchronized (this) {
            if (kind == Interface.Kind.MUTEX && count == 1) {
                throw new LabMistake(path + " is unlocked and not locked", "lock it first: " + path + ".lock()");
            }
            count = kind == Interface.Kind.SEMAPHORE ? count + 1 : 1;
        }
        gate.open();
    }

    /** How often it can be taken now. */
    public synchronized int count() {
        return count;
    }

    @Override
    public String toString() {
        String state = kind == Interface.Kind.MUTEX ? count() == 1 ? "free" : "locked" : "at " + count();
        String words = kind == Interface.Kind.MUTEX ? "lock unlock" : "wait trywait post";
        return "%s: %s, %s (%s)".formatted(path, kind.words().replace("has ", ""), state, words);
    }
}
