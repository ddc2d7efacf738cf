// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.AALOAD;
import static org.objectweb.asm.Opcodes.ALOAD;
import static org.objectweb.asm.Opcodes.ARETURN;
import static org.objectweb.asm.Opcodes.ASTORE;
import static org.objectweb.asm.Opcodes.ATHROW;
import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.GETFIELD;
import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.IALOAD;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.IFLT;
import static org.objectweb.asm.Opcodes.IFNE;
import static org.objectweb.asm.Opcodes.INVOKEVIRTUAL;
import static org.objectweb.asm.Opcodes.ISUB;
import static org.objectweb.asm.Opcodes.LCONST_0;
import static org.objectweb.asm.Opcodes.LSTORE;

import java.util.HashMap;
import java.util.Map;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;

/**
 * Writes the method of a region, block after block. It is written to nowhere first, to learn which registers it uses and
 * where the flags come from.
 */
final class RegionBody {
    private final Parts parts;
    private final int mostInstructions;
    private final Code code;
    private final FlagCode flags;
    private final Translator translator;
    private final MethodVisitor m;
    private final Map<Integer, Label> labels = new HashMap<>();
    private final Label dispatch = new Label();
    private final Label leave = new Label();
    private final Label elsewhere = new Label();

    /** Handles exceptions of calls for which the registers were put back. */
    private final Label spilled = new Label();

    /** Pages of the block that is being written. */
    private int here;

    /** Registers that are taken over, and those that are put back. */
    private final int used;

    private final int written;

    /**
     * Takes what is to be written.
     *
     * @param code where to
     * @param mostInstructions how many are executed at most before the region is left
     * @param written registers that the region changes
     */
    RegionBody(Parts parts, Code code, int mostInstructions, int written) {
        this.parts = parts;
        this.code = code;
        this.mostInstructions = mostInstructions;
        this.written = written;
        used = code.held;
        flags = new FlagCode(code);
        translator = new Translator(code, flags);
        m = code.visitor();
        for (Part part : parts.inOrder) {
            labels.put(part.block.delta(), new Label());
        }
    }

    void write() {
        Label from = new Label();
        Label to = new Label();
        Label unspilled = new Label();
        begin();
        code.mark(from);
        writeDispatch();
        for (Part part : parts.inOrder) {
            writePart(part);
        }
        code.label(elsewhere);
        code.set(Code.OUT, -1);
        code.mark(to);
        code.label(leave);
        writeLeave();
        m.visitTryCatchBlock(from, to, unspilled, null);
        code.handlerLabel(unspilled);
        spill();
        writeRethrow();
        // Not reached from the other: the JVM's first compiler refuses handlers that are.
        code.handlerLabel(spilled);
        writeRethrow();
    }

    private void begin() {
        code.cpu();
        m.visitFieldInsn(GETFIELD, Names.CPU, "r", "[I");
        m.visitVarInsn(ASTORE, Code.REGISTERS);
        reload();
        // The run loop has counted the entry's block already; it is counted where it begins.
        thisField("index");
        code.op(IADD, 1);
        code.getCpuField("budget", Code.BUDGET);
        code.load(Code.BUDGET);
        code.op(IADD);
        code.store(Code.BUDGET);
        code.push(0);
        code.load(Code.BUDGET);
        code.op(ISUB, mostInstructions);
        code.callStatic("java/lang/Math", "max", "(II)I");
        code.store(Code.LEFT);
        code.load(Code.BUDGET);
        code.load(Code.LEFT);
        code.op(ISUB);
        code.store(Code.BUDGET);
        thisField("delta");
        code.store(Code.TO);
        code.getCpuField("eip", Code.BASE);
        code.load(Code.BASE);
        code.load(Code.TO);
        code.op(ISUB);
        code.store(Code.BASE);
        if (parts.areOfManyPages) {
            m.visitVarInsn(ALOAD, Code.THIS);
            code.cpu();
            code.load(Code.BASE);
            m.visitMethodInsn(INVOKEVIRTUAL, Names.GENERATED, "pages", "(" + Names.object(Names.CPU) + "I)I", false);
            code.store(Code.PAGES);
        } else {
            code.set(Code.PAGES, 0);
        }
        for (int local : new int[] {Code.SITE, Code.OUT, Code.ADDRESS, Code.T1, Code.T2, Code.T3}) {
            code.set(local, 0);
        }
        code.op(LCONST_0);
        m.visitVarInsn(LSTORE, Code.HOST);
    }

