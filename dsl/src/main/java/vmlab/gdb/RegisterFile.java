// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.FxImage;

/**
 * The registers as gdb numbers them, in the features that it knows for i386 and x86-64, and of the system's registers those
 * that other emulators show, by the same names.
 *
 * <p>Segment, control and x87 control registers can be read only: what a load of one does besides isn't a debugger's.
 *
 * @spec GDB manual, G.5.6 (i386 features); SDM 1, table 10-2
 */
final class RegisterFile {
    private static final String CORE = "org.gnu.gdb.i386.core";
    private static final String SSE = "org.gnu.gdb.i386.sse";
    private static final String SEGMENTS = "org.gnu.gdb.i386.segments";
    private static final String SYSTEM = "vmlab.system";

    private static final String[] NAMES_32 = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};

    /** gdb's order, which isn't the encoding's. */
    private static final String[] NAMES_64 = {
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };

    private static final int[] ORDER_64 = {
        General.RAX,
        General.RBX,
        General.RCX,
        General.RDX,
        General.RSI,
        General.RDI,
        General.RBP,
        General.RSP,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15
    };

    /** How a register is changed; a read-only one has none. */
    private interface Writing extends BiFunction<CpuState, byte[], CpuState> {}

    private record Register(
            String feature,
            String name,
            int bytes,
            String type,
            Function<CpuState, byte[]> reading,
            Optional<Writing> writing) {}

    private final List<Register> registers = new ArrayList<>();
    private final boolean wide;

    /** @param wide of x86-64 */
    RegisterFile(boolean wide) {
        this.wide = wide;
        general();
        segments();
        floats();
        vectors();
        system();
    }

    private void general() {
        String[] names = wide ? NAMES_64 : NAMES_32;
        for (int i = 0; i < names.length; i++) {
            int number = wide ? ORDER_64[i] : i;
            boolean pointer = number == General.RSP || number == General.RBP;
            word(
                    names[i],
                    pointer ? "data_ptr" : wide ? "int64" : "int32",
                    s -> s.general().register(number),
                    (s, value) -> s.with(s.general().with(number, value)));
        }
        word(
                wide ? "rip" : "eip",
                "code_ptr",
                s -> s.general().rip(),
                (s, value) -> s.with(s.general().withRip(value)));
        add(
                CORE,
                "eflags",
                4,
                "i386_eflags",
                s -> octets(s.general().rflags(), 4),
                Optional.of((s, value) -> s.with(s.general().withRflags(number(value) | 2))));
    }

    private interface WordWriting {
        CpuState write(CpuState state, long value);
    }

    private void word(String name, String type, Function<CpuState, Long> reading, WordWriting writing) {
        int bytes = wide ? 8 : 4;
        add(
                CORE,
                name,
                bytes,
                type,
                s -> octets(reading.apply(s), bytes),
                Optional.of((s, value) -> writing.write(s, number(value))));
    }

    private void segments() {
        readOnly(CORE, "cs", 4, "int32", s -> s.cs().selector());
        readOnly(CORE, "ss", 4, "int32", s -> s.ss().selector());
        readOnly(CORE, "ds", 4, "int32", s -> s.ds().selector());
        readOnly(CORE, "es", 4, "int32", s -> s.segments().es().selector());
        readOnly(CORE, "fs", 4, "int32", s -> s.segments().fs().selector());
        readOnly(CORE, "gs", 4, "int32", s -> s.segments().gs().selector());
    }

    private void floats() {
        for (int i = 0; i < 8; i++) {
            image("st" + i, CORE, FxImage.STACK + 16 * i, 10, "i387_ext");
        }
        readOnly(CORE, "fctrl", 4, "int", s -> u16(s, FxImage.CONTROL));
        readOnly(CORE, "fstat", 4, "int", s -> u16(s, FxImage.STATUS));
        readOnly(CORE, "ftag", 4, "int", s -> fullTags(s.floats().bytes()));
        readOnly(CORE, "fiseg", 4, "int", s -> u16(s, FxImage.INSTRUCTION_POINTER + 4));
        readOnly(CORE, "fioff", 4, "int", s -> s.floats().bytes().getInt(FxImage.INSTRUCTION_POINTER));
        readOnly(CORE, "foseg", 4, "int", s -> u16(s, FxImage.DATA_POINTER + 4));
        readOnly(CORE, "fooff", 4, "int", s -> s.floats().bytes().getInt(FxImage.DATA_POINTER));
        readOnly(CORE, "fop", 4, "int", s -> u16(s, FxImage.OPCODE));
    }

    private void vectors() {
        int count = wide ? 16 : 8;
        for (int i = 0; i < count; i++) {
            image("xmm" + i, SSE, FxImage.XMM + 16 * i, 16, "vec128");
        }
        image("mxcsr", SSE, FxImage.MXCSR, 4, "i386_mxcsr");
    }

    private void system() {
        int bytes = wide ? 8 : 4;
        String type = wide ? "int64" : "int32";
        String bases = wide ? SEGMENTS : SYSTEM;
        readOnly(
                bases,
                "fs_base",
                bytes,
                wide ? "long" : type,
                s -> s.segments().fs().base());
        readOnly(
                bases,
                "gs_base",
                bytes,
                wide ? "long" : type,
                s -> s.segments().gs().base());
        readOnly(SYSTEM, "cr0", bytes, type, s -> s.control().cr0());
        readOnly(SYSTEM, "cr2", bytes, type, s -> s.control().cr2());
        readOnly(SYSTEM, "cr3", bytes, type, s -> s.control().cr3());
        readOnly(SYSTEM, "cr4", bytes, type, s -> s.control().cr4());
        readOnly(SYSTEM, "efer", bytes, type, s -> s.control().efer());
    }

    private void readOnly(String feature, String name, int bytes, String type, Function<CpuState, Number> reading) {
        add(feature, name, bytes, type, s -> octets(reading.apply(s).longValue(), bytes), Optional.empty());
    }

    private void image(String name, String feature, int offset, int bytes, String type) {
        add(
                feature,
                name,
                bytes,
                type,
                s -> {
                    byte[] value = new byte[bytes];
                    s.floats().bytes().get(offset, value);
                    return value;
                },
                Optional.of((s, value) -> {
                    ByteBuffer changed = FxImage.buffer();
                    changed.put(0, s.floats().bytes(), 0, FxImage.BYTES);
                    changed.put(offset, value);
                    return s.with(FxImage.of(changed));
                }));
    }

    private void add(
            String feature,
            String name,
            int bytes,
            String type,
            Function<CpuState, byte[]> reading,
            Optional<Writing> writing) {
        registers.add(new Register(feature, name, bytes, type, reading, writing));
    }

    private static int u16(CpuState s, int offset) {
        return s.floats().bytes().getShort(offset) & 0xFFFF;
    }

    /** Two bits a register from one, as FNSTENV stores them (SDM 1, 10.5.1.1). */
    private static int fullTags(ByteBuffer image) {
        int top = image.getShort(FxImage.STATUS) >>> 11 & 7;
        int tags = 0;
        for (int physical = 0; physical < 8; physical++) {
            boolean used = (image.get(FxImage.TAGS) >>> physical & 1) != 0;
            int at = FxImage.STACK + 16 * (physical - top & 7);
            int tag = used ? tag(image.getLong(at), image.getShort(at + 8) & 0x7FFF) : 3;
            tags |= tag << 2 * physical;
        }
        return tags;
    }

    private static int tag(long significand, int exponent) {
        if (exponent == 0x7FFF || exponent != 0 && significand >= 0) {
            return 2;
        }
        return exponent != 0 ? 0 : significand == 0 ? 1 : 2;
    }

    private static byte[] octets(long value, int bytes) {
        byte[] octets = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(octets, bytes);
    }

    private static long number(byte[] octets) {
        return ByteBuffer.wrap(Arrays.copyOf(octets, 8))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    // ---- for the session

    int count() {
        return registers.size();
    }

    int bytes(int number) {
        return registers.get(number).bytes;
    }

    byte[] read(int number, CpuState state) {
        return registers.get(number).reading.apply(state);
    }

    boolean isWritable(int number) {
        return registers.get(number).writing.isPresent();
    }

    /** The state with another value in a writable register. */
    CpuState write(int number, CpuState state, byte[] value) {
        return registers.get(number).writing.orElseThrow().apply(state, value);
    }

    /** The target description. */
    String xml() {
        StringBuilder xml = new StringBuilder("""
                <?xml version="1.0"?>
                <!DOCTYPE target SYSTEM "gdb-target.dtd">
                <target version="1.0">
                <architecture>%s</architecture>
                """.formatted(wide ? "i386:x86-64" : "i386"));
        String feature = "";
        for (int i = 0; i < registers.size(); i++) {
            Register register = registers.get(i);
            if (!register.feature.equals(feature)) {
                xml.append(feature.isEmpty() ? "" : "</feature>\n");
                feature = register.feature;
                xml.append("<feature name=\"%s\">\n".formatted(feature)).append(types(feature));
            }
            xml.append("<reg name=\"%s\" bitsize=\"%d\" type=\"%s\" regnum=\"%d\"/>\n"
                    .formatted(register.name, 8 * register.bytes, register.type, i));
        }
        return xml.append("</feature>\n</target>\n").toString();
    }

    private static String types(String feature) {
        return switch (feature) {
            case CORE ->
                flags(
                        "i386_eflags",
                        "CF,0 PF,2 AF,4 ZF,6 SF,7 TF,8 IF,9 DF,10 OF,11 NT,14 RF,16 VM,17 AC,18 VIF,19 VIP,20 ID,21");
            case SSE ->
                """
                    <vector id="v4f" type="ieee_single" count="4"/>
                    <vector id="v2d" type="ieee_double" count="2"/>
                    <vector id="v16i8" type="int8" count="16"/>
                    <vector id="v8i16" type="int16" count="8"/>
                    <vector id="v4i32" type="int32" count="4"/>
                    <vector id="v2i64" type="int64" count="2"/>
                    <union id="vec128">
                    <field name="v4_float" type="v4f"/>
                    <field name="v2_double" type="v2d"/>
                    <field name="v16_int8" type="v16i8"/>
                    <field name="v8_int16" type="v8i16"/>
                    <field name="v4_int32" type="v4i32"/>
                    <field name="v2_int64" type="v2i64"/>
                    <field name="uint128" type="uint128"/>
                    </union>
                    """ + flags("i386_mxcsr", "IE,0 DE,1 ZE,2 OE,3 UE,4 PE,5 DAZ,6 IM,7 DM,8 ZM,9 OM,10 UM,11 PM,12 FZ,15");
            default -> "";
        };
    }

    private static String flags(String id, String namesAndBits) {
        StringBuilder xml = new StringBuilder("<flags id=\"%s\" size=\"4\">\n".formatted(id));
        for (String flag : namesAndBits.split(" ")) {
            String[] nameAndBit = flag.split(",");
            xml.append("<field name=\"%s\" start=\"%s\" end=\"%s\"/>\n"
                    .formatted(nameAndBit[0], nameAndBit[1], nameAndBit[1]));
        }
        return xml.append("</flags>\n").toString();
    }
}
