// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Composition.Export;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connection.End;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.Similar;
import vmlab.dsl.model.SourceLocation;

/** Reads preprocessed text into records. Syntax errors are told, and reading goes on behind them. */
final class SyntaxReader {
    private final Preprocessed text;
    private final CamkesSource result;
    private final Consumer<Problem> problems;
    private int anonymous;

    private SyntaxReader(Preprocessed text, CamkesSource result, Consumer<Problem> problems) {
        this.text = text;
        this.result = result;
        this.problems = problems;
    }

    /** Adds what the text declares to {@code into}, having told of its imports. */
    static void read(
            Preprocessed text, CamkesSource into, Consumer<CamkesSource.Import> imports, Consumer<Problem> problems) {
        SyntaxReader reader = new SyntaxReader(text, into, problems);
        CamkesLexer lexer = new CamkesLexer(CharStreams.fromString(text.text()));
        lexer.removeErrorListeners();
        CamkesParser parser = new CamkesParser(new CommonTokenStream(lexer));
        parser.removeErrorListeners();
        parser.addErrorListener(reader.new SyntaxErrors());
        CamkesParser.FileContext file = parser.file();
        // After a syntax error the tree has holes: what it would say about names is noise.
        if (parser.getNumberOfSyntaxErrors() == 0) {
            // What is imported is read first: a name must be declared before its use.
            file.item().stream()
                    .filter(item -> item.importItem() != null)
                    .forEach(item -> imports.accept(reader.importOf(item.importItem())));
            file.item().forEach(reader::item);
        }
    }

    private final class SyntaxErrors extends BaseErrorListener {
        private boolean told;

        @Override
        public void syntaxError(
                Recognizer<?, ?> recognizer,
                Object symbol,
                int line,
                int column,
                String message,
                RecognitionException cause) {
            // One mistake makes a parser stumble more than once.
            if (!told && symbol instanceof Token token) {
                told = true;
                problems.accept(describe((Parser) recognizer, token));
            }
        }

        private Problem describe(Parser parser, Token token) {
            Token before = parser.getInputStream().LT(-1);
            List<String> expected = expected(parser);
            String text = token.getText();
            boolean call = token.getType() == CamkesParser.ID
                    && parser.getInputStream().LT(2).getText().equals("(");
            if (call && text.equals(text.toUpperCase(Locale.ROOT))) {
                return new Problem(place(token), "there is no macro " + text, Library.remedyOfMacro(text));
            }
            if (before != null && expected.contains(";") && !"{};".contains(before.getText())) {
                return new Problem(
                        end(before), "there is no ; behind '" + before.getText() + "'", "a declaration ends with ;");
            }
            boolean end = token.getType() == Token.EOF;
            return new Problem(
                    place(token),
                    end ? "the file ends too early" : "'" + text + "' can't stand here",
                    Similar.didYouMean(text, expected, "expected is " + String.join(", ", expected)));
        }

        /** What could stand there, as it is written. */
        private List<String> expected(Parser parser) {
            return parser.getExpectedTokens().toList().stream()
                    .map(type -> type == Token.EOF
                            ? "the end"
                            : parser.getVocabulary().getDisplayName(type))
                    .map(name -> name.equals("ID") ? "a name" : name.replaceAll("^'|'$", ""))
                    .toList();
        }
    }

    private SourceLocation place(Token token) {
        return text.at(token.getStartIndex());
    }

    private SourceLocation end(Token token) {
        SourceLocation start = place(token);
        return new SourceLocation(
                start.file(), start.line(), start.column() + token.getText().length());
    }

    private SourceLocation place(ParserRuleContext where) {
        return place(where.getStart());
    }

    private void problem(ParserRuleContext where, String found, String remedy) {
        problems.accept(new Problem(place(where), found, remedy));
    }

    private void item(CamkesParser.ItemContext item) {
        if (item.componentType() != null) {
            componentType(item.componentType());
        } else if (item.procedure() != null) {
            procedure(item.procedure());
        } else if (item.assembly() != null) {
            result.assemblies()
                    .add(composition(
                            item.assembly().compositionItem(), item.assembly().configurationItem()));
        } else if (item.compositionItem() != null && item.compositionItem().name() != null) {
            result.named()
                    .put(
                            item.compositionItem().name().getText(),
                            composition(List.of(item.compositionItem()), List.of()));
        } else if (item.configurationItem() != null && item.configurationItem().name() != null) {
            result.named()
                    .put(
                            item.configurationItem().name().getText(),
                            composition(List.of(), List.of(item.configurationItem())));
        }
    }

