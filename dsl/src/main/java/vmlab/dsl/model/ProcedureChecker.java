// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Procedure.Signature;

/**
 * Says everything that is wrong with procedures and the values of attributes: an interface of a procedure that is declared
 * nowhere, a method that its provider lacks or nobody can call, a value of another type than its attribute.
 *
 * @spec camkes-tool, camkes/ast/objects.py
 */
public final class ProcedureChecker {
    private final Assembly assembly;
    private final List<Problem> problems = new ArrayList<>();

    private ProcedureChecker(Assembly assembly) {
        this.assembly = assembly;
    }

    /** All problems; of procedures none as long as none is declared, for Groovy needs no declarations. */
    public static List<Problem> check(Assembly assembly) {
        ProcedureChecker checker = new ProcedureChecker(assembly);
        checker.checkNames();
        if (!assembly.procedures().isEmpty()) {
            assembly.components().forEach(checker::checkInterfaces);
        }
        assembly.components().forEach(checker::checkDefaults);
        assembly.composition().settings().forEach(checker::checkSetting);
        return List.copyOf(checker.problems);
    }

    private void add(SourceLocation location, String found, String remedy) {
        problems.add(new Problem(location, found, remedy));
    }

    private void checkNames() {
        Map<String, Procedure> seen = new HashMap<>();
        for (Procedure procedure : assembly.procedures()) {
            Procedure earlier = seen.putIfAbsent(procedure.name(), procedure);
            if (earlier != null) {
                add(
                        procedure.location(),
                        "procedure " + procedure.name() + " is there twice, first at " + earlier.location(),
                        "rename one of them");
            }
        }
    }

    // ---- interfaces

    private void checkInterfaces(ComponentSpec component) {
        for (Interface face : component.type().interfaces()) {
            boolean calls = face.kind() == Interface.Kind.USES || face.kind() == Interface.Kind.PROVIDES;
            if (calls && !Procedure.OF_SURROUNDINGS.contains(face.type())) {
                assembly.procedure(face.type())
                        .ifPresentOrElse(
                                procedure -> checkMethods(component, face, procedure), () -> unknown(component, face));
            }
        }
    }

    private void unknown(ComponentSpec component, Interface face) {
        List<String> names = assembly.procedures().stream().map(Procedure::name).toList();
        add(
                face.location(),
                component.type().name() + " " + face.kind().words() + " " + face.name()
                        + " of a procedure that isn't declared, " + face.type(),
                Similar.didYouMean(face.type(), names, "declared are " + String.join(", ", names)));
    }

    private void checkMethods(ComponentSpec component, Interface face, Procedure procedure) {
        boolean inC = component.behaviour().filter(Behaviour::servesCalls).isPresent();
        if (face.kind() != Interface.Kind.PROVIDES || inC || isWithoutCode(component)) {
            return;
        }
        for (Signature signature : procedure.signatures()) {
            String method = face.name() + "_" + signature.name();
            if (!component.methods().containsKey(method)) {
                String given = signature.parameters().stream()
                        .filter(p -> p.direction().goesIn())
                        .map(Procedure.Parameter::name)
                        .collect(Collectors.joining(", "));
                add(
                        face.location(),
                        component.type().name() + " provides " + face.name() + " and has no " + method,
                        method + " { " + (given.isEmpty() ? "" : given + " -> ") + "… } is what it does");
            }
        }
        component.methods().keySet().stream()
                .filter(method -> method.startsWith(face.name() + "_"))
                .map(method -> method.substring(face.name().length() + 1))
                .filter(method -> procedure.signature(method).isEmpty())
                .sorted()
                .forEach(method -> add(
                        face.location(),
                        "procedure " + procedure.name() + " has no method " + method + ", which "
                                + component.type().name() + " has for " + face.name(),
                        Similar.didYouMean(
                                method, procedure.methods(), "it has " + String.join(", ", procedure.methods()))));
    }

    /** A component of a file may have its code elsewhere: who reads the file tells if there is none. */
    private static boolean isWithoutCode(ComponentSpec component) {
        return component.behaviour().isEmpty()
                && component.methods().isEmpty()
                && component.type().location().file().endsWith(".camkes");
    }

    // ---- attributes

    private void checkDefaults(ComponentSpec component) {
        component
                .type()
                .attributes()
                .forEach(attribute -> attribute
                        .value()
                        .ifPresent(value -> checkValue(
                                component.type().name() + "." + attribute.name(),
                                attribute,
                                value,
                                attribute.location())));
    }

    private void checkSetting(Composition.InstanceSetting setting) {
        String name = setting.setting().attribute();
        assembly.composition().instances().stream()
                .filter(instance -> instance.name().equals(setting.instance()))
                .flatMap(instance -> assembly.component(instance.type()).stream())
                .flatMap(component -> component.type().attributes().stream())
                .filter(attribute -> attribute.name().equals(name))
                .forEach(attribute -> checkValue(
                        setting.instance() + "." + name,
                        attribute,
                        setting.setting().value(),
                        setting.setting().location()));
    }

    /** A name that its build gives a meaning is no value yet. */
    private void checkValue(String path, AttributeDeclaration attribute, Object value, SourceLocation location) {
        boolean plain = value instanceof Number || value instanceof CharSequence || value instanceof Boolean;
        ValueType.of(attribute.type())
                .filter(type -> plain && type.value(value).isEmpty())
                .ifPresent(type -> add(
                        location,
                        path + " is " + (value instanceof CharSequence ? "'" + value + "'" : value)
                                + ", and its type is " + attribute.type(),
                        "give it " + type.description()));
    }
}
