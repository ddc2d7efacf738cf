// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** CMP and TEST of any operand size and segment; {@link Insn#opcode} is the {@link Alu} operation. */
final class Comparisons {
    private Comparisons() {}

    /** An r/m operand with an immediate. */
    static final class Immediate extends Op {
        final Insn insn;

        Immediate(Insn insn) {
            this.insn = insn;
        }

        @Override
        void execute(Cpu c) {
            Alu.operate(c, insn.opcode, insn.load(c), insn.immediate, insn.bytes);
        }
    }

    /** An r/m operand and a register, in this order or reversed. */
    static final class Register extends Op {
        final Insn insn;
        final boolean reversed;

        Register(Insn insn, boolean reversed) {
            this.insn = insn;
            this.reversed = reversed;
        }

        @Override
        void execute(Cpu c) {
            int rm = insn.load(c);
            int reg = insn.loadReg(c);
            Alu.operate(c, insn.opcode, reversed ? reg : rm, reversed ? rm : reg, insn.bytes);
        }
    }
}
