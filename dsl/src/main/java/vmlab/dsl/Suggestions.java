// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Binding;
import groovy.lang.Closure;
import groovy.lang.MetaClass;
import groovy.lang.MetaMethod;
import groovy.lang.MissingMethodException;
import groovy.lang.MissingPropertyException;
import groovy.lang.Script;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.codehaus.groovy.runtime.InvokerHelper;
import vmlab.dsl.model.Similar;

/** What is said of names that aren't there. */
final class Suggestions {
    /** Words of blocks, and where they stand. */
    private static final Map<String, String> BLOCK_WORDS = Map.of(
            "vm", "vm(0) { } stands inside lab { }",
            "rootfs", "rootfs { } stands inside vm(0) { }, as in initrd_image = rootfs { }",
            "file", "file 'path', content stands inside rootfs { }");

    private final Binding binding;

    Suggestions(Binding binding) {
        this.binding = binding;
    }

    private static boolean isScript(Class<?> type) {
        return type != null && (Script.class.isAssignableFrom(type) || Block.class.isAssignableFrom(type));
    }

    String foundProperty(MissingPropertyException e) {
        return isScript(e.getType())
                ? "nothing is named " + e.getProperty()
                : e.getType().getSimpleName() + " has no property " + e.getProperty();
    }

    String propertyRemedy(MissingPropertyException e) {
        String name = e.getProperty();
        if (!isScript(e.getType())) {
            return Similar.didYouMean(name, properties(e.getType()), "it has " + list(properties(e.getType())));
        }
        String otherwise = name.matches("vm\\d+")
                ? "lab { vm(" + name.substring(2) + ") { … } } makes it"
                : "variables are there once they are set: " + name + " = …";
        return Similar.didYouMean(name, variables(), otherwise);
    }

    String foundMethod(MissingMethodException e) {
        if (!sameName(e).isEmpty()) {
            return e.getMethod() + " can't be called with " + types(e.getArguments());
        }
        return isScript(e.getType())
                ? "there is no command " + e.getMethod()
                : e.getType().getSimpleName() + " has no method " + e.getMethod();
    }

    String methodRemedy(MissingMethodException e) {
        List<MetaMethod> same = sameName(e);
        if (!same.isEmpty()) {
            return same.stream()
                    .map(method -> method.getName() + types(method.getNativeParameterTypes()))
                    .distinct()
                    .collect(Collectors.joining(", or ", "it is ", ""));
        }
        if (!isScript(e.getType())) {
            return Similar.didYouMean(e.getMethod(), methods(e.getType()), "it can " + list(methods(e.getType())));
        }
        if (BLOCK_WORDS.containsKey(e.getMethod())) {
            return BLOCK_WORDS.get(e.getMethod());
        }
        Collection<String> words = new TreeSet<>(variables());
        words.addAll(BLOCK_WORDS.keySet());
        words.addAll(methods(LabScript.class));
        return Similar.didYouMean(e.getMethod(), words, "");
    }

    private List<MetaMethod> sameName(MissingMethodException e) {
        return own(e.getType()).stream()
                .filter(method -> method.getName().equals(e.getMethod()))
                .toList();
    }

    private Collection<String> variables() {
        Collection<String> names = new TreeSet<>(List.of("lab", "debian"));
        for (Object name : binding.getVariables().keySet()) {
            names.add(String.valueOf(name));
        }
        return names;
    }

    /** Methods that are the type's own or given to it by vmlab, not every object's. */
    private static List<MetaMethod> own(Class<?> type) {
        MetaClass metaClass = InvokerHelper.getMetaClass(type);
        List<MetaMethod> methods = new ArrayList<>(metaClass.getMethods());
        methods.addAll(metaClass.getMetaMethods());
        methods.removeIf(method -> method.getDeclaringClass().getTheClass() == Object.class
                || method.isStatic()
                || method.getName().contains("$"));
        return methods;
    }

    private static Collection<String> methods(Class<?> type) {
        return own(type).stream()
                .map(MetaMethod::getName)
                .filter(name -> !name.matches("(get|set|is)[A-Z].*|propertyMissing|getAt|putAt"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Collection<String> properties(Class<?> type) {
        return own(type).stream()
                .filter(method -> method.getNativeParameterTypes().length == 0)
                .map(MetaMethod::getName)
                .filter(name -> name.matches("(get|is)[A-Z].*"))
                .map(name -> name.replaceFirst("get|is", ""))
                .map(name -> Character.toLowerCase(name.charAt(0)) + name.substring(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String list(Collection<String> names) {
        return names.isEmpty() ? "none" : String.join(" ", names);
    }

    private static String types(Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> argument == null ? "null" : simpleName(argument))
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String simpleName(Object argument) {
        Class<?> type = argument instanceof Class<?> given ? given : argument.getClass();
        return Closure.class.isAssignableFrom(type) ? "a block" : type.getSimpleName();
    }
}
