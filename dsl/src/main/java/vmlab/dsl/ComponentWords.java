// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import java.util.List;
import java.util.Optional;
import vmlab.dsl.model.Behaviour.Ports;
import vmlab.lab.LabLock;
import vmlab.lab.LabProcedure;

/**
 * What a component's {@code run} can say, in CAmkES's names: {@code NAME_wait()}, {@code NAME_poll()}, {@code NAME_emit()}
 * for events, {@code NAME} for a dataport, {@code NAME_lock()} and so on for locks, {@code NAME_method(…)} or {@code
 * NAME.method(…)} for procedures, an attribute's name for its value, {@code
 * println} for its console.
 */
public final class ComponentWords extends Block {
    private static final List<String> EVENT_WORDS = List.of("wait", "poll", "emit");

    private final Ports ports;

    ComponentWords(LabScript script, Ports ports) {
        super(script);
        this.ports = ports;
    }

    /** Runs a component's body or method; as its owner, too, for Groovy has a closure's println done by who owns it. */
    Object run(Closure<?> body, Object... arguments) {
        Closure<?> copy = body.rehydrate(this, this, this);
        copy.setResolveStrategy(Closure.DELEGATE_ONLY);
        return copy.call(arguments);
    }

    /** {@code FACE_word(…)}; a face may have underscores itself. */
    @Override
    public Object methodMissing(String name, Object arguments) {
        for (int at = name.lastIndexOf('_'); at > 0; at = name.lastIndexOf('_', at - 1)) {
            String face = name.substring(0, at);
            String word = name.substring(at + 1);
            Optional<Object> live = ports.live(face);
            if (live.isPresent() || EVENT_WORDS.contains(word)) {
                return said(live.orElse(null), face, word, List.of((Object[]) arguments));
            }
        }
        return super.methodMissing(name, arguments);
    }

    private Object said(Object live, String face, String word, List<Object> arguments) {
        if (live instanceof LabProcedure procedure) {
            return procedure.call(word, arguments);
        }
        if (live instanceof LabLock lock) {
            return LiveWords.said(lock, face, word);
        }
        switch (word) {
            case "wait" -> ports.await(face);
            case "emit" -> ports.emit(face);
            case "poll" -> {
                return ports.poll(face);
            }
            default ->
                throw new ScriptMistake(
                        face + " has no word " + word,
                        "%s_wait(), %s_poll() and %s_emit() are for events".formatted(face, face, face),
                        face + "_" + word);
        }
        return null;
    }

    @Override
    public Object propertyMissing(String name) {
        return ports.hasDataport(name)
                ? ports.dataport(name)
                : ports.live(name).or(() -> ports.attribute(name)).orElseGet(() -> super.propertyMissing(name));
    }

    @Override
    public void println() {
        ports.print("\n");
    }

    @Override
    public void println(Object value) {
        ports.print(value + "\n");
    }

    @Override
    public void print(Object value) {
        ports.print(String.valueOf(value));
    }

    @Override
    public void printf(String format, Object... values) {
        ports.print(format.formatted(values));
    }
}
