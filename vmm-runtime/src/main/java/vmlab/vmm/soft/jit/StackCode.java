// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.ISUB;

/**
 * The guest's stack, of 32 bits.
 *
 * @spec SDM 2, the instructions' pages
 */
final class StackCode {
    private final Code code;
    private final Operands operands;

    StackCode(Operands operands) {
        code = operands.code;
        this.operands = operands;
    }

    boolean push(Runnable value) {
        value.run();
        code.store(Code.T1);
        pushVariable();
        return true;
    }

    /** Pushes T1 onto the guest's stack. */
    void pushVariable() {
        code.register(GuestInstruction.ESP);
        code.op(ISUB, 4);
        code.store(Code.ADDRESS);
        code.write(Code.ADDRESS, Code.T1, 4);
        code.load(Code.ADDRESS);
        code.setRegister(GuestInstruction.ESP);
    }

    boolean pop(GuestInstruction i) {
        popValue();
        code.store(Code.T1);
        release(4);
        code.load(Code.T1);
        code.setRegister(i.reg);
        return true;
    }

    /** Has the top of the guest's stack on ours. */
    void popValue() {
        code.cpu();
        code.register(GuestInstruction.ESP);
        code.onCpu("read32", "(I)I");
    }

    void release(int bytes) {
        code.register(GuestInstruction.ESP);
        code.op(IADD, bytes);
        code.setRegister(GuestInstruction.ESP);
    }

    boolean leave() {
        code.cpu();
        code.register(GuestInstruction.EBP);
        code.onCpu("read32", "(I)I");
        code.store(Code.T1);
        code.register(GuestInstruction.EBP);
        code.op(IADD, 4);
        code.setRegister(GuestInstruction.ESP);
        code.load(Code.T1);
        code.setRegister(GuestInstruction.EBP);
        return true;
    }
}
