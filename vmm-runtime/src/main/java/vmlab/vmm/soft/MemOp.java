// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** An instruction with a memory operand in a flat segment, by 32-bit addressing. */
abstract class MemOp extends Op {
    int base = Cpu.NONE;
    int indexRegister = Cpu.NONE;
    int scale;
    int displacement;

    /** The linear address. */
    final int address(Cpu c) {
        int[] r = c.r;
        return r[base] + (r[indexRegister] << scale) + displacement;
    }

    final <T extends MemOp> T at(Address a, Class<T> type) {
        base = a.base;
        indexRegister = a.index;
        scale = a.scale;
        displacement = a.displacement;
        return type.cast(this);
    }
}
