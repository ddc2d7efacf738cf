// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Packed integers: MMX and its 128-bit forms")
class PackedIntegerTest {
    private final Simd simd = new Simd();
    private final TestCpu cpu = new TestCpu();

    @ParameterizedTest(name = "{0}: {1} ({2}, {3}) = {4}")
    @CsvSource({
        // Intel SDM 2, PADDB: wraps around; PADDSB, PADDUSB: saturate
        "PADDB,    FC, 7F80FF0001020304, 0180010001FF0000, 8000000002010304",
        "PADDD,    FE, FFFFFFFF7FFFFFFF, 0000000100000001, 0000000080000000",
        "PADDQ,    D4, FFFFFFFFFFFFFFFF, 0000000000000001, 0000000000000000",
        "PADDSB,   EC, 7F80FF0001020304, 0180010001FF0000, 7F80000002010304",
        "PADDUSB,  DC, 7F80FF0001020304, 0180010001FF0000, 80FFFF0002FF0304",
        "PADDSW,   ED, 7FFF8000FFFF1234, 0001FFFF00010001, 7FFF800000001235",
        "PADDUSW,  DD, 7FFF8000FFFF1234, 0001FFFF00010001, 8000FFFFFFFF1235",
        // Intel SDM 2, PSUBB, PSUBSB, PSUBUSB
        "PSUBB,    F8, 0080FF0001020304, 0101010001FF0000, FF7FFE0000030304",
        "PSUBQ,    FB, 0000000000000000, 0000000000000001, FFFFFFFFFFFFFFFF",
        "PSUBSB,   E8, 0080FF0001020304, 0101010001FF0000, FF80FE0000030304",
        "PSUBUSB,  D8, 0080FF0001020304, 0101010001FF0000, 007FFE0000000304",
        // Intel SDM 2, PMULHW, PMULLW, PMULHUW, PMADDWD, PMULUDQ
        "PMULHW,   E5, 80007FFFFFFF0002, 80007FFF00010003, 40003FFFFFFF0000",
        "PMULLW,   D5, 80007FFFFFFF0002, 80007FFF00010003, 00000001FFFF0006",
        "PMULHUW,  E4, 8000FFFFFFFF0002, 8000FFFF00010003, 4000FFFE00000000",
        "PMADDWD,  F5, 8000800000020003, 8000800000040005, 8000000000000017",
        "PMULUDQ,  F4, 12345678FFFFFFFF, 9ABCDEF0FFFFFFFF, FFFFFFFE00000001",
        // Intel SDM 2, PCMPEQB, PCMPGTB: signed
        "PCMPEQB,  74, 0001020304050607, 0001FF0304FF0607, FFFF00FFFF00FFFF",
        "PCMPEQW,  75, 0001020304050607, 0001FF0304FF0607, FFFF00000000FFFF",
        "PCMPGTB,  64, 7F80FF0001020304, 807F000001010404, FF00000000FF0000",
        "PCMPGTD,  66, 800000007FFFFFFF, 7FFFFFFF80000000, 00000000FFFFFFFF",
        // Intel SDM 2, PAVGB, PSADBW, PMINUB, PMAXSW
        "PAVGB,    E0, 00FF0102FE000000, 01FF0203FF000000, 01FF0203FF000000",
        "PSADBW,   F6, FF00000000000001, 00FF000000000003, 0000000000000200",
        "PMINUB,   DA, FF007F8000000000, 00FF807F00000000, 00007F7F00000000",
        "PMAXSW,   EE, 80007FFF0000FFFF, 7FFF800000000001, 7FFF7FFF00000001",
        // Intel SDM 2, PSRAW, PSLLD, PSRLQ: by the whole of the source, signs fill
        "PSRAW,    E1, 80007FFF0001FFFF, 0000000000000010, FFFF00000000FFFF",
        "PSRLW,    D1, 80007FFF0001FFFF, 0000000000000001, 40003FFF00007FFF",
        "PSRLW,    D1, 80007FFF0001FFFF, 0000000100000000, 0000000000000000",
        "PSLLD,    F2, 8000000100000001, 000000000000001F, 8000000080000000",
        "PSRLQ,    D3, 8000000000000000, 000000000000003F, 0000000000000001",
        // Intel SDM 2, PACKSSWB, PACKUSWB, PUNPCKHWD
        "PACKSSWB, 63, 00807FFF8000FF80, 0001FFFF00000100, 01FF007F7F7F8080",
        "PACKUSWB, 67, 00807FFF8000FF80, 0001FFFF00000100, 010000FF80FF0000",
        "PUNPCKHWD,69, 1111222233334444, AAAABBBBCCCCDDDD, AAAA1111BBBB2222",
    })
    void mmxForm(String mnemonic, String opcode, String destination, String source, String result) {
        cpu.mmx[1] = hex(destination);
        cpu.mmx[2] = hex(source);
        cpu.run(simd, 0, Integer.parseInt(opcode, 16), 0);
        assertEquals(result, "%016X".formatted(cpu.mmx[1]));
        assertEquals(0xFF, cpu.tags, "the transition to MMX (Intel SDM 1, 9.5.1)");
    }

