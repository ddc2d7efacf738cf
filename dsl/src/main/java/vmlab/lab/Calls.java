// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import vmlab.dsl.model.Behaviour;

/**
 * The calls that a component's run answers itself, in its own time: one after the other for each interface, in the order in
 * which they come. A call stays with whatever run the component has, until one has begun it.
 *
 * <p>Threads: any call; the component's run takes and answers.
 */
final class Calls {
    /** Whom the threads that wait for an answer wait for: a circle of these would never end. */
    private final Map<Thread, Calls> waiting;

    private final String component;
    private final Gate gate;
    private final Activity activity;

    /** Guarded by this object, as are the others. */
    private final Map<String, Queue<Pending>> queues = new HashMap<>();

    private final Map<String, Pending> begun = new HashMap<>();

    /** The run's, once it has looked for calls; null before. */
    private volatile Thread server;

    /**
     * Those of a component.
     *
     * @param gate where its run waits
     * @param waiting the same for all components of the lab
     */
    Calls(String component, Gate gate, Activity activity, ConcurrentHashMap<Thread, Calls> waiting) {
        this.component = Objects.requireNonNull(component);
        this.gate = Objects.requireNonNull(gate);
        this.activity = Objects.requireNonNull(activity);
        this.waiting = waiting;
    }

    /**
     * Calls, and waits for the answer.
     *
     * @throws LabMistake if no answer will come
     */
    Object call(String face, String method, List<Object> arguments) {
        Thread caller = Thread.currentThread();
        waiting.put(caller, this);
        try {
            checkCircle(caller, face + "." + method);
            Pending call = new Pending(method, arguments, new Gate(activity));
            synchronized (this) {
                queues.computeIfAbsent(face, f -> new ArrayDeque<>()).add(call);
            }
            gate.open();
            return call.await(component + "." + face + "." + method);
        } finally {
            waiting.remove(caller);
        }
    }

    private void checkCircle(Thread caller, String called) {
        for (Calls next = this; next != null && next.server != null; next = waiting.get(next.server)) {
            if (next.server == caller) {
                throw new LabMistake(
                        "%1$s.%2$s would wait for itself: %1$s waits for %3$s to answer, and does no calls meanwhile"
                                .formatted(component, called, next.component),
                        "have it called after that, or have an event say that something is to be done");
            }
        }
    }

    /** Says that this thread is the run's. */
    void servedHere() {
        server = Thread.currentThread();
    }

    /** Whether there is a call for an interface whose last one was answered; it is begun then. For the run. */
    synchronized boolean begin(String face) {
        servedHere();
        Queue<Pending> queue = queues.getOrDefault(face, new ArrayDeque<>());
        if (queue.isEmpty() || begun.containsKey(face)) {
            return false;
        }
        begun.put(face, queue.remove());
        return true;
    }

    /** The call that was begun. For the run. */
    synchronized Behaviour.Call begun(String face) {
        Pending call = begun.get(face);
        if (call == null) {
            throw new IllegalStateException("no call of " + face + " was begun");
        }
        return new Behaviour.Call() {
            @Override
            public String method() {
                return call.method;
            }

            @Override
            public List<Object> arguments() {
                return call.arguments;
            }

            @Override
            public void answer(Object value) {
                synchronized (Calls.this) {
                    begun.remove(face);
                }
                call.end(value, "");
            }
        };
    }

    /** A run is over: what it had begun gets no answer and, if no other run comes, neither does what waits. */
    void over(boolean again) {
        List<Pending> lost;
        synchronized (this) {
            lost = new ArrayList<>(begun.values());
            begun.clear();
            if (!again) {
                queues.values().forEach(lost::addAll);
                queues.clear();
            }
            server = null;
        }
        lost.forEach(call -> call.end(null, component + " ended"));
    }

    /** One call. */
    private static final class Pending {
        private final String method;
        private final List<Object> arguments;
        private final Gate answered;

        /** Guarded by this object, as are the others. */
        private boolean over;

        private Object value;
        private String failure = "";

        Pending(String method, List<Object> arguments, Gate answered) {
            this.method = method;
            this.arguments = List.copyOf(arguments);
            this.answered = answered;
        }

        void end(Object answer, String why) {
            synchronized (this) {
                over = true;
                value = answer;
                failure = why;
            }
            answered.open();
        }

        private synchronized boolean isOver() {
            return over;
        }

        Object await(String called) {
            try {
                answered.await(this::isOver);
            } catch (InterruptedException e) {
                throw new Behaviour.Stopped();
            }
            synchronized (this) {
                if (!failure.isEmpty()) {
                    throw new LabMistake(
                            called + " has no answer: " + failure + " before it came",
                            "look at what it printed: " + called.substring(0, called.indexOf('.')) + ".text()");
                }
                return value;
            }
        }
    }
}
