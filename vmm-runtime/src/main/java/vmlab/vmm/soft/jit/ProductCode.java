// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.I2L;
import static org.objectweb.asm.Opcodes.IMUL;
import static org.objectweb.asm.Opcodes.INEG;
import static org.objectweb.asm.Opcodes.IOR;
import static org.objectweb.asm.Opcodes.ISHR;
import static org.objectweb.asm.Opcodes.IXOR;
import static org.objectweb.asm.Opcodes.L2I;
import static org.objectweb.asm.Opcodes.LAND;
import static org.objectweb.asm.Opcodes.LLOAD;
import static org.objectweb.asm.Opcodes.LMUL;
import static org.objectweb.asm.Opcodes.LSTORE;
import static org.objectweb.asm.Opcodes.LUSHR;

/**
 * Products and quotients.
 *
 * @spec SDM 2, the instructions' pages
 */
final class ProductCode {
    private final Code code;
    private final FlagCode flags;
    private final Operands operands;

    ProductCode(Operands operands) {
        code = operands.code;
        flags = operands.flags;
        this.operands = operands;
    }

    /** IMUL with two or three operands. */
    boolean multiply(GuestInstruction i, Runnable first) {
        operands.source(i, 4);
        if (!operands.exact) {
            first.run();
            code.op(IMUL);
            code.setRegister(i.reg);
            return true;
        }
        code.op(I2L);
        first.run();
        code.op(I2L);
        product(() -> code.setRegister(i.reg));
        return true;
    }

    /** Of two longs on the stack; the flags say whether the low half holds it, as a signed number. */
    private void product(Runnable storeLow) {
        code.op(LMUL);
        code.visitor().visitVarInsn(LSTORE, Code.WIDE);
        low();
        code.op(DUP);
        code.store(Code.RESULT);
        storeLow.run();
        high();
        code.load(Code.RESULT);
        code.op(ISHR, 31);
        code.op(IXOR);
        allOnesIfAny();
        flags.becomeResultOfProduct();
    }

    private void low() {
        code.visitor().visitVarInsn(LLOAD, Code.WIDE);
        code.op(L2I);
    }

    private void high() {
        code.visitor().visitVarInsn(LLOAD, Code.WIDE);
        code.push(32);
        code.op(LUSHR);
        code.op(L2I);
    }

    /** Makes what is on the stack 0 if it is 0, and -1 else. */
    private void allOnesIfAny() {
        code.op(DUP);
        code.op(INEG);
        code.op(IOR);
        code.op(ISHR, 31);
    }

    private void unsignedLong() {
        code.op(I2L);
        code.visitor().visitLdcInsn(0xFFFFFFFFL);
        code.op(LAND);
    }

    /** MUL and IMUL into EDX:EAX. */
    boolean multiplyWide(GuestInstruction i) {
        boolean signed = i.reg == 5;
        operands.source(i, 4);
        widen(signed);
        code.register(GuestInstruction.EAX);
        widen(signed);
        code.op(LMUL);
        code.visitor().visitVarInsn(LSTORE, Code.WIDE);
        low();
        code.setRegister(GuestInstruction.EAX);
        high();
        code.setRegister(GuestInstruction.EDX);
        if (operands.exact) {
            code.register(GuestInstruction.EAX);
            code.store(Code.RESULT);
            code.register(GuestInstruction.EDX);
            if (signed) {
                code.load(Code.RESULT);
                code.op(ISHR, 31);
                code.op(IXOR);
            }
            allOnesIfAny();
            flags.becomeResultOfProduct();
        }
        return true;
    }

    private void widen(boolean signed) {
        if (signed) {
            code.op(I2L);
        } else {
            unsignedLong();
        }
    }

    boolean divide(GuestInstruction i) {
        operands.source(i, 4);
        code.store(Code.T1);
        code.cpu();
        code.register(GuestInstruction.EDX);
        code.register(GuestInstruction.EAX);
        code.load(Code.T1);
        code.callStatic(
                Names.COMPILED,
                i.reg == 6 ? "divideUnsigned" : "divideSigned",
                "(" + Names.object(Names.CPU) + "III)J");
        code.visitor().visitVarInsn(LSTORE, Code.WIDE);
        low();
        code.setRegister(GuestInstruction.EAX);
        high();
        code.setRegister(GuestInstruction.EDX);
        return true;
    }
}
