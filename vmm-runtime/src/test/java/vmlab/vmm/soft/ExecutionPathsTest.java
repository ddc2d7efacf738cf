// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.soft.CpuFixture.Mode;

/**
 * The same code by every way there is to execute it: blocks of the fast classes, blocks cut into slices, one instruction at
 * a time, and the general classes of segments with limits. All registers, all flags (undefined ones too) and all of memory
 * must be the same.
 */
class ExecutionPathsTest {
    private static final long SEED = 386;
    private static final int SEQUENCES = 1500;
    private static final int LONGEST = 24;

    private static final class Result {
        private final int[] registers;
        private final int eip;
        private final int flags;
        private final byte[] memory;

        Result(CpuFixture f) {
            registers = f.r.clone();
            eip = f.eip;
            flags = f.eflags;
            memory = f.memory.read(CpuFixture.DATA, InstructionGenerator.MEMORY_BYTES);
        }

        @Override
        public String toString() {
            return "EIP=%x flags=%x %s memory %s"
                    .formatted(
                            eip,
                            flags,
                            Arrays.toString(Arrays.stream(registers)
                                    .mapToObj(Integer::toHexString)
                                    .toArray()),
                            HexFormat.of().formatHex(memory));
        }
    }

    @Test
    void randomCodeEndsTheSameByEveryPath() {
        System.out.println("execution paths: seed " + SEED);
        InstructionGenerator generator = new InstructionGenerator(new Random(SEED));
        Random random = new Random(SEED + 1);
        try (CpuFixture fixture = new CpuFixture()) {
            for (int sequence = 0; sequence < SEQUENCES; sequence++) {
                byte[] code = sequence(generator, random);
                int[] registers = generator.registers();
                int flags = generator.flags();
                byte[] memory = generator.memory();
                String expected = run(fixture, code, registers, flags, memory, Mode.FLAT, 0);
                String name = "sequence %d of seed %d: %s"
                        .formatted(sequence, SEED, HexFormat.of().formatHex(code));
                assertEquals(expected, run(fixture, code, registers, flags, memory, Mode.FLAT, 1), name + ", single");
                assertEquals(
                        expected,
                        run(fixture, code, registers, flags, memory, Mode.FLAT, 2 + random.nextInt(5)),
                        name + ", in slices");
                assertEquals(
                        expected, run(fixture, code, registers, flags, memory, Mode.LIMITED, 0), name + ", limited");
            }
        }
    }

    /** The third time the code is executed all of it is compiled, as one region. */
    @Test
    void compiledCodeEndsTheSame() {
        InstructionGenerator generator = new InstructionGenerator(new Random(SEED));
        Random random = new Random(SEED + 1);
        try (CpuFixture interpreted = new CpuFixture();
                CpuFixture compiled = new CpuFixture(SoftCpu.COMPILER_AT_ONCE)) {
            for (int sequence = 0; sequence < SEQUENCES; sequence++) {
                byte[] code = sequence(generator, random);
                String name = "sequence %d of seed %d: %s"
                        .formatted(sequence, SEED, HexFormat.of().formatHex(code));
                compiled.code(code);
                for (int round = 0; round < 3; round++) {
                    int[] registers = generator.registers();
                    int flags = generator.flags();
                    byte[] memory = generator.memory();
                    int slice = round < 2 ? 0 : random.nextInt(2) * (1 + random.nextInt(9));
                    String expected = run(interpreted, code, registers, flags, memory, Mode.FLAT, 0);
                    compiled.again();
                    assertEquals(
                            expected,
                            run(compiled, registers, flags, memory, Mode.FLAT, slice),
                            name + " round " + round);
                }
            }
        }
    }

    private static byte[] sequence(InstructionGenerator generator, Random random) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        for (int left = 1 + random.nextInt(LONGEST); left > 0; left--) {
            code.writeBytes(
                    generator.piece(random.nextInt(generator.families())).code());
        }
        return code.toByteArray();
    }

    private static String run(
            CpuFixture fixture, byte[] code, int[] registers, int flags, byte[] memory, Mode mode, int slice) {
        fixture.code(code);
        String result = run(fixture, registers, flags, memory, mode, slice);
        assertEquals(
                -1, fixture.vector, () -> "an exception in " + HexFormat.of().formatHex(code));
        return result;
    }

    private static String run(CpuFixture fixture, int[] registers, int flags, byte[] memory, Mode mode, int slice) {
        fixture.memory.write(CpuFixture.DATA, memory);
        System.arraycopy(registers, 0, fixture.r, 0, 8);
        fixture.in(mode).flags(flags).inSlicesOf(slice).run();
        return new Result(fixture).toString();
    }

    /** With TF set every instruction ends in #DB (SDM 3B, 17.3.1.4): the handler counts and goes on. */
    @Test
    void singleSteppedCodeTrapsOnceForEachInstruction() {
        try (CpuFixture fixture = new CpuFixture()) {
            fixture.stepping();
            fixture.set(Cpu.ESP, CpuFixture.DATA + 128).set(Cpu.EAX, 5).set(Cpu.ECX, 7);
            // ADD EAX, ECX; CMP EAX, 12; JZ over MOV AL, 0; PUSH EAX; POP EDX; NOP
            fixture.code("01C8 83F80C 7402 B000 50 5A 90").flags(Eflags.TF).run();
            assertEquals(12, fixture.r[Cpu.EDX]);
            assertEquals(6, fixture.steps(), "ADD, CMP, JZ, PUSH, POP and NOP");
        }
    }

    /** Each iteration of a repeated string instruction is a boundary at which the trap is taken (SDM 2, REP). */
    @Test
    void singleSteppedRepetitionTrapsAfterEachElement() {
        try (CpuFixture fixture = new CpuFixture()) {
            fixture.stepping();
            fixture.set(Cpu.ESP, CpuFixture.DATA + 128)
                    .set(Cpu.EDI, CpuFixture.DATA)
                    .set(Cpu.EAX, 0x55)
                    .set(Cpu.ECX, 4);
            fixture.code("F3AA").flags(Eflags.TF).run();
            assertEquals(0x55555555, fixture.memory.read32(CpuFixture.DATA));
            assertEquals(4, fixture.steps());
        }
    }
}