    @ParameterizedTest(name = "{0}: {1} ({3}:{2}, {5}:{4}) = {7}:{6}")
    @CsvSource({
        "PACKSSDW,   6B, 000100007FFFFFFF, 8000000000000001, FFFFFFFF00000000, 0000000100000002, 800000017FFF7FFF, 00010002FFFF0000",
        "PUNPCKLBW,  60, 0706050403020100, FFFFFFFFFFFFFFFF, 1716151413121110, EEEEEEEEEEEEEEEE, 1303120211011000, 1707160615051404",
        "PUNPCKHQDQ, 6D, 0000000000000001, 0000000000000002, 0000000000000003, 0000000000000004, 0000000000000002, 0000000000000004",
        "PSLLQ,      F3, 0000000000000001, 0000000000000003, 0000000000000004, 0000000000000063, 0000000000000010, 0000000000000030",
        "PSADBW,     F6, 0000000000000001, 0000000000000002, 0000000000000004, 00000000000000FF, 0000000000000003, 00000000000000FD",
    })
    void xmmForm(
            String mnemonic, String opcode, String low, String high, String low2, String high2, String l, String h) {
        simd.set(1, hex(low), hex(high));
        simd.set(2, hex(low2), hex(high2));
        cpu.run(simd, 0x66, Integer.parseInt(opcode, 16), 0);
        assertEquals(new SimdState.Xmm(hex(l), hex(h)), simd.state().registers().get(1));
        assertEquals(0, cpu.tags, "x87 registers in use");
    }

    @ParameterizedTest(name = "by {0} bytes")
    @DisplayName("Intel SDM 2, PSLLDQ and PSRLDQ: by more than 15 bytes gives 0")
    @CsvSource({
        "0,   1716151413121110, 1F1E1D1C1B1A1918, 1716151413121110, 1F1E1D1C1B1A1918",
        "1,   1615141312111000, 1E1D1C1B1A191817, 1817161514131211, 001F1E1D1C1B1A19",
        "8,   0000000000000000, 1716151413121110, 1F1E1D1C1B1A1918, 0000000000000000",
        "15,  0000000000000000, 1000000000000000, 000000000000001F, 0000000000000000",
        "16,  0000000000000000, 0000000000000000, 0000000000000000, 0000000000000000",
        "255, 0000000000000000, 0000000000000000, 0000000000000000, 0000000000000000",
    })
    void wholeShift(int bytes, String leftLow, String leftHigh, String rightLow, String rightHigh) {
        simd.set(2, 0x1716151413121110L, 0x1F1E1D1C1B1A1918L);
        cpu.run(simd, 0x66, 0x73, 0xFA, 0, bytes);
        assertEquals(
                new SimdState.Xmm(hex(leftLow), hex(leftHigh)),
                simd.state().registers().get(2));
        simd.set(2, 0x1716151413121110L, 0x1F1E1D1C1B1A1918L);
        cpu.run(simd, 0x66, 0x73, 0xDA, 0, bytes);
        assertEquals(
                new SimdState.Xmm(hex(rightLow), hex(rightHigh)),
                simd.state().registers().get(2));
    }

    @Test
    @DisplayName("Intel SDM 2, PSHUFW, PSHUFD, PSHUFLW, SHUFPS: two bits of the order choose an element")
    void shuffles() {
        cpu.mmx[2] = 0x3333222211110000L;
        cpu.run(simd, 0, 0x70, 0x1B);
        assertEquals(0x0000111122223333L, cpu.mmx[1]);
        simd.set(1, 0x0000000B0000000AL, 0x0000000D0000000CL);
        simd.set(2, 0x0000000100000000L, 0x0000000300000002L);
        cpu.run(simd, 0, 0xC6, 0xE4);
        assertEquals(
                new SimdState.Xmm(0x0000000B0000000AL, 0x0000000300000002L),
                simd.state().registers().get(1));
        cpu.run(simd, 0x66, 0x70, 0x1B);
        assertEquals(
                new SimdState.Xmm(0x0000000200000003L, 0x0000000000000001L),
                simd.state().registers().get(1));
        cpu.run(simd, 0xF2, 0x70, 0x02);
        assertEquals(
                new SimdState.Xmm(0x0000_0000_0000_0001L, 0x0000000300000002L),
                simd.state().registers().get(1));
    }

    @Test
    @DisplayName("Intel SDM 2, PINSRW, PEXTRW, PMOVMSKB: the number of the word is taken modulo their count")
    void wordsAndMasks() {
        simd.set(2, 0x8000000000000080L, 0xBEEF000000000000L);
        cpu.run(simd, 0x66, 0xC5, 0xFF);
        assertEquals(0xBEEF, cpu.gpr[1]);
        cpu.run(simd, 0x66, 0xD7, 0);
        assertEquals(0xC081, cpu.gpr[1]);
        cpu.gpr[2] = 0x12345678;
        cpu.mmx[1] = -1;
        cpu.run(simd, 0, 0xC4, 0xFD);
        assertEquals(0xFFFFFFFF5678FFFFL, cpu.mmx[1]);
    }

    @Test
    @DisplayName("Intel SDM 2, EMMS: all x87 registers become empty")
    void emmsEmptiesTheX87Registers() {
        cpu.tags = 0xFF;
        cpu.run(simd, 0, 0x77, 0);
        assertEquals(0, cpu.tags);
    }

    private static long hex(String digits) {
        return Long.parseUnsignedLong(digits, 16);
    }
}
