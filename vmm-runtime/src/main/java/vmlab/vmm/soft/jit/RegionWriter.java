// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.ACC_FINAL;
import static org.objectweb.asm.Opcodes.ACC_PRIVATE;
import static org.objectweb.asm.Opcodes.ACC_STATIC;
import static org.objectweb.asm.Opcodes.ACC_SYNTHETIC;
import static org.objectweb.asm.Opcodes.ALOAD;
import static org.objectweb.asm.Opcodes.IASTORE;
import static org.objectweb.asm.Opcodes.ILOAD;
import static org.objectweb.asm.Opcodes.INVOKESPECIAL;
import static org.objectweb.asm.Opcodes.PUTFIELD;
import static org.objectweb.asm.Opcodes.RETURN;
import static org.objectweb.asm.Opcodes.V17;

import java.util.List;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Writes a region's class: one method that begins where an entry says, goes from block to block as the guest does, and is
 * left where the guest leaves the region, where the budget doesn't last for the next block, or by an exception.
 *
 * <p>Everything is relative to the linear address of the region, so that the same code serves wherever its page is mapped.
 * The body is written twice: first to nowhere, to learn which registers and flags it uses.
 */
public final class RegionWriter {
    static final String EXECUTE = "(" + Names.object(Names.CPU) + ")" + Names.object(Names.BLOCK);
    private static final String CONSTRUCT = "(" + Names.object(Names.REGION) + Names.object(Names.ENTRY) + ")V";

    private final Parts parts;
    private final int mostInstructions;

    /**
     * Takes a region.
     *
     * @param blocks in the order of their deltas
     * @param entries deltas of the blocks that can be entered from outside or by an indirect transfer, ascending
     * @param mostInstructions how many are executed at most before the region is left
     */
    public RegionWriter(List<PlannedBlock> blocks, int[] entries, int mostInstructions) {
        parts = new Parts(blocks, entries);
        this.mostInstructions = mostInstructions;
    }

    /** The class file, of a class in the CPU's package that extends its class of compiled code. */
    public byte[] write() {
        Code trial = Code.nowhere();
        new RegionBody(parts, trial, mostInstructions, Code.ALL_REGISTERS).write();
        parts.joinKinds();
        ClassWriter c = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        c.visit(V17, ACC_FINAL | ACC_SYNTHETIC, Names.GENERATED, null, Names.COMPILED, null);
        writeConstructor(c);
        writeSpill(c, trial);
        MethodVisitor m = c.visitMethod(ACC_FINAL, "execute", EXECUTE, null, null);
        m.visitCode();
        Code code = new Code(m, Names.GENERATED, trial.used);
        new RegionBody(parts, code, mostInstructions, trial.written).write();
        m.visitMaxs(0, 0);
        m.visitEnd();
        c.visitEnd();
        return c.toByteArray();
    }

    private static void writeConstructor(ClassWriter c) {
        MethodVisitor m = c.visitMethod(0, "<init>", CONSTRUCT, null, null);
        m.visitCode();
        m.visitVarInsn(ALOAD, 0);
        m.visitVarInsn(ALOAD, 1);
        m.visitVarInsn(ALOAD, 2);
        m.visitMethodInsn(INVOKESPECIAL, Names.COMPILED, "<init>", CONSTRUCT, false);
        m.visitInsn(RETURN);
        m.visitMaxs(0, 0);
        m.visitEnd();
    }

    /** The descriptor of the method that puts these registers, and the flags and the budget, where the CPU has them. */
    static String spill(int registers) {
        return "(" + Names.object(Names.CPU) + "[I" + "I".repeat(Integer.bitCount(registers) + 5) + ")V";
    }

    /** A method that puts the local variables where the CPU has them: shorter than doing it at every place. */
    private static void writeSpill(ClassWriter c, Code trial) {
        MethodVisitor m = c.visitMethod(ACC_PRIVATE | ACC_STATIC, "spill", spill(trial.written), null, null);
        m.visitCode();
        int local = 2;
        for (int n = 0; n < 8; n++) {
            if ((trial.written >>> n & 1) != 0) {
                m.visitVarInsn(ALOAD, 1);
                m.visitIntInsn(Opcodes.BIPUSH, n);
                m.visitVarInsn(ILOAD, local++);
                m.visitInsn(IASTORE);
            }
        }
        for (String field : new String[] {"flagKind", "flagA", "flagB", "flagResult", "budget"}) {
            m.visitVarInsn(ALOAD, 0);
            m.visitVarInsn(ILOAD, local++);
            m.visitFieldInsn(PUTFIELD, Names.CPU, field, "I");
        }
        m.visitInsn(RETURN);
        m.visitMaxs(0, 0);
        m.visitEnd();
    }
}