    private void thisField(String name) {
        m.visitVarInsn(ALOAD, Code.THIS);
        m.visitFieldInsn(GETFIELD, Names.GENERATED, name, "I");
    }

    private void reload() {
        for (int n = 0; n < 8; n++) {
            if ((used >>> n & 1) != 0) {
                m.visitVarInsn(ALOAD, Code.REGISTERS);
                code.push(n);
                code.op(IALOAD);
                code.store(Code.R0 + n);
            }
        }
        code.getCpuField("flagKind", Code.KIND);
        code.getCpuField("flagA", Code.A);
        code.getCpuField("flagB", Code.B);
        code.getCpuField("flagResult", Code.RESULT);
    }

    /** Puts registers, flags and budget where the CPU has them. */
    private void spill() {
        code.cpu();
        m.visitVarInsn(ALOAD, Code.REGISTERS);
        for (int n = 0; n < 8; n++) {
            if ((written >>> n & 1) != 0) {
                code.load(Code.R0 + n);
            }
        }
        code.load(Code.KIND);
        code.load(Code.A);
        code.load(Code.B);
        code.load(Code.RESULT);
        code.load(Code.BUDGET);
        code.load(Code.LEFT);
        code.op(IADD);
        code.callStatic(Names.GENERATED, "spill", RegionWriter.spill(written));
    }

    private void writeDispatch() {
        code.label(dispatch);
        Label[] targets = new Label[parts.entries.length];
        for (int n = 0; n < parts.entries.length; n++) {
            targets[n] = parts.areOfManyPages ? new Label() : labels.get(parts.entries[n]);
        }
        code.load(Code.TO);
        m.visitLookupSwitchInsn(elsewhere, parts.entries, targets);
        for (int n = 0; parts.areOfManyPages && n < parts.entries.length; n++) {
            code.label(targets[n]);
            unlessThere(parts.at(parts.entries[n]).block.pages(), elsewhere);
            code.go(labels.get(parts.entries[n]));
        }
    }

    /** Jumps unless all these pages are where they were. */
    private void unlessThere(int pages, Label to) {
        code.load(Code.PAGES);
        code.op(IAND, pages);
        code.op(ISUB, pages);
        code.jump(IFNE, to);
    }

    private void writePart(Part part) {
        PlannedBlock block = part.block;
        Label refuse = new Label();
        code.label(labels.get(block.delta()));
        flags.kind = part.kindBefore;
        here = block.pages();
        m.visitIincInsn(Code.BUDGET, -block.instructions());
        code.load(Code.BUDGET);
        code.jump(IFLT, refuse);
        int translated = part.instructions.size();
        for (int n = 0; n < translated; n++) {
            site(part, n);
            if (n == part.instructions.size() - 1 && part.isTransfer()) {
                writeTransfer(part, part.instructions.get(n));
            } else {
                writeInstruction(part, n);
            }
        }
        part.kindAfter = flags.kind;
        if (block.ending() >= 0) {
            writeEnding(part);
        } else if (!part.isTransfer()) {
            goTo(block.end(), block.taken());
        }
        code.label(refuse);
        m.visitIincInsn(Code.BUDGET, block.instructions());
        code.set(Code.TO, block.delta());
        code.go(elsewhere);
    }

    private void site(Part part, int n) {
        GuestInstruction i = part.instructions.get(n);
        if (i == null || FlagUse.mayFault(i)) {
            code.site(part.block.delta() + part.offsets.get(n), part.block.instructions() - n - 1);
        }
    }

    private void writeInstruction(Part part, int n) {
        GuestInstruction i = part.instructions.get(n);
        if (i == null) {
            call(part, "calls", Names.OP, "(" + Names.object(Names.CPU) + ")V", part.block.firstCall() + n);
            reload();
            flags.kind = FlagCode.UNKNOWN;
        } else {
            translator.translate(i, part.exact[n]);
        }
    }

