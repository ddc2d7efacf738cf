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
         * Waits for any of some events, and takes it; for ever if there are none.
         *
         * @return which one; the first of those that have come
         * @throws Stopped when the component is to end
         */
        String await(List<String> consumed);

        /** Whether an event has come since it was last taken. */
        boolean poll(String consumed);

        /** Emits an event; doesn't wait. */
        void emit(String emitted);

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

    /** Runs until the component has nothing more to do. */
    void run(Ports ports) throws Exception;
}
