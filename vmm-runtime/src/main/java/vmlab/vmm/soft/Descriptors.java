// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.Cpu.SystemSegment;

/**
 * Descriptor tables and the loading of segment registers from them.
 *
 * @spec SDM 3A, 3.4 and 5.6; SDM 2, MOV and LTR
 */
final class Descriptors {
    private final Cpu c;

    /** The two words of the descriptor fetched last. */
    int low;

    int high;

    private int address;

    Descriptors(Cpu cpu) {
        c = cpu;
    }

    static boolean isNull(int selector) {
        return (selector & 0xFFFC) == 0;
    }

    /** The error code that names a selector. */
    static int error(int selector) {
        return selector & 0xFFFC;
    }

    /** Fetches the descriptor of a selector that isn't null; false if it lies outside its table. */
    boolean fetch(int selector) {
        boolean local = (selector & 4) != 0;
        int limit = local ? c.ldt.limit : c.gdtLimit;
        int index = selector & 0xFFF8;
        if (local && (c.ldt.attributes & Attributes.PRESENT) == 0 || Integer.compareUnsigned(index + 7, limit) > 0) {
            return false;
        }
        address = (local ? c.ldt.base : c.gdtBase) + index;
        low = c.mmu.readSystem32(address);
        high = c.mmu.readSystem32(address + 4);
        return true;
    }

    int base() {
        return low >>> 16 | (high & 0xFF) << 16 | high & 0xFF000000;
    }

    int limit() {
        int raw = low & 0xFFFF | high & 0xF0000;
        return (high & Attributes.GRANULAR) != 0 ? raw << 12 | 0xFFF : raw;
    }

    int attributes() {
        return high & Attributes.KEPT;
    }

    int dpl() {
        return Attributes.dpl(high);
    }

    boolean isPresent() {
        return (high & Attributes.PRESENT) != 0;
    }

    boolean isCode() {
        return (high & (Attributes.MEMORY | Attributes.CODE)) == (Attributes.MEMORY | Attributes.CODE);
    }

    boolean isConforming() {
        return (high & Attributes.CONFORMING) != 0;
    }

    boolean isWritableData() {
        return (high & (Attributes.MEMORY | Attributes.CODE | Attributes.WRITABLE))
                == (Attributes.MEMORY | Attributes.WRITABLE);
    }

    boolean isReadable() {
        return (high & Attributes.MEMORY) != 0 && (!isCode() || (high & Attributes.READABLE) != 0);
    }

    /** The type of a system descriptor (SDM 3A, table 3-2); -1 for memory segments. */
    int systemType() {
        return (high & Attributes.MEMORY) != 0 ? -1 : Attributes.type(high);
    }

    void markAccessed() {
        if ((high & Attributes.ACCESSED) == 0) {
            high |= Attributes.ACCESSED;
            c.mmu.writeSystem(address + 4, 4, high);
        }
    }

    /** Sets or clears the busy bit of the TSS descriptor fetched last. */
    void markBusy(boolean busy) {
        high = busy ? high | Attributes.BUSY : high & ~Attributes.BUSY;
        c.mmu.writeSystem(address + 4, 4, high);
    }

    /** MOV, POP, LDS and the like into ES, SS, DS, FS or GS. */
    void load(int register, int selector) {
        if (!c.isProtected()) {
            loadReal(register, selector);
        } else if (register == Cpu.SS) {
            loadStack(selector);
        } else if (isNull(selector)) {
            c.segment(register, selector, 0, 0, 0);
        } else {
            loadData(register, selector);
        }
    }

    /** In real mode a load changes selector and base; the limit and the size of a stack stay. */
    void loadReal(int register, int selector) {
        boolean code = register == Cpu.CS;
        int limit = code ? 0xFFFF : c.limit[register];
        int big = code ? 0 : c.attributes[register] & Attributes.BIG;
        c.segment(register, selector, selector << 4, limit, Attributes.PRESENT | 0x1300 | big);
    }

    private void loadStack(int selector) {
        if (isNull(selector)) {
            throw c.generalProtection();
        }
        boolean ok = fetch(selector) && (selector & 3) == c.cpl && dpl() == c.cpl && isWritableData();
        if (!ok) {
            throw c.raise(CpuFault.GP, error(selector));
        }
        if (!isPresent()) {
            throw c.raise(CpuFault.SS, error(selector));
        }
        commit(Cpu.SS, selector);
    }

    private void loadData(int register, int selector) {
        boolean ok = fetch(selector) && isReadable();
        if (ok && !(isCode() && isConforming())) {
            ok = (selector & 3) <= dpl() && c.cpl <= dpl();
        }
        if (!ok) {
            throw c.raise(CpuFault.GP, error(selector));
        }
        if (!isPresent()) {
            throw c.raise(CpuFault.NP, error(selector));
        }
        commit(register, selector);
    }

    /** Takes the descriptor fetched last into a segment register. */
    void commit(int register, int selector) {
        markAccessed();
        c.segment(register, selector, base(), limit(), attributes());
    }

    /** LLDT. */
    void loadLdt(int selector) {
        if (isNull(selector)) {
            set(c.ldt, selector, 0, 0, 0);
            return;
        }
        if ((selector & 4) != 0 || !fetch(selector) || systemType() != 2) {
            throw c.raise(CpuFault.GP, error(selector));
        }
        if (!isPresent()) {
            throw c.raise(CpuFault.NP, error(selector));
        }
        set(c.ldt, selector, base(), limit(), attributes());
    }

    /** LTR. */
    void loadTask(int selector) {
        if (isNull(selector)) {
            throw c.generalProtection();
        }
        if ((selector & 4) != 0 || !fetch(selector) || (systemType() != 1 && systemType() != 9)) {
            throw c.raise(CpuFault.GP, error(selector));
        }
        if (!isPresent()) {
            throw c.raise(CpuFault.NP, error(selector));
        }
        markBusy(true);
        set(c.task, selector, base(), limit(), attributes());
    }

    static void set(SystemSegment s, int selector, int base, int limit, int attributes) {
        s.selector = selector;
        s.base = base;
        s.limit = limit;
        s.attributes = attributes;
    }
}
