// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import groovy.lang.Script;
import java.util.List;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;

/**
 * The base class of script files and of what is typed at the prompt: the words a user can say. A VM of the lab is a
 * variable under its name.
 *
 * <p>Words are public methods and properties of this class; a new word is one more of them. Threads: the script's.
 */
public abstract class LabScript extends Script {
    private static final Debian DEBIAN = new Debian();

    /** What a running script belongs to. */
    record Context(Lab lab, ScriptSources sources) {}

    private Context context;

    void enter(Context newContext) {
        context = newContext;
    }

    Context context() {
        return context;
    }

    /**
     * Describes VMs and adds them to the lab, not started: {@code lab { vm(0) { kernel_image = debian.kernel } }}.
     *
     * @return the new VMs
     */
    public List<LabVm> lab(@DelegatesTo(value = LabBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        LabBlock words = new LabBlock(this);
        words.fill(block);
        List<LabVm> added = context.lab().apply(words.assembly());
        added.forEach(vm -> getBinding().setVariable(vm.name(), vm));
        return added;
    }

    /** The lab itself. */
    public Lab getLab() {
        return context.lab();
    }

    /** Where {@code debian.kernel} comes from. */
    public Debian getDebian() {
        return DEBIAN;
    }
}