    /** Has the CPU execute something, with its state where it expects it. */
    private void call(Part part, String field, String type, String descriptor, int number) {
        spill();
        code.cpu();
        code.load(Code.BASE);
        code.op(IADD, part.block.delta());
        code.putCpuField("eip");
        Label from = new Label();
        Label to = new Label();
        m.visitVarInsn(ALOAD, Code.THIS);
        m.visitFieldInsn(GETFIELD, Names.GENERATED, field, "[" + Names.object(type));
        code.push(number);
        m.visitInsn(AALOAD);
        code.cpu();
        code.mark(from);
        m.visitMethodInsn(INVOKEVIRTUAL, type, "execute", descriptor, false);
        code.mark(to);
        // Handlers are asked in the order they are named in: this one before the region's.
        m.visitTryCatchBlock(from, to, spilled, null);
    }

    private void writeEnding(Part part) {
        PlannedBlock block = part.block;
        code.site(block.delta() + block.endingOffset(), block.instructions() - block.endingIndex() - 1);
        call(part, "endings", Names.TERM, RegionWriter.EXECUTE, block.ending());
        code.op(ARETURN);
    }

    private void writeTransfer(Part part, GuestInstruction i) {
        PlannedBlock block = part.block;
        switch (i.opcode) {
            case 0xEB, 0xE9 -> goTo(part.target(), block.taken());
            case 0xE8 -> {
                pushReturnAddress(block);
                goTo(part.target(), block.taken());
            }
            case 0xC2, 0xC3 -> {
                translator.stack.popValue();
                translator.stack.release(4 + i.immediate);
                goIndirect();
            }
            case 0xFF -> writeIndirect(block, i);
            default -> writeConditional(part, i);
        }
    }

    private void pushReturnAddress(PlannedBlock block) {
        code.load(Code.BASE);
        code.op(IADD, block.end());
        code.store(Code.T1);
        translator.stack.pushVariable();
    }

    private void writeIndirect(PlannedBlock block, GuestInstruction i) {
        if (i.memory) {
            code.read(i, 4);
        } else {
            code.register(i.rm);
        }
        if (i.reg == 2) {
            code.store(Code.T2);
            pushReturnAddress(block);
            code.load(Code.T2);
        }
        goIndirect();
    }

    /** To the linear address on the stack. */
    private void goIndirect() {
        code.load(Code.BASE);
        code.op(ISUB);
        code.store(Code.TO);
        code.go(dispatch);
    }

    private void writeConditional(Part part, GuestInstruction i) {
        int condition = i.opcode & 15;
        Part inside = parts.at(part.target());
        if (inside != null && pagesTo(inside) == 0) {
            flags.jumpIf(condition, labels.get(part.target()));
        } else {
            Label not = new Label();
            flags.jumpIf(condition ^ 1, not);
            goTo(part.target(), part.block.taken());
            code.label(not);
        }
        goTo(part.block.end(), part.block.fallen());
    }

    /** To a block of the region, or out by that exit. */
    private void goTo(int delta, int exit) {
        Part inside = parts.at(delta);
        if (inside == null) {
            leaveBy(delta, exit);
            return;
        }
        Label absent = new Label();
        int pages = pagesTo(inside);
        if (pages != 0) {
            unlessThere(pages, absent);
        }
        code.go(labels.get(delta));
        if (pages != 0) {
            code.label(absent);
            leaveBy(delta, exit);
        }
    }

    /** Pages of a block that may be elsewhere now though those of the present block aren't. */
    private int pagesTo(Part next) {
        return next.block.pages() & ~here;
    }

    private void leaveBy(int delta, int exit) {
        code.set(Code.OUT, exit);
        code.set(Code.TO, delta);
        code.go(leave);
    }

    private void writeLeave() {
        spill();
        code.cpu();
        code.load(Code.BASE);
        code.load(Code.TO);
        code.op(IADD);
        code.putCpuField("eip");
        m.visitVarInsn(ALOAD, Code.THIS);
        code.cpu();
        code.load(Code.OUT);
        m.visitMethodInsn(
                INVOKEVIRTUAL,
                Names.GENERATED,
                "leave",
                "(" + Names.object(Names.CPU) + "I)" + Names.object(Names.BLOCK),
                false);
        code.op(ARETURN);
    }

    /** The exception is on the stack, and the CPU's state but EIP and budget is in place. */
    private void writeRethrow() {
        code.op(DUP);
        code.cpu();
        code.load(Code.BASE);
        code.load(Code.SITE);
        code.callStatic(Names.COMPILED, "interrupted", "(Ljava/lang/Throwable;" + Names.object(Names.CPU) + "II)V");
        code.op(ATHROW);
    }
}
