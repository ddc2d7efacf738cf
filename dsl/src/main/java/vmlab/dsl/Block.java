// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.GroovyObjectSupport;
import groovy.lang.MissingMethodException;
import vmlab.dsl.model.SourceLocation;

/**
 * What the words in a block of the language mean. Closures are {@code DELEGATE_ONLY}, so a word is the block's, a
 * variable or method of the script, or a mistake at its line.
 */
abstract class Block extends GroovyObjectSupport {
    private final LabScript script;

    Block(LabScript script) {
        this.script = script;
    }

    LabScript script() {
        return script;
    }

    SourceLocation here(String word) {
        return script.context().sources().here(word).orElse(new SourceLocation("script", 0, 0));
    }

    /** Runs the block's closure with its words. */
    void fill(Closure<?> closure) {
        Closure<?> copy = (Closure<?>) closure.clone();
        copy.setDelegate(this);
        copy.setResolveStrategy(Closure.DELEGATE_ONLY);
        copy.call();
    }

    /** The script's variables can be read in every block. */
    public Object propertyMissing(String name) {
        return script.getProperty(name);
    }

    /** Blocks describe; variables are made outside. */
    public void propertyMissing(String name, Object value) {
        throw new ScriptMistake(
                name + " can't be set here", "set variables outside of the block, or say: def " + name + " = …", name);
    }

    /** The script's methods can be called in every block. */
    public Object methodMissing(String name, Object arguments) {
        if (!getMetaClass().respondsTo(this, name).isEmpty()) {
            throw new MissingMethodException(name, getClass(), (Object[]) arguments);
        }
        return script.invokeMethod(name, arguments);
    }

    // Without these, Groovy's own would print to the process's output instead of the script's.

    public void println() {
        script.println();
    }

    public void println(Object value) {
        script.println(value);
    }

    public void print(Object value) {
        script.print(value);
    }

    public void printf(String format, Object... values) {
        script.printf(format, values);
    }
}
