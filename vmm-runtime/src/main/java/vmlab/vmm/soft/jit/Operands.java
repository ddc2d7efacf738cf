// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.LLOAD;
import static org.objectweb.asm.Opcodes.LSTORE;

/** Where translated instructions get their operands from and put their results. */
final class Operands {
    final Code code;
    final FlagCode flags;

    /** Whether the flags that the instruction leaves are seen by anybody. */
    boolean exact;

    Operands(Code code, FlagCode flags) {
        this.code = code;
        this.flags = flags;
    }

    /** Pushes the register or memory operand, sign-extended. */
    void source(GuestInstruction i, int bytes) {
        if (i.memory) {
            code.read(i, bytes);
        } else {
            code.register(i.rm, bytes);
        }
    }

    /** Has a memory operand that will be written in T1 and its place in two variables: faults as the write would. */
    void loadToModify(GuestInstruction i) {
        code.address(i, i.bytes, true);
        code.store(Code.ADDRESS);
        code.cpu();
        code.load(Code.ADDRESS);
        code.onCpu("host" + 8 * i.bytes, "(I)J");
        code.visitor().visitVarInsn(LSTORE, Code.HOST);
        code.cpu();
        code.visitor().visitVarInsn(LLOAD, Code.HOST);
        code.load(Code.ADDRESS);
        code.onCpu("readToModify" + 8 * i.bytes, "(JI)I");
        code.store(Code.T1);
    }

    /** Writes a variable to where {@link #loadToModify} read. */
    void writeBack(GuestInstruction i, int local) {
        code.cpu();
        code.visitor().visitVarInsn(LLOAD, Code.HOST);
        code.load(Code.ADDRESS);
        code.load(local);
        code.onCpu("writeBack" + 8 * i.bytes, "(JII)V");
    }

    /** Pops the result into a register; also into the flags' variable if they are seen, which it returns. */
    boolean setResult(int register, int bytes) {
        if (exact) {
            code.op(DUP);
            code.store(Code.RESULT);
        }
        code.setRegister(register, bytes);
        return exact;
    }
}
