// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * A stack frame that an interrupt or a call gate builds: on the present stack or, for a more privileged handler, on the one
 * the task state names. Nothing of the CPU changes before {@link #commit()}.
 *
 * @spec SDM 3A, 5.8.5 and 6.12.1
 */
final class Frame {
    private final Cpu c;
    private boolean inner;
    private int level;
    private int bytes;
    private int selector;
    private int base;
    private int limit;
    private int attributes;
    private int pointer;
    private int mask;

    Frame(Cpu cpu) {
        c = cpu;
    }

    /** On the present stack. */
    void openSame(int elementBytes, int elements, int external) {
        inner = false;
        level = c.cpl;
        bytes = elementBytes;
        base = c.base[Cpu.SS];
        limit = c.limit[Cpu.SS];
        attributes = c.attributes[Cpu.SS];
        pointer = c.r[Cpu.ESP];
        mask = c.stackMask();
        check(elements, external);
    }

    /** On the stack of a more privileged level. */
    void openInner(int newLevel, int elementBytes, int elements, int external) {
        inner = true;
        level = newLevel;
        bytes = elementBytes;
        readTaskStack(external);
        Descriptors d = c.descriptors;
        if (Descriptors.isNull(selector)) {
            throw c.raise(CpuFault.TS, external);
        }
        boolean ok = d.fetch(selector) && (selector & 3) == level && d.dpl() == level && d.isWritableData();
        if (!ok) {
            throw c.raise(CpuFault.TS, Descriptors.error(selector) + external);
        }
        if (!d.isPresent()) {
            throw c.raise(CpuFault.SS, Descriptors.error(selector) + external);
        }
        d.markAccessed();
        base = d.base();
        limit = d.limit();
        attributes = d.attributes();
        mask = (attributes & Attributes.BIG) != 0 ? -1 : 0xFFFF;
        check(elements, Descriptors.error(selector) + external);
    }

    /** SS and ESP of the level, from the task state (SDM 3A, 7.2.1; 16-bit: 7.6). */
    private void readTaskStack(int external) {
        boolean wide = (Attributes.type(c.task.attributes) & 8) != 0;
        int at = wide ? 4 + 8 * level : 2 + 4 * level;
        if (Integer.compareUnsigned(at + (wide ? 5 : 3), c.task.limit) > 0) {
            throw c.raise(CpuFault.TS, Descriptors.error(c.task.selector) + external);
        }
        int address = c.task.base + at;
        pointer = wide ? c.mmu.readSystem32(address) : c.mmu.readSystem16(address);
        selector = c.mmu.readSystem16(address + (wide ? 4 : 2));
    }

    private void check(int elements, int errorCode) {
        int size = elements * bytes;
        long saved = c.tlb;
        c.tlb = c.mmu.table(level == 3);
        try {
            if (isInside(pointer - size & mask, size)) {
                c.mmu.probeWrite(base + (pointer - size & mask), size);
            } else {
                checkEach(elements, errorCode);
            }
        } finally {
            c.tlb = saved;
        }
    }

    /** A 16-bit stack pointer wraps between elements, not within one. */
    private void checkEach(int elements, int errorCode) {
        for (int k = 1; k <= elements; k++) {
            int offset = pointer - k * bytes & mask;
            if (!isInside(offset, bytes)) {
                throw c.raise(CpuFault.SS, errorCode);
            }
            c.mmu.probeWrite(base + offset, bytes);
        }
    }

    private boolean isInside(int lowest, int size) {
        int last = lowest + size - 1;
        boolean down = (attributes & Attributes.EXPAND_DOWN) != 0;
        boolean inLimit = down
                ? Integer.compareUnsigned(lowest, limit) > 0 && Integer.compareUnsigned(last, mask) <= 0
                : Integer.compareUnsigned(last, limit) <= 0;
        return inLimit && Integer.compareUnsigned(last, lowest) >= 0;
    }

    void push(int value) {
        pointer = pointer & ~mask | pointer - bytes & mask;
        long saved = c.tlb;
        c.tlb = c.mmu.table(level == 3);
        try {
            c.write(base + (pointer & mask), bytes, value);
        } finally {
            c.tlb = saved;
        }
    }

    /** Takes the stack over; the code segment and privilege are the caller's. */
    void commit() {
        if (inner) {
            c.segment(Cpu.SS, selector, base, limit, attributes);
            c.r[Cpu.ESP] = pointer;
        } else {
            c.stackPointer(pointer);
        }
    }
}
