// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.List;
import org.jline.reader.Candidate;

/** A language the prompt takes. Threads: inputs come one at a time; {@link #interrupt} may come on any thread. */
interface Language {
    /** What stands before an input. */
    String prompt();

    /** Whether more lines must come before the input can be done. */
    boolean isIncomplete(String input);

    /** Does an input; what is shown of it, empty for nothing. */
    String evaluate(String input) throws Exception;

    /** Adds what may stand in place of the name that ends at the cursor. */
    void complete(String input, int cursor, List<Candidate> candidates);

    /** Stops what an interrupt of its thread doesn't. */
    void interrupt();
}
