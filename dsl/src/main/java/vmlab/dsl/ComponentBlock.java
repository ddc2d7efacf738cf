// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vmlab.camkes.LibraryBehaviour;
import vmlab.ccomponent.CBehaviour;
import vmlab.ccomponent.CSource;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Method;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.Restart;
import vmlab.dsl.model.Similar;
import vmlab.dsl.model.SourceLocation;

/** The words of {@code component('Name') { }}. */
public final class ComponentBlock extends InterfaceBlock {
    private final String name;
    private final List<Procedure> procedures;
    private final SourceLocation location;
    private boolean control;
    private boolean hardware;
    private Behaviour behaviour;
    private final List<Path> sources = new ArrayList<>();
    private final List<Path> includes = new ArrayList<>();
    private Restart restart = Restart.NEVER;
    private final Map<String, Method> methods = new HashMap<>();

    /** @param procedures those that are declared */
    ComponentBlock(LabScript script, String name, List<Procedure> procedures) {
        super(script);
        this.procedures = procedures;
        this.name = name;
        location = here("component");
    }

    /** CAmkES's {@code control;}: the component has a thread of its own. */
    public Object getControl() {
        control = true;
        return null;
    }

    /** CAmkES's {@code hardware;}: the component stands for a device. */
    public Object getHardware() {
        hardware = true;
        return null;
    }

    /** What the component does, if it isn't a closure: {@code run library('StringReverse')}. */
    public void run(Behaviour what) {
        if (!sources.isEmpty()) {
            throw twice("run");
        }
        control = true;
        behaviour = what;
    }

    /** What the component of that name in vmlab's own library does. */
    public Behaviour library(String type) {
        return LibraryBehaviour.of(type)
                .orElseThrow(() -> new ScriptMistake(
                        "vmlab's library has no code of a component " + type,
                        Similar.didYouMean(type, LibraryBehaviour.types(), "it has " + LibraryBehaviour.types()),
                        type));
    }

    /** What the component does, from its start to its end. */
    public void run(@DelegatesTo(value = ComponentWords.class, strategy = Closure.DELEGATE_ONLY) Closure<?> body) {
        run(new ClosureBehaviour(script(), body, script().context().sources().block(here("run"))));
    }

    /** A C source of what the component does, beside the script; there can be several. */
    public void source(Object file) {
        if (behaviour != null) {
            throw twice("source");
        }
        sources.add(besideScript(file, "source"));
    }

    /** A folder with headers for the sources, beside the script. */
    public void includes(Object folder) {
        includes.add(besideScript(folder, "includes"));
    }

    private ScriptMistake twice(String word) {
        return new ScriptMistake(
                "component " + name + " has both run { } and source",
                "what it does is in Groovy or in C: leave one of them out",
                word);
    }

    /** As its name goes on from the script's, so that messages call it what the user would. */
    private Path besideScript(Object file, String word) {
        return Path.of(here(word).file()).resolveSibling(file.toString());
    }

    /** Compiled now, so that its mistakes are the script's. */
    private Behaviour compiled(ComponentType type) {
        CBehaviour compiled = CBehaviour.of(
                new CSource(type, sources, includes, procedures),
                script().context().lab().settings().guest()::component);
        compiled.compile();
        return compiled;
    }

    /** When its run is started again: {@code 'no'}, as if nothing were said, {@code 'on-failure'} or {@code 'always'}. */
    public void restart(String rule) {
        restart(Map.of(), rule);
    }

    /** {@code restart 'on-failure', limit: 3}. */
    public void restart(Map<String, Object> options, String rule) {
        Restart.Rule known = Restart.Rule.of(rule)
                .orElseThrow(() -> new ScriptMistake(
                        "there is no restart rule '" + rule + "'",
                        Similar.didYouMean(
                                rule, Restart.Rule.words(), "it is one of " + String.join(", ", Restart.Rule.words())),
                        "restart"));
        Object limit = options.getOrDefault("limit", Restart.DEFAULT_LIMIT);
        boolean others = options.keySet().stream().anyMatch(option -> !option.equals("limit"));
        if (others || !(limit instanceof Integer times) || times < 0) {
            throw new ScriptMistake("restart can't be limited so", "restart '" + rule + "', limit: 3", "restart");
        }
        restart = new Restart(known, times);
    }

    /** {@code h_say { text -> … }}: what a method of a procedure does that it provides. */
    @Override
    public Object methodMissing(String word, Object arguments) {
        Object[] given = (Object[]) arguments;
        boolean method = given.length == 1
                && given[0] instanceof Closure
                && interfaces().stream()
                        .anyMatch(face -> face.kind() == Interface.Kind.PROVIDES && word.startsWith(face.name() + "_"));
        if (!method) {
            return super.methodMissing(word, arguments);
        }
        String text = script().context().sources().block(here(word));
        methods.put(word, new ClosureMethod(script(), (Closure<?>) given[0], text));
        return null;
    }

    ComponentSpec spec() {
        ComponentType type =
                new ComponentType(name, control, hardware, interfaces(), attributes(), Optional.empty(), location);
        Optional<Behaviour> does = sources.isEmpty() ? Optional.ofNullable(behaviour) : Optional.of(compiled(type));
        return new ComponentSpec(type, does, restart, methods);
    }
}
