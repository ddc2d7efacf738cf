// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;

/** The process: the only place that ends it. */
public final class Main {
    /** Set by the launcher while it makes the class-data archive: what is loaded now is there at once in later starts. */
    private static final String REHEARSAL = "vmlab.rehearsal";

    private Main() {}

    public static void main(String[] args) throws IOException {
        if (Boolean.getBoolean(REHEARSAL)) {
            Rehearsal.run();
        }
        int status = VmlabCommand.execute(Surroundings.ofProcess(), args);
        // Machines' and abandoned evaluations' threads are daemons, but a user's script may have started others.
        System.exit(status);
    }
}
