// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.Optional;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.SourceLocation;

/** Mistakes that a text shows before it is compiled. */
final class SourceProblems {
    private SourceProblems() {}

    /** A bracket without a partner. */
    static Optional<Problem> unpaired(String name, String text) {
        Brackets brackets = Brackets.of(text);
        if (brackets.stray().isPresent()) {
            Brackets.Bracket stray = brackets.stray().get();
            String expected = brackets.open()
                    .map(open -> "the " + open.kind() + " of line "
                            + at(name, text, open.index()).line() + " is open")
                    .orElse("nothing is open here");
            return Optional.of(new Problem(
                    at(name, text, stray.index()), "this " + stray.kind() + " closes nothing: " + expected, ""));
        }
        return brackets.open()
                .map(open -> new Problem(
                        at(name, text, open.index()),
                        "this " + open.kind() + " is never closed",
                        "add a " + partner(open.kind())));
    }

    private static char partner(char opening) {
        return opening == '(' ? ')' : opening == '[' ? ']' : '}';
    }

    private static SourceLocation at(String name, String text, int index) {
        int line = (int) text.substring(0, index).chars().filter(c -> c == '\n').count() + 1;
        return new SourceLocation(name, line, index - text.lastIndexOf('\n', index - 1));
    }
}
