// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

/** The process: the only place that ends it. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        int status = VmlabCommand.execute(Surroundings.ofProcess(), args);
        // Machines' and abandoned evaluations' threads are daemons, but a user's script may have started others.
        System.exit(status);
    }
}
