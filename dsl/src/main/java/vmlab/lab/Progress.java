// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

/** Where long work says how far it is. Called on the thread that does the work. */
public interface Progress {
    /** One piece of long work; closed when it is done or has failed. */
    interface Task extends AutoCloseable {
        /** How much is done, in the unit of the total. */
        void done(long amount);

        @Override
        void close();
    }

    /**
     * Begins a piece of work.
     *
     * @param what for people: {@code fetching linux-image-6.1.0-51-686}
     * @param total bytes or steps; 0 if not known
     */
    Task begin(String what, long total);

    /** Says nothing. */
    static Progress silent() {
        return (what, total) -> new Task() {
            @Override
            public void done(long amount) {
                // Nobody listens.
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }
}
