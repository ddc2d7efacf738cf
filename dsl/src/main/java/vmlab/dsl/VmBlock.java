// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;

/**
 * The words of {@code vm(N) { }}: the attributes of CAmkES's VM component, set with {@code =}. Whether their values make
 * sense is the checker's business, so that all mistakes are told at once.
 */
public final class VmBlock extends InterfaceBlock {
    private final int number;
    private final List<Setting> settings = new ArrayList<>();

    VmBlock(LabScript script, int number) {
        super(script);
        this.number = number;
    }

    List<Setting> settings() {
        return settings;
    }

    @Override
    public void setProperty(String name, Object value) {
        settings.add(new Setting(name, plain(value), here(name)));
    }

    @Override
    public Object getProperty(String name) {
        for (int i = settings.size() - 1; i >= 0; i--) {
            if (settings.get(i).attribute().equals(name)) {
                return settings.get(i).value();
            }
        }
        boolean unset = Attribute.exists(name) && !script().getBinding().hasVariable(name);
        return unset ? unset(name) : script().getProperty(name);
    }

    private Object unset(String name) {
        throw new ScriptMistake("vm(" + number + ") has no " + name + " so far", name + " = … sets it", name);
    }

    /** {@code guest_ram_mb 128} is what remains when the = is forgotten. */
    @Override
    public Object methodMissing(String name, Object arguments) {
        if (Attribute.exists(name)) {
            throw new ScriptMistake(name + " is an attribute, not a command", "set it: " + name + " = …", name);
        }
        return super.methodMissing(name, arguments);
    }

    /** CAmkES's macro for what all its VMs have in common; vmlab's have it without. */
    public void VM_INIT_DEF() {
        // Nothing is left to do.
    }

    /** vmlab's root file system, with files added. */
    public RootFs rootfs(@DelegatesTo(value = RootFsBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        RootFsBlock words = new RootFsBlock(script());
        words.fill(block);
        return words.rootfs();
    }

    /** Values that don't change with Groovy: text is a string, a file a path, nothing is something. */
    static Object plain(Object value) {
        if (value instanceof CharSequence text) {
            return text.toString();
        }
        if (value instanceof File file) {
            return file.toPath();
        }
        return value == null ? Setting.NOTHING : value;
    }
}