    private CamkesSource.Import importOf(CamkesParser.ImportItemContext item) {
        boolean angled = item.ANGLED() != null;
        String quoted = angled ? item.ANGLED().getText() : item.STRING().getText();
        return new CamkesSource.Import(quoted.substring(1, quoted.length() - 1), angled, place(item));
    }

    private void componentType(CamkesParser.ComponentTypeContext item) {
        String name = item.name() == null ? "" : item.name().getText();
        if (name.isEmpty()) {
            problem(item, "a component type without a name", "component NAME { … }");
            return;
        }
        ComponentType type = component(name, item.componentBody(), place(item));
        ComponentType earlier = result.types().putIfAbsent(name, type);
        if (earlier != null) {
            problem(
                    item,
                    "component " + name + " is there twice, first at " + earlier.location(),
                    "rename one of them");
        }
    }

    private void procedure(CamkesParser.ProcedureContext item) {
        if (item.name() == null) {
            problem(item, "a procedure without a name", "procedure NAME { … }");
            return;
        }
        String name = item.name().getText();
        List<Procedure.Signature> signatures = item.procedureItem().stream()
                .flatMap(each -> ProcedureReader.signature(each, place(each)).stream())
                .toList();
        Procedure earlier = result.procedures().putIfAbsent(name, new Procedure(name, signatures, place(item)));
        if (earlier != null) {
            problem(
                    item,
                    "procedure " + name + " is there twice, first at " + earlier.location(),
                    "rename one of them");
        }
    }

    private ComponentType component(String name, CamkesParser.ComponentBodyContext body, SourceLocation location) {
        boolean control = false;
        boolean hardware = false;
        List<Interface> interfaces = new ArrayList<>();
        List<AttributeDeclaration> attributes = new ArrayList<>();
        List<CamkesParser.CompositionItemContext> compositions = new ArrayList<>();
        List<CamkesParser.ConfigurationItemContext> configurations = new ArrayList<>();
        for (CamkesParser.ComponentItemContext item : body.componentItem()) {
            if (item instanceof CamkesParser.ControlContext) {
                control = true;
            } else if (item instanceof CamkesParser.HardwareContext) {
                hardware = true;
            } else if (item instanceof CamkesParser.AttributeItemContext attribute) {
                attributes.add(declaration(attribute));
            } else if (item instanceof CamkesParser.InnerCompositionContext inner) {
                compositions.add(inner.compositionItem());
            } else if (item instanceof CamkesParser.InnerConfigurationContext inner) {
                configurations.add(inner.configurationItem());
            } else {
                interfaceOf(item).ifPresent(interfaces::add);
            }
        }
        Optional<Composition> inside = compositions.isEmpty() && configurations.isEmpty()
                ? Optional.empty()
                : Optional.of(composition(compositions, configurations));
        return new ComponentType(name, control, hardware, interfaces, attributes, inside, location);
    }

    private Optional<Interface> interfaceOf(CamkesParser.ComponentItemContext item) {
        if (item instanceof CamkesParser.ProcedureInterfaceContext p) {
            return Optional.of(face(p, p.kind.getText(), p.typeName.getText(), p.interfaceName, p.maybe != null));
        }
        if (item instanceof CamkesParser.EventInterfaceContext e) {
            return Optional.of(face(e, e.kind.getText(), e.typeName.getText(), e.interfaceName, e.maybe != null));
        }
        if (item instanceof CamkesParser.DataportInterfaceContext d) {
            return Optional.of(face(d, "dataport", dataportType(d.dataportType()), d.interfaceName, d.maybe != null));
        }
        if (item instanceof CamkesParser.LockContext l) {
            return Optional.of(face(l, l.kind.getText(), "", l.interfaceName, false));
        }
        return Optional.empty();
    }

    private Interface face(
            ParserRuleContext where, String kind, String type, CamkesParser.NameContext name, boolean maybe) {
        Interface.Kind found = Interface.Kind.valueOf(kind.toUpperCase(Locale.ROOT));
        return new Interface(found, type, name.getText(), maybe, place(where));
    }

    /** Sizes are compared as numbers: 0x1000 is 4096. */
    private String dataportType(CamkesParser.DataportTypeContext type) {
        return type.expression() == null ? type.getText() : "Buf(" + value(type.expression()) + ")";
    }

