// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Optional;
import vmlab.crossvm.Dataport;

/** What a component does: its {@code run}, in whatever language. */
@FunctionalInterface
public interface Behaviour {
    /**
     * A component's interfaces as its own code uses them, under the names of its type. For the component's thread. An
     * interface that nothing is connected to can be used: emitting has no effect, its dataport is nobody else's.
     */
    interface Ports {
        /** The name of the instance. */
        String instance();

        /**
         * Waits for an event, and takes it.
         *
         * @throws Stopped when the component is to end
         */
        void await(String consumed);

        /**
         * Waits for any of some events or calls, and takes it; for ever if there are none.
         *
         * @param consumed names of interfaces that consume events or provide procedures
         * @return which one; the first of those that have come
         * @throws Stopped when the component is to end
         */
        String await(List<String> consumed);

        /** Whether an event or a call has come since one was last taken; takes it. */
        boolean poll(String consumed);

        /** Emits an event; doesn't wait. */
        void emit(String emitted);

        /**
         * The call that {@link #await} or {@link #poll} has told of, by naming the interface that it is of.
         *
         * @throws IllegalStateException if there is none
         */
        Call call(String provided);

        /** Calls a method of a procedure that it uses, and waits for the answer; null if it has none. */
        Object call(String used, String method, List<Object> arguments);

        /** The value of an attribute of the instance; empty if it has none of that name. */
        Optional<Object> attribute(String name);

        /** Whether there is a dataport of that name. */
        boolean hasDataport(String name);

        Dataport dataport(String name);

        /** An interface of its own as people handle it at the prompt: an event, a procedure, a lock. */
        Optional<Object> live(String name);

        /** Prints text on the component's console. */
        void print(String text);
    }

    /** One that can be written down. */
    interface Written extends Behaviour {
        /** What a script says in {@code component { }} to have it; empty if that isn't known. */
        List<String> words();
    }

    /** Ends a component from outside, where it waits. */
    final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Stopped() {
            super("the component was stopped", null, false, false);
        }
    }

    /** A call of a procedure that the component provides. */
    interface Call {
        String method();

        /** What went in, as its {@link Procedure} has it. */
        List<Object> arguments();

        /** Lets who has called go on; null if there is no answer. */
        void answer(Object value);
    }

    /** Whether its run does what is called of procedures that the component provides; else {@link Method}s do. */
    default boolean servesCalls() {
        return false;
    }

    /** Runs until the component has nothing more to do. */
    void run(Ports ports) throws Exception;
}
