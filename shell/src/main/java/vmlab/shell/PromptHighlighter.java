// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import groovyjarjarantlr4.v4.runtime.CharStreams;
import groovyjarjarantlr4.v4.runtime.Token;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.groovy.parser.antlr4.GroovyLangLexer;
import org.apache.groovy.parser.antlr4.GroovyLexer;
import org.apache.groovy.parser.antlr4.GroovySyntaxError;
import org.jline.reader.Highlighter;
import org.jline.reader.LineReader;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * Colours what is being typed: by the tokens of Groovy's own lexer, which fit Java, too. Known commands of the prompt and
 * the names of live objects stand out, so a slip of the finger is seen before Enter.
 *
 * <p>What the lexer can't read, behind an open quote say, stays plain. Threads: the line reader's.
 */
final class PromptHighlighter implements Highlighter {
    private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;
    private static final AttributedStyle COMMAND = PLAIN.bold();
    private static final AttributedStyle KEYWORD = PLAIN.foreground(AttributedStyle.MAGENTA);
    private static final AttributedStyle TEXT = PLAIN.foreground(AttributedStyle.GREEN);
    private static final AttributedStyle NUMBER = PLAIN.foreground(AttributedStyle.CYAN);
    private static final AttributedStyle LIVE =
            PLAIN.foreground(AttributedStyle.BLUE).bold();

    private final Predicate<String> live;
    private final BooleanSupplier ready;

    /**
     * @param live whether a name is a variable of the prompt
     * @param ready whether Groovy is; until then it has no colours, but nobody who types waits for it
     */
    PromptHighlighter(Predicate<String> live, BooleanSupplier ready) {
        this.live = Objects.requireNonNull(live);
        this.ready = Objects.requireNonNull(ready);
    }

    @Override
    public AttributedString highlight(LineReader reader, String input) {
        if (Session.isCommand(input)) {
            return command(input);
        }
        return ready.getAsBoolean() ? code(input) : new AttributedString(input);
    }

    private static AttributedString command(String input) {
        String name = input.strip().substring(1).split("\\s", 2)[0];
        if (ConsoleCommands.named(name).isEmpty()) {
            return new AttributedString(input);
        }
        int end = input.indexOf(name) + name.length();
        return new AttributedStringBuilder()
                .append(input.substring(0, end), COMMAND)
                .append(input.substring(end))
                .toAttributedString();
    }

    AttributedString code(String input) {
        AttributedStringBuilder coloured = new AttributedStringBuilder();
        int done = 0;
        try {
            GroovyLangLexer lexer = new GroovyLangLexer(CharStreams.fromString(input));
            lexer.removeErrorListeners();
            for (Token token = lexer.nextToken(); token.getType() != Token.EOF; token = lexer.nextToken()) {
                // The lexer counts characters, not Java's halves of them.
                int start = Math.max(done, input.offsetByCodePoints(0, token.getStartIndex()));
                int end = input.offsetByCodePoints(0, token.getStopIndex() + 1);
                if (end > start) {
                    coloured.append(input.substring(done, start));
                    coloured.append(input.substring(start, end), style(token));
                    done = end;
                }
            }
        } catch (GroovySyntaxError e) {
            // Half typed: the rest has no colour yet.
            return coloured.append(input.substring(done)).toAttributedString();
        }
        return coloured.append(input.substring(done)).toAttributedString();
    }

    private AttributedStyle style(Token token) {
        int type = token.getType();
        if (type >= GroovyLexer.AS && type <= GroovyLexer.YIELD) {
            return KEYWORD;
        }
        return switch (type) {
            case GroovyLexer.StringLiteral, GroovyLexer.GStringBegin, GroovyLexer.GStringPart, GroovyLexer.GStringEnd ->
                TEXT;
            case GroovyLexer.IntegerLiteral,
                    GroovyLexer.FloatingPointLiteral,
                    GroovyLexer.BooleanLiteral,
                    GroovyLexer.NullLiteral -> NUMBER;
            case GroovyLexer.Identifier, GroovyLexer.CapitalizedIdentifier -> live.test(token.getText()) ? LIVE : PLAIN;
            default -> PLAIN;
        };
    }
}
