// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import java.util.List;
import java.util.Objects;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.Method;

/** A closure as a method of a component's. Two whose texts are the same are equal, as with {@link ClosureBehaviour}. */
final class ClosureMethod implements Method {
    private final LabScript script;
    private final Closure<?> body;
    private final String text;

    ClosureMethod(LabScript script, Closure<?> body, String text) {
        this.script = Objects.requireNonNull(script);
        this.body = Objects.requireNonNull(body);
        this.text = Objects.requireNonNull(text);
    }

    @Override
    public Object call(Behaviour.Ports ports, List<Object> arguments) {
        return new ComponentWords(script, ports).run(body, arguments.toArray());
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof ClosureMethod that && !text.isEmpty() && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
