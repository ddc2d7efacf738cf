// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.ALOAD;
import static org.objectweb.asm.Opcodes.BIPUSH;
import static org.objectweb.asm.Opcodes.F_NEW;
import static org.objectweb.asm.Opcodes.GETFIELD;
import static org.objectweb.asm.Opcodes.GOTO;
import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.ICONST_0;
import static org.objectweb.asm.Opcodes.ILOAD;
import static org.objectweb.asm.Opcodes.INVOKESTATIC;
import static org.objectweb.asm.Opcodes.INVOKEVIRTUAL;
import static org.objectweb.asm.Opcodes.IOR;
import static org.objectweb.asm.Opcodes.ISHL;
import static org.objectweb.asm.Opcodes.ISHR;
import static org.objectweb.asm.Opcodes.ISTORE;
import static org.objectweb.asm.Opcodes.IUSHR;
import static org.objectweb.asm.Opcodes.PUTFIELD;
import static org.objectweb.asm.Opcodes.SIPUSH;

import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * The body of a region's method while it is written: its local variables, and the few bytecodes everything is made of.
 *
 * <p>The operand stack is empty at every label, and every local variable is set before the first: so all stack map frames
 * are the same.
 */
final class Code {
    static final int THIS = 0;
    static final int CPU = 1;

    /** EAX; the other registers follow. */
    static final int R0 = 2;

    static final int KIND = 10;
    static final int A = 11;
    static final int B = 12;
    static final int RESULT = 13;

    /** Instructions that may still be executed before the region has to be left. */
    static final int BUDGET = 14;

    /** What of the CPU's budget isn't in {@link #BUDGET}. */
    static final int LEFT = 15;

    /** The linear address that deltas count from. */
    static final int BASE = 16;

    /** Which instruction is executing; see {@link #site}. */
    static final int SITE = 17;

    /** Where to go next: a delta. */
    static final int TO = 18;

    /** By which exit; -1 by none. */
    static final int OUT = 19;

    /** The array of registers. */
    static final int REGISTERS = 20;

    static final int ADDRESS = 21;
    static final int T1 = 22;
    static final int T2 = 23;
    static final int T3 = 24;

    /** Bits of the region's pages that are where they were. */
    static final int PAGES = 25;

    /** A host address, 64 bits. */
    static final int HOST = 26;

    // These two aren't known at labels.

    static final int T4 = 28;

    /** 64 bits. */
    static final int WIDE = 29;

    static final int ALL_REGISTERS = 0xFF;

    private final MethodVisitor m;
    private final String owner;
    private final Object[] frame;

    /** Registers whose locals hold the guest's value. */
    final int held;

    /** Registers that were read or written, and those written. */
    int used;

    int written;

    /** Writes to a method of the class {@code owner}, whose local variables hold the registers of this mask. */
    Code(MethodVisitor m, String owner, int held) {
        this.m = m;
        this.owner = owner;
        this.held = held;
        frame = frame();
    }

    /** Writes nothing: to learn what would be used. */
    static Code nowhere() {
        return new Code(new MethodVisitor(Opcodes.ASM9) {}, Names.GENERATED, ALL_REGISTERS);
    }

    private Object[] frame() {
        Object[] locals = new Object[T4];
        java.util.Arrays.fill(locals, Opcodes.INTEGER);
        locals[THIS] = owner;
        locals[CPU] = Names.CPU;
        for (int n = 0; n < 8; n++) {
            if ((held >>> n & 1) == 0) {
                locals[R0 + n] = Opcodes.TOP;
            }
        }
        locals[REGISTERS] = "[I";
        // A long is one entry here, and two local variables.
        locals[HOST] = Opcodes.LONG;
        return java.util.Arrays.copyOf(locals, HOST + 1);
    }

    // ---- labels

    void label(Label l) {
        m.visitLabel(l);
        m.visitFrame(F_NEW, frame.length, frame, 0, new Object[0]);
    }

    /** A label that code jumps to with a throwable on the stack. */
    void handlerLabel(Label l) {
        m.visitLabel(l);
        m.visitFrame(F_NEW, frame.length, frame, 1, new Object[] {"java/lang/Throwable"});
    }

    /** A label nobody jumps to. */
    void mark(Label l) {
        m.visitLabel(l);
    }

    void jump(int opcode, Label to) {
        m.visitJumpInsn(opcode, to);
    }

    void go(Label to) {
        jump(GOTO, to);
    }

    MethodVisitor visitor() {
        return m;
    }

    // ---- values

    void push(int value) {
        if (value >= -1 && value <= 5) {
            m.visitInsn(ICONST_0 + value);
        } else if (value == (byte) value) {
            m.visitIntInsn(BIPUSH, value);
        } else if (value == (short) value) {
            m.visitIntInsn(SIPUSH, value);
        } else {
            m.visitLdcInsn(value);
        }
    }

