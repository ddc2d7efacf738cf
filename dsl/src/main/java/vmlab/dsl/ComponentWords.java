// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import java.util.Map;
import java.util.function.BiFunction;
import vmlab.dsl.model.Behaviour.Ports;

/**
 * What a component's {@code run} can say, in CAmkES's names: {@code NAME_wait()}, {@code NAME_poll()}, {@code NAME_emit()}
 * for events, {@code NAME} for a dataport, {@code println} for its console.
 */
public final class ComponentWords extends Block {
    private static final Map<String, BiFunction<Ports, String, Object>> CALLS = Map.of(
            "_wait",
            (ports, face) -> {
                ports.await(face);
                return null;
            },
            "_poll",
            Ports::poll,
            "_emit",
            (ports, face) -> {
                ports.emit(face);
                return null;
            });

    private final Ports ports;

    ComponentWords(LabScript script, Ports ports) {
        super(script);
        this.ports = ports;
    }

    /** Runs a component's body; as its owner, too, for Groovy has a closure's println done by who owns it. */
    void run(Closure<?> body) {
        Closure<?> copy = body.rehydrate(this, this, this);
        copy.setResolveStrategy(Closure.DELEGATE_ONLY);
        copy.call();
    }

    @Override
    public Object methodMissing(String name, Object arguments) {
        for (Map.Entry<String, BiFunction<Ports, String, Object>> call : CALLS.entrySet()) {
            if (name.endsWith(call.getKey())) {
                return call.getValue()
                        .apply(
                                ports,
                                name.substring(0, name.length() - call.getKey().length()));
            }
        }
        return super.methodMissing(name, arguments);
    }

    @Override
    public Object propertyMissing(String name) {
        return ports.hasDataport(name) ? ports.dataport(name) : super.propertyMissing(name);
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
