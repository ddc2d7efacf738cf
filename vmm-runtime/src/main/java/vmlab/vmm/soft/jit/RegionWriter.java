// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.AALOAD;
import static org.objectweb.asm.Opcodes.ACC_FINAL;
import static org.objectweb.asm.Opcodes.ACC_PRIVATE;
import static org.objectweb.asm.Opcodes.ACC_STATIC;
import static org.objectweb.asm.Opcodes.ACC_SYNTHETIC;
import static org.objectweb.asm.Opcodes.ALOAD;
import static org.objectweb.asm.Opcodes.ARETURN;
import static org.objectweb.asm.Opcodes.ASTORE;
import static org.objectweb.asm.Opcodes.ATHROW;
import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.GETFIELD;
import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.IALOAD;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.IASTORE;
import static org.objectweb.asm.Opcodes.IFLT;
import static org.objectweb.asm.Opcodes.IFNE;
import static org.objectweb.asm.Opcodes.ILOAD;
import static org.objectweb.asm.Opcodes.INVOKESPECIAL;
import static org.objectweb.asm.Opcodes.INVOKEVIRTUAL;
import static org.objectweb.asm.Opcodes.ISUB;
import static org.objectweb.asm.Opcodes.LCONST_0;
import static org.objectweb.asm.Opcodes.LSTORE;
import static org.objectweb.asm.Opcodes.PUTFIELD;
import static org.objectweb.asm.Opcodes.RETURN;
import static org.objectweb.asm.Opcodes.V17;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
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
    private static final String EXECUTE = "(" + Names.object(Names.CPU) + ")" + Names.object(Names.BLOCK);
    private static final String CONSTRUCT = "(" + Names.object(Names.REGION) + Names.object(Names.ENTRY) + ")V";

    private final List<Part> parts = new ArrayList<>();
    private final Map<Integer, Part> byDelta = new HashMap<>();
    private final int[] entries;
    private final int mostInstructions;
    private final boolean isOfManyPages;

    /** A block with its instructions. */
    private static final class Part {
        final PlannedBlock block;
        final List<GuestInstruction> instructions = new ArrayList<>();

        /** The offsets of the instructions. */
        final List<Integer> offsets = new ArrayList<>();

        boolean[] exact;
        final boolean isEntry;

        /** What the flags follow from where the block begins and ends, as far as that is one thing. */
        int kindBefore = FlagCode.UNKNOWN;

        int kindAfter = FlagCode.UNKNOWN;

        Part(PlannedBlock block, boolean isEntry) {
            this.block = block;
            this.isEntry = isEntry;
        }
    }

    /**
     * Takes a region.
     *
     * @param blocks in the order of their deltas
     * @param entries deltas of the blocks that can be entered from outside or by an indirect transfer, ascending
     * @param mostInstructions how many are executed at most before the region is left
     */
    public RegionWriter(List<PlannedBlock> blocks, int[] entries, int mostInstructions) {
        this.entries = entries.clone();
        this.mostInstructions = mostInstructions;
        for (PlannedBlock block : blocks) {
            Part part = new Part(block, Arrays.binarySearch(entries, block.delta()) >= 0);
            read(part);
            parts.add(part);
            byDelta.put(block.delta(), part);
        }
        isOfManyPages = blocks.stream().mapToInt(PlannedBlock::pages).reduce(0, (a, b) -> a | b) > 1;
    }

    private static void read(Part part) {
        PlannedBlock block = part.block;
        InstructionReader reader = new InstructionReader(block.code());
        Translator dry = new Translator(nowhere(Code.ALL_REGISTERS), new FlagCode(nowhere(Code.ALL_REGISTERS)));
        for (int offset : block.offsets()) {
            GuestInstruction i = reader.read(offset);
            boolean known = i != null && dry.translate(i, true);
            part.instructions.add(known ? i : null);
            part.offsets.add(offset);
        }
        if (block.ending() < 0) {
            readEnding(part, reader);
        }
        part.exact = FlagUse.needed(part.instructions);
    }

    /** A transfer, perhaps with the comparison before it. */
    private static void readEnding(Part part, InstructionReader reader) {
        int at = part.block.endingOffset();
        while (at < part.block.code().length) {
            GuestInstruction i = reader.read(at);
            part.instructions.add(i);
            part.offsets.add(at);
            at += i.length;
        }
    }

    private static Code nowhere(int held) {
        return new Code(new MethodVisitor(Opcodes.ASM9) {}, Names.GENERATED, held);
    }

    /** The class file, of a class in the CPU's package that extends its class of compiled code. */
    public byte[] write() {
        Code trial = nowhere(Code.ALL_REGISTERS);
        new Body(trial).write();
        joinKinds();
        ClassWriter c = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        c.visit(V17, ACC_FINAL | ACC_SYNTHETIC, Names.GENERATED, null, Names.COMPILED, null);
        writeConstructor(c);
        writeSpill(c, trial);
        MethodVisitor m = c.visitMethod(ACC_FINAL, "execute", EXECUTE, null, null);
        m.visitCode();
        Body body = new Body(new Code(m, Names.GENERATED, trial.used));
        body.used = trial.used;
        body.written = trial.written;
        body.write();
        m.visitMaxs(0, 0);
        m.visitEnd();
        c.visitEnd();
        return c.toByteArray();
    }

    /** What is the same behind all blocks that lead to one holds at its beginning. */
    private void joinKinds() {
        Map<Part, Integer> met = new HashMap<>();
        for (Part part : parts) {
            for (int successor : successors(part)) {
                Part next = byDelta.get(successor);
                if (next != null) {
                    met.merge(next, part.kindAfter, (a, b) -> a.equals(b) ? a : FlagCode.UNKNOWN);
                }
            }
        }
        met.forEach((part, kind) -> part.kindBefore = part.isEntry ? FlagCode.UNKNOWN : kind);
    }

    private static int[] successors(Part part) {
        PlannedBlock block = part.block;
        if (block.taken() < 0) {
            return new int[0];
        }
        return block.fallen() < 0 ? new int[] {target(part)} : new int[] {target(part), block.end()};
    }

    /** The delta that the block's transfer leads to. */
    private static int target(Part part) {
        GuestInstruction last =
                part.instructions.isEmpty() ? null : part.instructions.get(part.instructions.size() - 1);
        boolean falls = part.block.endingOffset() == part.block.code().length;
        return falls || last == null ? part.block.end() : part.block.end() + last.immediate;
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

    private static String spillDescriptor(Code trial) {
        int registers = Integer.bitCount(trial.written);
        return "(" + Names.object(Names.CPU) + "[I" + "I".repeat(registers + 5) + ")V";
    }

    /** A method that puts the local variables where the CPU has them: shorter than doing it at every place. */
    private static void writeSpill(ClassWriter c, Code trial) {
        MethodVisitor m = c.visitMethod(ACC_PRIVATE | ACC_STATIC, "spill", spillDescriptor(trial), null, null);
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

    /** The method of all blocks. */
    private final class Body {
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

        int used = Code.ALL_REGISTERS;
        int written = Code.ALL_REGISTERS;

        Body(Code code) {
            this.code = code;
            flags = new FlagCode(code);
            translator = new Translator(code, flags);
            m = code.visitor();
            for (Part part : parts) {
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
            for (Part part : parts) {
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
            if (isOfManyPages) {
                m.visitVarInsn(ALOAD, Code.THIS);
                code.cpu();
                code.load(Code.BASE);
                m.visitMethodInsn(
                        INVOKEVIRTUAL, Names.GENERATED, "pages", "(" + Names.object(Names.CPU) + "I)I", false);
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
            int registers = 0;
            for (int n = 0; n < 8; n++) {
                if ((written >>> n & 1) != 0) {
                    code.load(Code.R0 + n);
                    registers++;
                }
            }
            code.load(Code.KIND);
            code.load(Code.A);
            code.load(Code.B);
            code.load(Code.RESULT);
            code.load(Code.BUDGET);
            code.load(Code.LEFT);
            code.op(IADD);
            code.callStatic(
                    Names.GENERATED, "spill", "(" + Names.object(Names.CPU) + "[I" + "I".repeat(registers + 5) + ")V");
        }

        private void writeDispatch() {
            code.label(dispatch);
            Label[] targets = new Label[entries.length];
            for (int n = 0; n < entries.length; n++) {
                targets[n] = isOfManyPages ? new Label() : labels.get(entries[n]);
            }
            code.load(Code.TO);
            m.visitLookupSwitchInsn(elsewhere, entries, targets);
            for (int n = 0; isOfManyPages && n < entries.length; n++) {
                code.label(targets[n]);
                unlessThere(byDelta.get(entries[n]).block.pages(), elsewhere);
                code.go(labels.get(entries[n]));
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
                if (n == part.instructions.size() - 1 && isTransfer(part)) {
                    writeTransfer(part, part.instructions.get(n));
                } else {
                    writeInstruction(part, n);
                }
            }
            part.kindAfter = flags.kind;
            if (block.ending() >= 0) {
                writeEnding(part);
            } else if (!isTransfer(part)) {
                goTo(block.end(), block.taken());
            }
            code.label(refuse);
            m.visitIincInsn(Code.BUDGET, block.instructions());
            code.set(Code.TO, block.delta());
            code.go(elsewhere);
        }

        private boolean isTransfer(Part part) {
            PlannedBlock block = part.block;
            return block.ending() < 0 && block.endingOffset() < block.code().length;
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
            call(part, "endings", Names.TERM, EXECUTE, block.ending());
            code.op(ARETURN);
        }

        private void writeTransfer(Part part, GuestInstruction i) {
            PlannedBlock block = part.block;
            switch (i.opcode) {
                case 0xEB, 0xE9 -> goTo(target(part), block.taken());
                case 0xE8 -> {
                    pushReturnAddress(block);
                    goTo(target(part), block.taken());
                }
                case 0xC2, 0xC3 -> {
                    translator.popValue();
                    translator.release(4 + i.immediate);
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
            translator.pushVariable();
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
            Part inside = byDelta.get(target(part));
            if (inside != null && pagesTo(inside) == 0) {
                flags.jumpIf(condition, labels.get(target(part)));
            } else {
                Label not = new Label();
                flags.jumpIf(condition ^ 1, not);
                goTo(target(part), part.block.taken());
                code.label(not);
            }
            goTo(part.block.end(), part.block.fallen());
        }

        /** To a block of the region, or out by that exit. */
        private void goTo(int delta, int exit) {
            Part inside = byDelta.get(delta);
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
}