    void load(int local) {
        m.visitVarInsn(ILOAD, local);
    }

    void store(int local) {
        m.visitVarInsn(ISTORE, local);
    }

    void set(int local, int value) {
        push(value);
        store(local);
    }

    void op(int opcode) {
        m.visitInsn(opcode);
    }

    /** An operation with a constant as its second operand. */
    void op(int opcode, int constant) {
        push(constant);
        m.visitInsn(opcode);
    }

    void cpu() {
        m.visitVarInsn(ALOAD, CPU);
    }

    void onCpu(String method, String descriptor) {
        m.visitMethodInsn(INVOKEVIRTUAL, Names.CPU, method, descriptor, false);
    }

    void callStatic(String type, String method, String descriptor) {
        m.visitMethodInsn(INVOKESTATIC, type, method, descriptor, false);
    }

    void getCpuField(String name, int local) {
        cpu();
        m.visitFieldInsn(GETFIELD, Names.CPU, name, "I");
        store(local);
    }

    void putCpuField(String name) {
        m.visitFieldInsn(PUTFIELD, Names.CPU, name, "I");
    }

    // ---- registers

    /** Pushes a 32-bit register. */
    void register(int number) {
        used |= 1 << number;
        load(R0 + number);
    }

    void setRegister(int number) {
        used |= 1 << number;
        written |= 1 << number;
        store(R0 + number);
    }

    /** Pushes a register of some size, sign-extended; of 8 bits, numbers from 4 are AH to BH. */
    void register(int number, int bytes) {
        if (bytes == 4) {
            register(number);
        } else if (bytes == 2) {
            register(number);
            op(Opcodes.I2S);
        } else if (number < 4) {
            register(number);
            op(Opcodes.I2B);
        } else {
            register(number - 4);
            op(ISHR, 8);
            op(Opcodes.I2B);
        }
    }

    /** Pops a register of some size. */
    void setRegister(int number, int bytes) {
        if (bytes == 4) {
            setRegister(number);
            return;
        }
        boolean high = bytes == 1 && number >= 4;
        int whole = high ? number - 4 : number;
        int mask = bytes == 2 ? 0xFFFF : 0xFF;
        op(IAND, mask);
        if (high) {
            op(ISHL, 8);
        }
        register(whole);
        op(IAND, high ? 0xFFFF00FF : ~mask);
        op(IOR);
        setRegister(whole);
    }

    /** Cuts the value on the stack to the operand's size and sign-extends it. */
    void extend(int bytes) {
        if (bytes == 1) {
            op(Opcodes.I2B);
        } else if (bytes == 2) {
            op(Opcodes.I2S);
        }
    }

    /** Keeps the lower bits. */
    void zeroExtend(int bytes) {
        if (bytes < 4) {
            op(IAND, bytes == 1 ? 0xFF : 0xFFFF);
        }
    }

    /** Pushes bit {@code number} of what is on the stack. */
    void bit(int number) {
        if (number > 0) {
            op(IUSHR, number);
        }
        if (number < 31) {
            op(IAND, 1);
        }
    }

    // ---- memory

    /** Says which instruction may fault from here on: what is to be known of it then. */
    void site(int delta, int instructionsBehind) {
        set(SITE, delta << Site.COUNT_BITS | instructionsBehind);
    }

    /** Pushes an operand's offset. */
    void offset(GuestInstruction i) {
        boolean any = i.base != GuestInstruction.NONE;
        if (any) {
            register(i.base);
        }
        if (i.index != GuestInstruction.NONE) {
            register(i.index);
            if (i.scale > 0) {
                op(ISHL, i.scale);
            }
            if (any) {
                op(IADD);
            }
            any = true;
        }
        if (!any) {
            push(i.displacement);
        } else if (i.displacement != 0) {
            op(IADD, i.displacement);
        }
    }

    /** Pushes an operand's linear address. */
    void address(GuestInstruction i, int bytes, boolean write) {
        if (i.segment == GuestInstruction.NONE) {
            offset(i);
        } else {
            cpu();
            push(i.segment);
            offset(i);
            push(bytes);
            push(write ? 1 : 0);
            onCpu("linear", "(IIIZ)I");
        }
    }

    /** Pushes a memory operand, sign-extended. */
    void read(GuestInstruction i, int bytes) {
        cpu();
        address(i, bytes, false);
        onCpu("read" + 8 * bytes, "(I)I");
    }

    /** Pushes four bytes at the address in a local variable. */
    void read32(int local) {
        cpu();
        load(local);
        onCpu("read32", "(I)I");
    }

    /** Writes one local variable to the address in another. */
    void write(int addressLocal, int valueLocal, int bytes) {
        cpu();
        load(addressLocal);
        load(valueLocal);
        onCpu("write" + 8 * bytes, "(II)V");
    }
}
