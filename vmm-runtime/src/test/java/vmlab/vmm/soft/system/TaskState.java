// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

/** A 32-bit task state in guest memory (SDM 3A, figure 7-2), flat and at ring 0 unless something else is written. */
final class TaskState {
    static final int CR3 = 0x1C;
    static final int EIP = 0x20;
    static final int EFLAGS = 0x24;
    static final int EAX = 0x28;
    static final int ESP = 0x38;
    static final int SEGMENTS = 0x48;
    static final int LDT = 0x60;
    static final int TRAP = 0x64;

    private final Rig rig;
    private final int base;

    TaskState(Rig rig, int selector, int base) {
        this.rig = rig;
        this.base = base;
        rig.descriptor(selector, base, 0x67, 0x89, 0);
        for (int k = 0; k < 6; k++) {
            set(SEGMENTS + 4 * k, k == 1 ? Rig.CODE0 : Rig.DATA0);
        }
        set(EFLAGS, 2);
        set(CR3, rig.cr3);
    }

    TaskState code(int eip) {
        return set(EIP, eip);
    }

    TaskState stack(int esp) {
        return set(ESP, esp);
    }

    TaskState set(int offset, int value) {
        rig.memory.write32(base + offset, value);
        return this;
    }

    int get(int offset) {
        return rig.memory.read32(base + offset);
    }
}
