// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prefixes, length limits and undefined opcodes (SDM 2, chapter 2 and LOCK). */
class DecoderTest {
    private final CpuFixture cpu =
            new CpuFixture().set(Cpu.ESP, CpuFixture.DATA + 0x800).set(Cpu.EBX, CpuFixture.DATA);

    @AfterEach
    void close() {
        cpu.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F00103",
                "F00003",
                "F0660103",
                "F01103",
                "F01903",
                "F02103",
                "F02903",
                "F03103",
                "F00903",
                "F08303FF",
                "F0800301",
                "F0FF03",
                "F0FF0B",
                "F0FE03",
                "F0F713",
                "F0F71B",
                "F08703",
                "F08603",
                "F00FB10B",
                "F00FB00B",
                "F00FC10B",
                "F00FC00B",
                "F00FC70B",
                "F00FAB0B",
                "F00FB30B",
                "F00FBB0B",
                "F00FBA2B01",
                "F00FBA3301",
                "F00FBA3B01",
                "66F00103",
                "3EF00103"
            })
    void lockGoesWithReadModifyWriteOnMemory(String code) {
        cpu.set(Cpu.ECX, 1).code(code).run();
        assertEquals(-1, cpu.vector);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F001C8",
                "F00303",
                "F03903",
                "F03B03",
                "F083F801",
                "F0833B01",
                "F090",
                "F08903",
                "F08B03",
                "F087C8",
                "F086C8",
                "F091",
                "F08503",
                "F0F70301000000",
                "F0F723",
                "F0F733",
                "F0FFC0",
                "F040",
                "F0D123",
                "F0FF33",
                "F05B",
                "F00FB1CB",
                "F00FC1CB",
                "F00FC7C9",
                "F00FA30B",
                "F00FBA2301",
                "F00FBAE901",
                "F00FABCB",
                "F00FBC03",
                "F00FA40B01",
                "F0A4",
                "F3F0AA",
                "F00F44C1",
                "F0CC",
                "F0EB00",
                "F0C3",
                "F0F4",
                "F00FC8",
                "F00FB603",
                "F08D03",
                "F00580000000"
            })
    void lockIsUndefinedElsewhere(String code) {
        cpu.code(code).run();
        assertEquals(CpuFault.UD, cpu.vector, code);
        assertEquals(CpuFixture.CODE, cpu.eip);
    }

    @ParameterizedTest
    @CsvSource({"13, 90, -1", "14, 90, -1", "15, 90, 13", "9, 81C378563412, -1", "10, 81C378563412, 13", "20, 90, 13"})
    void moreThanFifteenBytesAreAGeneralProtectionFault(int prefixes, String code, int vector) {
        cpu.code("3E".repeat(prefixes) + code).run();
        assertEquals(vector, cpu.vector);
        assertEquals(vector < 0 ? CpuFixture.CODE + prefixes + code.length() / 2 : CpuFixture.CODE, cpu.eip);
    }

    @Test
    void theLastRepeatAndSegmentPrefixesCount() {
        // REP REPNE SCASB searches for what is equal; REPNE REP for what isn't.
        cpu.memory.write32(CpuFixture.DATA, 0x05000000);
        cpu.set(Cpu.EAX, 5).set(Cpu.EDI, CpuFixture.DATA).set(Cpu.ECX, 10);
        cpu.code("F3F2AE").run();
        assertEquals(CpuFixture.DATA + 4, cpu.r[Cpu.EDI]);
        cpu.set(Cpu.EDI, CpuFixture.DATA + 3).set(Cpu.ECX, 10).code("F2F3AE").run();
        assertEquals(CpuFixture.DATA + 5, cpu.r[Cpu.EDI]);
        // GS CS MOV EAX, [EBX]: code segments are readable, so no fault; repeated size prefixes count once.
        cpu.memory.write32(CpuFixture.DATA, 0x12345678);
        cpu.set(Cpu.EAX, 0).code("652E66668B03").run();
        assertEquals(0x5678, cpu.r[Cpu.EAX]);
    }

    @Test
    void prefixesMayComeInAnyOrder() {
        for (String code : new String[] {"663E6789 07", "67663E89 07", "3E676689 07"}) {
            cpu.memory.write32(0x6000, 0);
            cpu.set(Cpu.EAX, 0xAAAABBBB).set(Cpu.EBX, 0xFFFF6000).code(code).run();
            assertEquals(0xBBBB, cpu.memory.read32(0x6000), code);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0F0C, 0F 0C",
        "0F04, 0F 04",
        "0F0A, 0F 0A",
        "0FA6C0, 0F A6",
        "0F3800, 0F 38",
        "8FC8, 8F",
        "8DC0, 8D",
        "FFF8, FF",
        "FED0, FE",
        "C6C801, C6",
        "8EC8, 8E",
        "8CF0, 8C",
        "C4C0, C4",
        "62C0, 62",
        "0FBAC000, 0F BA"
    })
    void undefinedOpcodesFaultAndAreNamedOnce(String code, String name) {
        cpu.code(code).run();
        assertEquals(CpuFault.UD, cpu.vector);
        assertEquals(CpuFixture.CODE, cpu.eip);
        cpu.set(Cpu.ESP, CpuFixture.DATA + 0x800).code("90" + code).run();
        assertEquals(CpuFixture.CODE + 1, cpu.eip);
        assertEquals(List.of("undefined or unknown opcode " + name), cpu.events);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0F0B", "0FB9C0", "0FFFC0"})
    void theOpcodesThatAreMeantToBeUndefinedAreNotNamed(String code) {
        cpu.code(code).run();
        assertEquals(CpuFault.UD, cpu.vector);
        assertEquals(0, cpu.events.size());
    }
}
