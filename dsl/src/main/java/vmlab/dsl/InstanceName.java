// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.GroovyObjectSupport;
import vmlab.dsl.model.Connection.End;

/** An instance by its name: {@code vm0.data} is an interface of it, {@code vm0.data_id = 1} an attribute. */
public final class InstanceName extends GroovyObjectSupport {
    private final CompositionBlock block;
    private final String name;

    InstanceName(CompositionBlock block, String name) {
        this.block = block;
        this.name = name;
    }

    @Override
    public Object getProperty(String property) {
        return new End(name, property, block.here(name + "." + property));
    }

    @Override
    public void setProperty(String property, Object value) {
        block.set(name, property, value);
    }

    @Override
    public String toString() {
        return name;
    }
}
