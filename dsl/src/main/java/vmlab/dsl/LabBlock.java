// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import java.util.ArrayList;
import java.util.List;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;

/** The words of {@code lab { }}. */
public final class LabBlock extends Block {
    private final SourceLocation location;
    private final List<VmSpec> vms = new ArrayList<>();

    LabBlock(LabScript script) {
        super(script);
        location = here("lab");
    }

    /** The component {@code InitN} and its instance {@code vmN}. */
    public void vm(int number, @DelegatesTo(value = VmBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        SourceLocation at = here("vm");
        if (number < 0) {
            throw noNumber(number);
        }
        VmBlock words = new VmBlock(script(), number);
        words.fill(block);
        vms.add(new VmSpec(number, words.settings(), at));
    }

    /** What is said when the number isn't one. */
    public void vm(Object number, Closure<?> block) {
        throw noNumber(number instanceof CharSequence ? "'" + number + "'" : number);
    }

    /** What is said when there is no number. */
    public void vm(Closure<?> block) {
        throw new ScriptMistake("vm has no number", "vm(0) { } is the instance vm0 of the component Init0", "vm");
    }

    private static ScriptMistake noNumber(Object given) {
        return new ScriptMistake(
                "vm(" + given + ") isn't numbered", "vm(0) { } is the instance vm0 of the component Init0", "vm");
    }

    Assembly assembly() {
        return new Assembly(vms, location);
    }
}
