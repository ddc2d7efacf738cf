// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

/**
 * Hears how a long task goes on; whoever owns the terminal shows it. Called on the thread that does the task, except
 * {@link #advance}, which may come from another one. Must not throw.
 */
public interface Progress {
    /** Shows nothing: for tests, and for callers without a terminal. */
    Progress SILENT = new Progress() {
        @Override
        public void start(String title, long totalBytes) {
            // silence is what this one is for
        }

        @Override
        public void advance(long bytes) {
            // silence is what this one is for
        }

        @Override
        public void done() {
            // silence is what this one is for
        }

        @Override
        public void notice(String text) {
            // silence is what this one is for
        }
    };

    /**
     * A step begins.
     *
     * @param totalBytes what it will take, or -1 if that isn't known
     */
    void start(String title, long totalBytes);

    /** So many more bytes of the step are done; a negative number takes some back, when a transfer must begin again. */
    void advance(long bytes);

    /** The step that began last is over. */
    void done();

    /** Something its user should know, such as a check that could not be made. */
    void notice(String text);
}
