// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.zip.GZIPInputStream;

/**
 * A file of single-instruction CPU cases in the MOO format, versions 1.0 and 1.1: registers of 16 bits (REGS, RMSK) or 32
 * bits (RG32, RM32). Chunks that say nothing about the result (bus cycles, queue, effective addresses) are skipped.
 */
record MooFile(String cpu, List<Case> cases) {
    /** Registers in no particular order; 16-bit files name the low halves. */
    enum Register {
        EAX,
        EBX,
        ECX,
        EDX,
        ESI,
        EDI,
        EBP,
        ESP,
        CS,
        DS,
        ES,
        FS,
        GS,
        SS,
        EIP,
        EFLAGS,
        CR0,
        CR3,
        DR6,
        DR7
    }

    private static final Register[] ORDER_16 = {
        Register.EAX,
        Register.EBX,
        Register.ECX,
        Register.EDX,
        Register.CS,
        Register.SS,
        Register.DS,
        Register.ES,
        Register.ESP,
        Register.EBP,
        Register.ESI,
        Register.EDI,
        Register.EIP,
        Register.EFLAGS
    };

    private static final Register[] ORDER_32 = {
        Register.CR0, Register.CR3, Register.EAX, Register.EBX, Register.ECX, Register.EDX, Register.ESI,
        Register.EDI, Register.EBP, Register.ESP, Register.CS, Register.DS, Register.ES, Register.FS,
        Register.GS, Register.SS, Register.EIP, Register.EFLAGS, Register.DR6, Register.DR7
    };

    /** One byte of memory. */
    record Cell(int address, int value) {}

    /** Registers and memory before, or what of them is different after. */
    record Snapshot(Map<Register, Integer> registers, Map<Register, Integer> masks, List<Cell> memory) {}

    /**
     * A case.
     *
     * @param exception the vector, or -1
     */
    record Case(String name, byte[] code, Snapshot before, Snapshot after, int exception) {}

    static MooFile read(Path path) throws IOException {
        try (InputStream in = path.toString().endsWith(".gz")
                ? new GZIPInputStream(Files.newInputStream(path))
                : Files.newInputStream(path)) {
            return parse(ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    static MooFile parse(ByteBuffer file) {
        List<Case> cases = new ArrayList<>();
        Map<Register, Integer> fileMasks = new EnumMap<>(Register.class);
        String[] cpu = {""};
        chunks(file, (id, payload) -> {
            switch (id) {
                case "MOO " -> cpu[0] = ascii(payload.position(8), 4).trim();
                case "RMSK" -> registers(payload, ORDER_16, Short.toUnsignedInt(payload.getShort()), fileMasks);
                case "RM32" -> registers(payload, ORDER_32, payload.getInt(), fileMasks);
                case "TEST" -> cases.add(test(payload.position(4), fileMasks));
                default -> {
                    // Metadata and whatever later versions add.
                }
            }
        });
        return new MooFile(cpu[0], cases);
    }

    private static void chunks(ByteBuffer in, BiConsumer<String, ByteBuffer> consumer) {
        while (in.remaining() >= 8) {
            String id = ascii(in, 4);
            int length = in.getInt();
            consumer.accept(id, in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN));
            in.position(in.position() + length);
        }
    }

    private static String ascii(ByteBuffer in, int length) {
        return new String(bytes(in, length), StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static Case test(ByteBuffer in, Map<Register, Integer> fileMasks) {
        String[] name = {""};
        byte[][] code = {{}};
        Snapshot[] snapshots = new Snapshot[2];
        int[] exception = {-1};
        chunks(in, (id, payload) -> {
            switch (id) {
                case "NAME" -> name[0] = ascii(payload, payload.getInt());
                case "BYTS" -> code[0] = bytes(payload, payload.getInt());
                case "INIT" -> snapshots[0] = snapshot(payload, fileMasks);
                case "FINA" -> snapshots[1] = snapshot(payload, fileMasks);
                case "EXCP" -> exception[0] = payload.get() & 0xFF;
                default -> {
                    // Bus cycles and the case's hash.
                }
            }
        });
        return new Case(name[0], code[0], snapshots[0], snapshots[1], exception[0]);
    }

    private static Snapshot snapshot(ByteBuffer in, Map<Register, Integer> fileMasks) {
        Map<Register, Integer> values = new EnumMap<>(Register.class);
        Map<Register, Integer> masks = new EnumMap<>(Register.class);
        masks.putAll(fileMasks);
        List<Cell> memory = new ArrayList<>();
        chunks(in, (id, payload) -> {
            switch (id) {
                case "REGS" -> registers(payload, ORDER_16, Short.toUnsignedInt(payload.getShort()), values);
                case "RG32" -> registers(payload, ORDER_32, payload.getInt(), values);
                case "RMSK" -> registers(payload, ORDER_16, Short.toUnsignedInt(payload.getShort()), masks);
                case "RM32" -> registers(payload, ORDER_32, payload.getInt(), masks);
                case "RAM " -> {
                    for (int left = payload.getInt(); left > 0; left--) {
                        memory.add(new Cell(payload.getInt(), payload.get() & 0xFF));
                    }
                }
                default -> {
                    // The prefetch queue; effective addresses.
                }
            }
        });
        return new Snapshot(values, masks, memory);
    }

    private static void registers(ByteBuffer in, Register[] order, int present, Map<Register, Integer> into) {
        boolean wide = order == ORDER_32;
        for (int bit = 0; bit < order.length; bit++) {
            if ((present >>> bit & 1) != 0) {
                into.put(order[bit], wide ? in.getInt() : Short.toUnsignedInt(in.getShort()));
            }
        }
    }
}
