// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** The operands of an instruction that has no class of its own: any size, any segment. Constant once decoded. */
final class Insn {
    /** What an instruction does that falls through to the next. */
    @FunctionalInterface
    interface Semantics {
        void execute(Cpu c, Insn i);
    }

    /** What an instruction does that ends a block. */
    @FunctionalInterface
    interface EndSemantics {
        /**
         * Executes it and sets {@link Cpu#eip}.
         *
         * @param next address of the instruction behind
         * @return as {@link Term#execute}
         */
        Block execute(Cpu c, Insn i, int next);
    }

    static final int NO_REPEAT = 0;
    static final int REPNE = 0xF2;
    static final int REP = 0xF3;

    /** Bytes of the operand: 1, 2 or 4. */
    int bytes;

    /** The opcode, for those that share their semantics; 0Fxx as 0x1xx. */
    int opcode;

    /** The ModRM byte; its register field is {@link #reg}. */
    int modrm;

    int reg;

    /** The register of the ModRM byte's other operand, if {@link #address} is null. */
    int rm;

    /** The memory operand, or null. */
    Address address;

    int immediate;

    /** The second immediate: ENTER's level, a far pointer's selector. */
    int immediate2;

    int repeat;

    /** Segment of string sources and the like: DS or the override. */
    int segment = Cpu.DS;

    /** 0xFFFF for 16-bit addressing. */
    int addressMask = -1;

    boolean isMemory() {
        return address != null;
    }

    int linear(Cpu c, int size, boolean write) {
        return c.linear(address.segment, address.offset(c), size, write);
    }

    /** The r/m operand, sign-extended. */
    int load(Cpu c) {
        return load(c, bytes);
    }

    int load(Cpu c, int size) {
        return address == null ? c.register(rm, size) : c.read(linear(c, size, false), size);
    }

    /** The r/m operand of an instruction that will write it: faults as the write would. */
    int loadToModify(Cpu c) {
        if (address == null) {
            return c.register(rm, bytes);
        }
        int linear = linear(c, bytes, true);
        c.mmu.probeWrite(linear, bytes);
        return c.read(linear, bytes);
    }

    void store(Cpu c, int value) {
        if (address == null) {
            c.register(rm, bytes, value);
        } else {
            c.write(linear(c, bytes, true), bytes, value);
        }
    }

    int loadReg(Cpu c) {
        return c.register(reg, bytes);
    }

    void storeReg(Cpu c, int value) {
        c.register(reg, bytes, value);
    }

    /** An instruction within a block. */
    static final class Simple extends Op {
        final Insn insn;
        private final Semantics semantics;

        Simple(Insn insn, Semantics semantics) {
            this.insn = insn;
            this.semantics = semantics;
        }

        @Override
        void execute(Cpu c) {
            semantics.execute(c, insn);
        }
    }

    /** An instruction that ends a block. */
    static final class Ending extends Term {
        private final Insn insn;
        private final EndSemantics semantics;

        Ending(Insn insn, EndSemantics semantics) {
            this.insn = insn;
            this.semantics = semantics;
        }

        @Override
        Block execute(Cpu c) {
            return semantics.execute(c, insn, c.eip + end);
        }
    }
}