    private AttributeDeclaration declaration(CamkesParser.AttributeItemContext item) {
        CamkesParser.AttributeTypeContext written = item.attributeType();
        String type = (written.type() == null ? written.getText() : ProcedureReader.words(written.type()))
                + (item.array == null ? "" : "[]");
        Optional<Object> value = Optional.ofNullable(item.expression()).map(this::value);
        return new AttributeDeclaration(type, item.name().getText(), value, place(item));
    }

    private Object value(CamkesParser.ExpressionContext expression) {
        try {
            return Expressions.value(expression);
        } catch (Expressions.NoValue e) {
            problem(e.where(), e.getMessage(), "a number, a \"text\", a [list] or a {dictionary}");
            return Setting.NOTHING;
        }
    }

    private Composition composition(
            List<CamkesParser.CompositionItemContext> compositions,
            List<CamkesParser.ConfigurationItemContext> configurations) {
        Parts parts = new Parts();
        compositions.forEach(c -> {
            named(c, c.reference).ifPresent(parts::add);
            c.compositionPart().forEach(parts::add);
        });
        configurations.forEach(c -> {
            named(c, c.reference).ifPresent(parts::add);
            c.setting().forEach(parts::add);
        });
        return new Composition(parts.instances, parts.connections, parts.settings, parts.exports);
    }

    private Optional<Composition> named(ParserRuleContext where, CamkesParser.NameContext reference) {
        if (reference == null) {
            return Optional.empty();
        }
        Composition found = result.named().get(reference.getText());
        if (found == null) {
            problem(where, "nothing is named " + reference.getText() + " so far", "declare it before its use");
        }
        return Optional.ofNullable(found);
    }

    private final class Parts {
        private final List<Instance> instances = new ArrayList<>();
        private final List<Connection> connections = new ArrayList<>();
        private final List<InstanceSetting> settings = new ArrayList<>();
        private final List<Export> exports = new ArrayList<>();

        void add(Composition other) {
            instances.addAll(other.instances());
            connections.addAll(other.connections());
            settings.addAll(other.settings());
            exports.addAll(other.exports());
        }

        void add(CamkesParser.CompositionPartContext part) {
            if (part instanceof CamkesParser.InstanceItemContext item) {
                instances.add(new Instance(item.typeName.getText(), item.instance.getText(), place(item)));
            } else if (part instanceof CamkesParser.AnonymousInstanceContext item) {
                String type = item.instance.getText() + "_type" + ++anonymous;
                result.types().put(type, component(type, item.componentBody(), place(item)));
                instances.add(new Instance(type, item.instance.getText(), place(item)));
            } else if (part instanceof CamkesParser.ConnectionItemContext item) {
                connections.add(connection(item));
            } else if (part instanceof CamkesParser.GroupItemContext item) {
                // An address space of its own means nothing here: its members are instances like others.
                item.compositionPart().forEach(this::add);
            } else if (part instanceof CamkesParser.ExportItemContext item) {
                end(item.qualified())
                        .ifPresent(inner ->
                                exports.add(new Export(inner, item.name().getText())));
            }
        }

        void add(CamkesParser.SettingContext setting) {
            List<CamkesParser.NameContext> path = setting.target.name();
            if (path.size() != 2) {
                problem(
                        setting,
                        "'" + setting.target.getText() + "' is no attribute of an instance",
                        "write it as INSTANCE.ATTRIBUTE = VALUE;");
                return;
            }
            Object value = setting.expression() == null
                    ? new Expressions.Name(setting.source.getText())
                    : value(setting.expression());
            settings.add(new InstanceSetting(
                    path.get(0).getText(), new Setting(path.get(1).getText(), value, place(setting))));
        }

        private Connection connection(CamkesParser.ConnectionItemContext item) {
            List<End> from = new ArrayList<>();
            List<End> to = new ArrayList<>();
            for (CamkesParser.EndContext end : item.ends) {
                List<End> side = end.side.getText().equals("from") ? from : to;
                SyntaxReader.this.end(end.qualified()).ifPresent(side::add);
            }
            return new Connection(item.connector.getText(), item.connection.getText(), from, to, place(item));
        }
    }

    private Optional<End> end(CamkesParser.QualifiedContext path) {
        if (path.name().size() != 2) {
            problem(path, "'" + path.getText() + "' is no interface of an instance", "write it as INSTANCE.INTERFACE");
            return Optional.empty();
        }
        return Optional.of(new End(path.name(0).getText(), path.name(1).getText(), place(path)));
    }
}
