// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import java.util.List;
import java.util.Objects;
import vmlab.dsl.model.Behaviour;

/** A closure as a component's behaviour. Two whose texts are the same are equal: that is all that can be compared of code. */
final class ClosureBehaviour implements Behaviour.Written {
    private final LabScript script;
    private final Closure<?> body;
    private final String text;

    /**
     * Of a script.
     *
     * @param text the closure's own; empty if it isn't known, which is equal to no other
     */
    ClosureBehaviour(LabScript script, Closure<?> body, String text) {
        this.script = Objects.requireNonNull(script);
        this.body = Objects.requireNonNull(body);
        this.text = Objects.requireNonNull(text);
    }

    @Override
    public void run(Ports ports) {
        new ComponentWords(script, ports).run(body);
    }

    @Override
    public List<String> words() {
        return text.isEmpty() ? List.of() : List.of("run " + text);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof ClosureBehaviour that && !text.isEmpty() && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
