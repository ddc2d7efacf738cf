// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

/** What generated classes call of the CPU: internal names. They are members of its package. */
final class Names {
    private static final String SOFT = "vmlab/vmm/soft/";

    static final String CPU = SOFT + "Cpu";
    static final String FLAGS = SOFT + "LazyFlags";
    static final String BLOCK = SOFT + "Block";
    static final String OP = SOFT + "Op";
    static final String TERM = SOFT + "Term";

    /** The superclass of generated classes. */
    static final String COMPILED = SOFT + "Compiled";

    static final String REGION = SOFT + "Region";
    static final String ENTRY = REGION + "$Entry";

    /** Of a class that is written; hiding adds to it. */
    static final String GENERATED = SOFT + "GuestCode";

    private Names() {}

    static String object(String name) {
        return "L" + name + ";";
    }
}
