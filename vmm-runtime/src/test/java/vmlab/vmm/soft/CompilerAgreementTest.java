// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import vmlab.vmm.SoftCpu;

/**
 * Random programs with loops, branches both ways and subroutines, by the interpreter and by the compiler: registers, all flags,
 * memory and the count of instructions must be the same, wherever slices end and whatever faults.
 */
class CompilerAgreementTest {
    private static final long SEED = 20_26;
    private static final int PROGRAMS = 250;
    private static final int ROUNDS = 12;
    private static final int COUNTER = CpuFixture.DATA + 0x800;
    private static final int STACK = CpuFixture.DATA + 0xC00;

    private final Random random = new Random(SEED);
    private final InstructionGenerator generator = new InstructionGenerator(new Random(SEED + 1));

    @Test
    void loopsBranchesAndSubroutinesEndTheSame() {
        int faults = 0;
        try (CpuFixture interpreted = new CpuFixture(SoftCpu.INTERPRETER);
                CpuFixture compiled = new CpuFixture(SoftCpu.COMPILER_AT_ONCE)) {
            for (int n = 0; n < PROGRAMS; n++) {
                byte[] code = program();
                int[] registers = generator.registers();
                int flags = generator.flags();
                byte[] memory = generator.memory();
                int slice = random.nextInt(3) == 0 ? 1 + random.nextInt(40) : 0;
                String name = "program %d of seed %d: %s"
                        .formatted(n, SEED, HexFormat.of().formatHex(code));
                // What is read-only or absent makes some instructions fault, in the middle of compiled code.
                boolean faulting = n % 4 == 3;
                for (CpuFixture fixture : new CpuFixture[] {interpreted, compiled}) {
                    protect(fixture, faulting);
                }
                String expected = run(interpreted, code, registers, flags, memory, 0);
                assertEquals(expected, run(compiled, code, registers, flags, memory, slice), name);
                faults += interpreted.vector >= 0 ? 1 : 0;
            }
        }
        assertTrue(faults > PROGRAMS / 50, "only " + faults + " programs faulted");
    }

    /** A page that is absent half-way through a loop: its address is in memory that the program changes. */
    private static void protect(CpuFixture fixture, boolean faulting) {
        int page = CpuFixture.DATA + 0x1000;
        if (faulting) {
            fixture.absent(page);
        } else {
            fixture.readOnly();
        }
    }

    private String run(CpuFixture fixture, byte[] code, int[] registers, int flags, byte[] memory, int slice) {
        fixture.memory.write(CpuFixture.DATA, memory);
        fixture.memory.write32(COUNTER, ROUNDS);
        System.arraycopy(registers, 0, fixture.r, 0, 8);
        fixture.r[Cpu.ESP] = STACK;
        long before = fixture.clock.nanos();
        fixture.flags(flags).code(code).inSlicesOf(slice).run();
        return "EIP=%x flags=%x #%d %s after %d, memory %s"
                .formatted(
                        fixture.eip,
                        fixture.eflags,
                        fixture.vector,
                        Arrays.toString(fixture.r),
                        fixture.clock.nanos() - before,
                        HexFormat.of().formatHex(fixture.memory.read(CpuFixture.DATA, 0x1000)));
    }

    /** A loop around pieces, some of them jumped over on a condition, some called, some faulting in the last round. */
    private byte[] program() {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        byte[] callee = pieces(1 + random.nextInt(4), false);
        for (int n = 2 + random.nextInt(8); n > 0; n--) {
            byte[] part = pieces(1 + random.nextInt(5), true);
            switch (random.nextInt(4)) {
                case 0 -> {
                    // Jcc over the part.
                    code.write(0x0F);
                    code.write(0x80 + random.nextInt(16));
                    code.writeBytes(int32(part.length));
                    code.writeBytes(part);
                }
                case 1 -> {
                    // CALL of a subroutine that stands here, jumped over.
                    code.write(0xEB);
                    code.write(0);
                    code.write(0xE9);
                    code.writeBytes(int32(callee.length + 1));
                    int at = code.size();
                    code.writeBytes(callee);
                    code.write(0xC3);
                    // MOV ESP, STACK: some pieces leave it among the data.
                    code.write(0xBC);
                    code.writeBytes(int32(STACK));
                    code.write(0xE8);
                    code.writeBytes(int32(at - (code.size() + 4)));
                    code.writeBytes(part);
                }
                default -> code.writeBytes(part);
            }
        }
        if (random.nextInt(4) == 0) {
            // ADD dword [COUNTER * 0x80 + ...]: reaches the next page when the counter is high.
            code.writeBytes(HexFormat.of().parseHex("A1"));
            code.writeBytes(int32(COUNTER));
            code.writeBytes(HexFormat.of().parseHex("C1E006"));
            code.writeBytes(HexFormat.of().parseHex("8180"));
            code.writeBytes(int32(CpuFixture.DATA + 0xE00));
            code.writeBytes(int32(random.nextInt()));
        }
        // DEC dword [COUNTER]; JNZ to the beginning.
        code.writeBytes(HexFormat.of().parseHex("FF0D"));
        code.writeBytes(int32(COUNTER));
        code.writeBytes(HexFormat.of().parseHex("0F85"));
        code.writeBytes(int32(-(code.size() + 4)));
        return code.toByteArray();
    }

    /** Within a subroutine nothing may move the stack pointer. */
    private byte[] pieces(int count, boolean ofStackToo) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        int left = count;
        while (left > 0) {
            InstructionGenerator.Piece piece = generator.piece(random.nextInt(generator.families()));
            boolean ofStack = piece.name().equals("stack")
                    || piece.name().equals("ENTER LEAVE")
                    || piece.name().startsWith("PUSHF");
            if (ofStackToo || !ofStack) {
                code.writeBytes(piece.code());
                left--;
            }
        }
        return code.toByteArray();
    }

    private static byte[] int32(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }
}
