// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import groovy.lang.Script;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import vmlab.dsl.model.AssemblyChange;
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
    record Context(Lab lab, ScriptSources sources, Deque<Closure<?>> cleanups) {}

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
        AssemblyChange described = described(block);
        if (!described.removed().isEmpty() || !described.unplugged().isEmpty()) {
            throw new ScriptMistake("lab { } only adds", "lab.apply { } changes what is there", "");
        }
        return context.lab().apply(described.described());
    }

    /** What a block with the words of {@code lab { }} says. */
    AssemblyChange described(Closure<?> block) {
        LabBlock words = new LabBlock(this);
        words.fill(block);
        return words.change();
    }

    /**
     * CAmkES's word of 2016 for {@code vmm.hypercall(token) { … }}; it refuses a token that has a handler.
     *
     * @return 0, or -1 if the token has a handler
     */
    public int reg_new_handler(LabVm vmm, Closure<?> handler, Number token) {
        if (vmm.hypercalls().handles(token)) {
            return -1;
        }
        HypercallWords.hypercall(vmm, token, handler);
        return 0;
    }

    /** The same by its name since 2020. */
    public int vm_reg_new_vmcall_handler(LabVm vm, Closure<?> handler, Number token) {
        return reg_new_handler(vm, handler, token);
    }

    /**
     * Does the block again and again until its assertions hold, and lets the lab's guests run meanwhile.
     *
     * @param limit guest time at virtual pace, else host time
     * @return what the block returns
     */
    public Object eventually(Duration limit, Closure<?> block) throws InterruptedException {
        return Eventually.of(context.lab(), limit).call(block);
    }

    /** {@link #eventually(Duration, Closure)} with the limit of waits that aren't given one. */
    public Object eventually(Closure<?> block) throws InterruptedException {
        return eventually(LabVm.DEFAULT_LIMIT, block);
    }

    /** Does the block, which brings about what the scenario begins with. */
    public Object setup(Closure<?> block) {
        return block.call();
    }

    /** Has the block done when the script is over, however it ends; the newest first. */
    public void cleanup(Closure<?> block) {
        context.cleanups().push(block);
    }

    /** Ends a scenario that can't run here. */
    public void skip(String reason) {
        throw new Skipped(reason);
    }

    /** The lab itself. */
    public Lab getLab() {
        return context.lab();
    }

    /** The folder of this script's file; at the prompt the one that vmlab was started in. */
    public File getHere() {
        Path script = context.sources()
                .here("here")
                .map(place -> Path.of(place.file()).toAbsolutePath())
                .orElseGet(() -> Path.of("prompt").toAbsolutePath());
        return script.getParent().toFile();
    }

    /** Where {@code debian.kernel} comes from. */
    public Debian getDebian() {
        return DEBIAN;
    }
}
