// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import vmlab.camkes.CamkesParser.ExpressionContext;

/**
 * What an expression of a configuration comes to: a Long, Double, Boolean, String, List, Map, {@link Name} or
 * {@link Query}.
 *
 * @spec the CAmkES manual, "Settings"; operators are C's, and {@code **}
 */
final class Expressions extends CamkesBaseVisitor<Object> {
    /** A name that no macro has replaced: what it means depends on who asks. */
    record Name(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** A question to the build, such as {@code dtb({"path": "/soc"})}: only its text is kept. */
    record Query(String text) {}

    /** An expression that doesn't come to a value. */
    static final class NoValue extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient ParserRuleContext where;

        NoValue(ParserRuleContext where, String message) {
            super(message);
            this.where = where;
        }

        ParserRuleContext where() {
            return where;
        }
    }

    static Object value(ExpressionContext expression) {
        return new Expressions().visit(expression);
    }

    @Override
    public Object visitExpression(CamkesParser.ExpressionContext e) {
        Object condition = visit(e.condition);
        return e.yes == null ? condition : visit(truth(condition) ? e.yes : e.no);
    }

    @Override
    public Object visitDisjunction(CamkesParser.DisjunctionContext e) {
        return chain(e.conjunction(), (a, b) -> truth(a) || truth(b));
    }

    @Override
    public Object visitConjunction(CamkesParser.ConjunctionContext e) {
        return chain(e.bitOr(), (a, b) -> truth(a) && truth(b));
    }

    @Override
    public Object visitBitOr(CamkesParser.BitOrContext e) {
        return chain(e.bitXor(), (a, b) -> whole(e, a) | whole(e, b));
    }

    @Override
    public Object visitBitXor(CamkesParser.BitXorContext e) {
        return chain(e.bitAnd(), (a, b) -> whole(e, a) ^ whole(e, b));
    }

    @Override
    public Object visitBitAnd(CamkesParser.BitAndContext e) {
        return chain(e.equality(), (a, b) -> whole(e, a) & whole(e, b));
    }

    @Override
    public Object visitEquality(CamkesParser.EqualityContext e) {
        return chain(e, e.relation(), e.operators);
    }

    @Override
    public Object visitRelation(CamkesParser.RelationContext e) {
        return chain(e, e.shift(), e.operators);
    }

    @Override
    public Object visitShift(CamkesParser.ShiftContext e) {
        return chain(e, e.sum(), e.operators);
    }

    @Override
    public Object visitSum(CamkesParser.SumContext e) {
        return chain(e, e.product(), e.operators);
    }

    @Override
    public Object visitProduct(CamkesParser.ProductContext e) {
        return chain(e, e.unary(), e.operators);
    }

    private Object chain(List<? extends ParserRuleContext> parts, BinaryOperator<Object> step) {
        return parts.stream().skip(1).map(this::visit).reduce(visit(parts.get(0)), step);
    }

    private Object chain(ParserRuleContext where, List<? extends ParserRuleContext> parts, List<Token> operators) {
        Object result = visit(parts.get(0));
        for (int i = 0; i < operators.size(); i++) {
            result = apply(where, operators.get(i).getText(), result, visit(parts.get(i + 1)));
        }
        return result;
    }

