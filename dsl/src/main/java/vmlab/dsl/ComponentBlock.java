// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import java.util.Map;
import java.util.Optional;
import vmlab.camkes.LibraryBehaviour;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Restart;
import vmlab.dsl.model.Similar;
import vmlab.dsl.model.SourceLocation;

/** The words of {@code component('Name') { }}. */
public final class ComponentBlock extends InterfaceBlock {
    private final String name;
    private final SourceLocation location;
    private boolean control;
    private boolean hardware;
    private Behaviour behaviour;
    private Restart restart = Restart.NEVER;

    ComponentBlock(LabScript script, String name) {
        super(script);
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
        control = true;
        behaviour = new ClosureBehaviour(
                script(), body, script().context().sources().block(here("run")));
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

    ComponentSpec spec() {
        ComponentType type =
                new ComponentType(name, control, hardware, interfaces(), attributes(), Optional.empty(), location);
        return new ComponentSpec(type, Optional.ofNullable(behaviour), restart);
    }
}
