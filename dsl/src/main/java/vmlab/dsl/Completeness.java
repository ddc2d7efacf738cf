// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.Optional;
import org.codehaus.groovy.control.CompilationUnit;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.MultipleCompilationErrorsException;
import org.codehaus.groovy.control.Phases;

/** Tells input that is wrong from input that isn't over. */
final class Completeness {
    private static final String OPERATORS = "+-*/%=<>&|^?:.,!~\\";

    private Completeness() {}

    static boolean isIncomplete(String input) {
        Optional<MultipleCompilationErrorsException> failure = parse(input);
        if (failure.isEmpty()) {
            return false;
        }
        Brackets brackets = Brackets.of(input);
        if (brackets.stray().isPresent()) {
            return false;
        }
        String message = failure.get().getMessage();
        return brackets.open().isPresent()
                || brackets.endsInText()
                || message.contains("'<EOF>'")
                || message.contains("a catch or finally clause")
                || !input.isBlank()
                        && OPERATORS.indexOf(input.stripTrailing()
                                        .charAt(input.stripTrailing().length() - 1))
                                >= 0;
    }

    private static Optional<MultipleCompilationErrorsException> parse(String input) {
        try {
            CompilationUnit unit = new CompilationUnit(new CompilerConfiguration());
            unit.addSource("input", input);
            unit.compile(Phases.CONVERSION);
            return Optional.empty();
        } catch (MultipleCompilationErrorsException e) {
            return Optional.of(e);
        }
    }
}
