// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** Joins a comparison with the conditional jump behind it: one dispatch, and the condition straight from the operands. */
final class Fusion {
    private Fusion() {}

    /** The jump that does the comparison's work too; null if these two don't join. */
    static Branches.Conditional of(Decoder d, Op comparison, int condition) {
        if (comparison == null || !Branches.isFusible(condition)) {
            return null;
        }
        if (comparison instanceof Alu32.CmpRegReg o) {
            return new Branches.CmpRegRegJcc(o.to, o.from);
        }
        if (comparison instanceof Alu32.CmpRegImm o) {
            return new Branches.CmpRegImmJcc(o.to, o.value);
        }
        if (comparison instanceof Alu32.TestRegReg o) {
            return new Branches.TestRegRegJcc(o.to, o.from);
        }
        if (comparison instanceof Alu32.TestRegImm o) {
            return new Branches.TestRegImmJcc(o.to, o.value);
        }
        if (comparison instanceof Alu32.CmpRegMem o) {
            return new Branches.CmpRegMemJcc(o.register, address(o));
        }
        if (comparison instanceof Alu32.CmpMemReg o) {
            return new Branches.CmpMemRegJcc(o.register, address(o));
        }
        if (comparison instanceof Alu32.CmpMemImm o) {
            return new Branches.CmpMemImmJcc(o.value, address(o));
        }
        if (comparison instanceof Alu32.TestMemReg o) {
            return new Branches.TestMemRegJcc(o.register, address(o));
        }
        if (comparison instanceof Alu32.TestMemImm o) {
            return new Branches.TestMemImmJcc(o.value, address(o));
        }
        if (comparison instanceof Comparisons.Immediate o && o.insn.bytes == 1) {
            return ofByteAndImmediate(d, o.insn);
        }
        return comparison instanceof Comparisons.Register o && o.insn.bytes == 1 ? ofBytes(o) : null;
    }

    private static Branches.Conditional ofByteAndImmediate(Decoder d, Insn i) {
        boolean test = i.opcode == Alu.TEST;
        if (i.isMemory()) {
            if (!d.isFlat(i.address)) {
                return null;
            }
            return test
                    ? new Branches.TestMem8ImmJcc(i.immediate, i.address)
                    : new Branches.CmpMem8ImmJcc(i.immediate, i.address);
        }
        if (i.rm >= 4) {
            return null;
        }
        return test ? new Branches.TestLow8ImmJcc(i.rm, i.immediate) : new Branches.CmpLow8ImmJcc(i.rm, i.immediate);
    }

    private static Branches.Conditional ofBytes(Comparisons.Register o) {
        Insn i = o.insn;
        if (i.isMemory() || i.rm >= 4 || i.reg >= 4) {
            return null;
        }
        int first = o.reversed ? i.reg : i.rm;
        int second = o.reversed ? i.rm : i.reg;
        return i.opcode == Alu.TEST
                ? new Branches.TestLow8Low8Jcc(first, second)
                : new Branches.CmpLow8Low8Jcc(first, second);
    }

    private static Address address(MemOp o) {
        Address a = new Address();
        a.base = o.base;
        a.index = o.indexRegister;
        a.scale = o.scale;
        a.displacement = o.displacement;
        return a;
    }
}
