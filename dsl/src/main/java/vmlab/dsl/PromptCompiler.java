// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Binding;
import groovy.lang.GroovyClassLoader;
import groovy.lang.GroovyCodeSource;
import groovy.lang.Script;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import org.codehaus.groovy.ast.ClassHelper;
import org.codehaus.groovy.ast.ClassNode;
import org.codehaus.groovy.ast.ImportNode;
import org.codehaus.groovy.ast.ModuleNode;
import org.codehaus.groovy.ast.expr.BinaryExpression;
import org.codehaus.groovy.ast.expr.CastExpression;
import org.codehaus.groovy.ast.expr.ConstantExpression;
import org.codehaus.groovy.ast.expr.DeclarationExpression;
import org.codehaus.groovy.ast.expr.EmptyExpression;
import org.codehaus.groovy.ast.expr.Expression;
import org.codehaus.groovy.ast.expr.VariableExpression;
import org.codehaus.groovy.ast.stmt.ExpressionStatement;
import org.codehaus.groovy.ast.stmt.Statement;
import org.codehaus.groovy.classgen.GeneratorContext;
import org.codehaus.groovy.control.CompilePhase;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.SourceUnit;
import org.codehaus.groovy.control.customizers.CompilationCustomizer;
import org.codehaus.groovy.control.customizers.ImportCustomizer;
import org.codehaus.groovy.runtime.MethodClosure;
import org.codehaus.groovy.syntax.Token;
import org.codehaus.groovy.syntax.Types;

/**
 * Compiles what is typed at the prompt so that one input sees what earlier ones made: imports and classes stay, and
 * {@code def x = 1} makes a variable of the prompt, not of the input alone.
 */
final class PromptCompiler {
    private final ImportCustomizer kept = new ImportCustomizer();
    private final GroovyClassLoader loader;
    private ModuleNode lastModule;

    PromptCompiler(GroovyClassLoader scripts, CompilerConfiguration configuration) {
        configuration.addCompilationCustomizers(kept, new Declarations());
        loader = new GroovyClassLoader(scripts, configuration);
    }

    Class<?> compile(GroovyCodeSource source) {
        lastModule = null;
        Class<?> type = loader.parseClass(source, false);
        if (lastModule != null) {
            keepImports(lastModule);
        }
        return type;
    }

    private void keepImports(ModuleNode module) {
        for (ImportNode node : module.getImports()) {
            kept.addImport(node.getAlias(), node.getClassName());
        }
        for (ImportNode node : module.getStarImports()) {
            kept.addStarImports(node.getPackageName());
        }
        for (ImportNode node : module.getStaticImports().values()) {
            kept.addStaticImport(node.getAlias(), node.getClassName(), node.getFieldName());
        }
        for (ImportNode node : module.getStaticStarImports().values()) {
            kept.addStaticStars(node.getClassName());
        }
    }

    /** Makes variables of the methods that an input defines, as Groovy calls those like methods. */
    void keepMethods(Script script, Binding binding) {
        for (Method method : script.getClass().getDeclaredMethods()) {
            boolean users = !method.isSynthetic()
                    && !Modifier.isStatic(method.getModifiers())
                    && !method.getName().contains("$")
                    && !method.getName().equals("run");
            if (users) {
                binding.setVariable(method.getName(), new MethodClosure(script, method.getName()));
            }
        }
    }

    private final class Declarations extends CompilationCustomizer {
        Declarations() {
            super(CompilePhase.CONVERSION);
        }

        @Override
        public void call(SourceUnit source, GeneratorContext context, ClassNode node) {
            if (node.isScriptBody()) {
                lastModule = source.getAST();
                List<Statement> statements = lastModule.getStatementBlock().getStatements();
                statements.replaceAll(Declarations::assigning);
            }
        }

        private static Statement assigning(Statement statement) {
            boolean declares = statement instanceof ExpressionStatement expression
                    && expression.getExpression() instanceof DeclarationExpression declaration
                    && declaration.getAnnotations().isEmpty();
            if (!declares) {
                return statement;
            }
            DeclarationExpression declaration =
                    (DeclarationExpression) ((ExpressionStatement) statement).getExpression();
            BinaryExpression assignment = new BinaryExpression(
                    target(declaration),
                    Token.newSymbol(Types.ASSIGN, declaration.getLineNumber(), declaration.getColumnNumber()),
                    value(declaration));
            assignment.setSourcePosition(declaration);
            ExpressionStatement assigning = new ExpressionStatement(assignment);
            assigning.setSourcePosition(statement);
            assigning.copyStatementLabels(statement);
            return assigning;
        }

        private static Expression target(DeclarationExpression declaration) {
            if (declaration.isMultipleAssignmentDeclaration()) {
                return declaration.getLeftExpression();
            }
            VariableExpression variable =
                    new VariableExpression(declaration.getVariableExpression().getName());
            variable.setSourcePosition(declaration.getVariableExpression());
            return variable;
        }

        /** The value, in the declared type. */
        private static Expression value(DeclarationExpression declaration) {
            Expression value = declaration.getRightExpression();
            if (value instanceof EmptyExpression) {
                return new ConstantExpression(null);
            }
            boolean typed = !declaration.isMultipleAssignmentDeclaration()
                    && !ClassHelper.isDynamicTyped(
                            declaration.getVariableExpression().getOriginType());
            return typed
                    ? CastExpression.asExpression(
                            declaration.getVariableExpression().getOriginType(), value)
                    : value;
        }
    }
}
