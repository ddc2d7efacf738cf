// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import vmlab.dsl.model.Procedure.Direction;
import vmlab.dsl.model.Procedure.Parameter;
import vmlab.dsl.model.Procedure.Signature;
import vmlab.dsl.model.SourceLocation;

/** Reads what a procedure has: {@code int add(in int a, in int b)}. */
public final class ProcedureReader {
    private ProcedureReader() {}

    /**
     * A method by its words alone, as scripts give it.
     *
     * @throws IllegalArgumentException if it is none, with what can't stand there
     */
    public static Signature signature(String words, SourceLocation location) {
        CamkesLexer lexer = new CamkesLexer(CharStreams.fromString(words.strip().replaceFirst(";$", "") + ";"));
        lexer.removeErrorListeners();
        CamkesParser parser = new CamkesParser(new CommonTokenStream(lexer));
        parser.removeErrorListeners();
        parser.addErrorListener(new BaseErrorListener() {
            @Override
            public void syntaxError(
                    Recognizer<?, ?> recognizer,
                    Object symbol,
                    int line,
                    int column,
                    String message,
                    RecognitionException cause) {
                String found = symbol instanceof Token token ? token.getText() : message;
                throw new IllegalArgumentException("'" + found + "' can't stand at column " + (column + 1));
            }
        });
        CamkesParser.ProcedureItemContext item = parser.procedureItem();
        Optional<Signature> signature = signature(item, location);
        if (signature.isEmpty() || parser.getCurrentToken().getType() != Token.EOF) {
            throw new IllegalArgumentException("it is no method");
        }
        return signature.get();
    }

    /** A method of a file; empty if the item is none. */
    static Optional<Signature> signature(CamkesParser.ProcedureItemContext item, SourceLocation location) {
        if (item.name() == null || item.getStart().getText().equals("attribute")) {
            return Optional.empty();
        }
        List<Parameter> parameters = item.parameters() == null
                ? List.of()
                : item.parameters().parameter().stream()
                        .map(ProcedureReader::parameter)
                        .toList();
        String type = item.type() == null ? "void" : words(item.type());
        return Optional.of(new Signature(type, item.name().getText(), parameters, location));
    }

    private static Parameter parameter(CamkesParser.ParameterContext parameter) {
        Direction direction = parameter.direction == null
                ? Direction.IN
                : Direction.valueOf(parameter.direction.getText().toUpperCase(Locale.ROOT));
        String type = words(parameter.type()) + (parameter.array == null ? "" : "[]");
        return new Parameter(direction, type, parameter.name().getText());
    }

    /** A type of several words has a blank between them. */
    static String words(CamkesParser.TypeContext type) {
        return type.children.stream().map(child -> child.getText()).collect(Collectors.joining(" "));
    }
}