    private static Object apply(ParserRuleContext where, String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> a.equals(b);
            case "!=" -> !a.equals(b);
            case "<" -> number(where, a) < number(where, b);
            case "<=" -> number(where, a) <= number(where, b);
            case ">" -> number(where, a) > number(where, b);
            case ">=" -> number(where, a) >= number(where, b);
            case "<<" -> whole(where, a) << whole(where, b);
            case ">>" -> whole(where, a) >> whole(where, b);
            default -> arithmetic(where, operator, a, b);
        };
    }

    private static Object arithmetic(ParserRuleContext where, String operator, Object a, Object b) {
        if (a instanceof String x && b instanceof String y && operator.equals("+")) {
            return x + y;
        }
        if (a instanceof Double || b instanceof Double) {
            double x = number(where, a);
            double y = number(where, b);
            return switch (operator) {
                case "+" -> x + y;
                case "-" -> x - y;
                case "*" -> x * y;
                case "/" -> x / y;
                case "%" -> x % y;
                default -> Math.pow(x, y);
            };
        }
        long x = whole(where, a);
        long y = whole(where, b);
        if (y == 0 && (operator.equals("/") || operator.equals("%"))) {
            throw new NoValue(where, "a division by zero");
        }
        return switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            case "%" -> x % y;
            default -> power(where, x, y);
        };
    }

    private static long power(ParserRuleContext where, long base, long exponent) {
        if (exponent < 0 || exponent > 63) {
            throw new NoValue(where, "a power that is no whole number of 64 bits");
        }
        long result = 1;
        for (long i = 0; i < exponent; i++) {
            result *= base;
        }
        return result;
    }

    @Override
    public Object visitUnary(CamkesParser.UnaryContext e) {
        if (e.operator == null) {
            return visit(e.primary());
        }
        Object value = visit(e.unary());
        return switch (e.operator.getText()) {
            case "!" -> !truth(value);
            case "~" -> ~whole(e, value);
            case "-" -> value instanceof Double d ? (Object) (-d) : (Object) (-whole(e, value));
            default -> value;
        };
    }

    @Override
    public Object visitNumberValue(CamkesParser.NumberValueContext e) {
        String text = e.NUMBER().getText();
        try {
            if (text.startsWith("0x") || text.startsWith("0X")) {
                return Long.parseUnsignedLong(text.substring(2), 16);
            }
            return text.contains(".") ? (Object) Double.valueOf(text) : (Object) Long.valueOf(text);
        } catch (NumberFormatException tooLarge) {
            throw new NoValue(e, text + " doesn't fit into 64 bits");
        }
    }

    @Override
    public Object visitStringValue(CamkesParser.StringValueContext e) {
        StringBuilder text = new StringBuilder();
        e.STRING().forEach(s -> text.append(s.getText(), 1, s.getText().length() - 1));
        return text.toString();
    }

    @Override
    public Object visitTrueValue(CamkesParser.TrueValueContext e) {
        return true;
    }

    @Override
    public Object visitFalseValue(CamkesParser.FalseValueContext e) {
        return false;
    }

    @Override
    public Object visitParentheses(CamkesParser.ParenthesesContext e) {
        return visit(e.expression());
    }

    @Override
    public Object visitListValue(CamkesParser.ListValueContext e) {
        return e.expression().stream().map(this::visit).toList();
    }

    @Override
    public Object visitDictionaryValue(CamkesParser.DictionaryValueContext e) {
        Map<Object, Object> entries = new LinkedHashMap<>();
        e.entry().forEach(entry -> entries.put(visit(entry.expression(0)), visit(entry.expression(1))));
        return entries;
    }

    @Override
    public Object visitQuery(CamkesParser.QueryContext e) {
        return new Query(e.getText());
    }

    @Override
    public Object visitReference(CamkesParser.ReferenceContext e) {
        return new Name(e.qualified().getText());
    }

    private static boolean truth(Object value) {
        Function<Number, Boolean> nonzero = n -> n.doubleValue() != 0;
        return value instanceof Boolean b ? b : value instanceof Number n ? nonzero.apply(n) : !value.equals("");
    }

    private static double number(ParserRuleContext where, Object value) {
        if (value instanceof Number n) {
            return n.doubleValue();
        }
        throw notANumber(where, value);
    }

    private static long whole(ParserRuleContext where, Object value) {
        if (value instanceof Long n) {
            return n;
        }
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        throw notANumber(where, value);
    }

    private static NoValue notANumber(ParserRuleContext where, Object value) {
        return new NoValue(
                where,
                value instanceof Name name
                        ? name + " is no macro that an included file defines"
                        : "'" + value + "' is not a whole number");
    }
}
