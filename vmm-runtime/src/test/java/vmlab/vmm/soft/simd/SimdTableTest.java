// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.soft.simd.SimdEntry.Feature;

@DisplayName("The opcode map of MMX, SSE and SSE2")
class SimdTableTest {
    private static TreeSet<String> declared(Feature feature) {
        return Stream.of(0, 0x66, 0xF3, 0xF2)
                .flatMap(prefix ->
                        IntStream.range(0, 0x10000).mapToObj(code -> SimdTable.find(prefix, code >> 8, code & 0xFF)))
                .filter(entry -> entry != null && entry.feature() == feature)
                .map(SimdEntry::mnemonic)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static TreeSet<String> words(String text) {
        return new TreeSet<>(Arrays.asList(text.trim().split("\\s+")));
    }

    @Test
    @DisplayName("Intel SDM 1, 5.4: MMX instructions")
    void mmxIsComplete() {
        assertEquals(words("""
                MOVD MOVQ PACKSSWB PACKSSDW PACKUSWB PUNPCKHBW PUNPCKHWD PUNPCKHDQ PUNPCKLBW PUNPCKLWD PUNPCKLDQ
                PADDB PADDW PADDD PADDSB PADDSW PADDUSB PADDUSW PSUBB PSUBW PSUBD PSUBSB PSUBSW PSUBUSB PSUBUSW
                PMULHW PMULLW PMADDWD PCMPEQB PCMPEQW PCMPEQD PCMPGTB PCMPGTW PCMPGTD PAND PANDN POR PXOR
                PSLLW PSLLD PSLLQ PSRLW PSRLD PSRLQ PSRAW PSRAD EMMS
                """), declared(Feature.MMX));
    }

    @Test
    @DisplayName("Intel SDM 1, 5.5: SSE instructions (four prefetches count as one)")
    void sseIsComplete() {
        assertEquals(words("""
                MOVAPS MOVUPS MOVHPS MOVHLPS MOVLPS MOVLHPS MOVMSKPS MOVSS ADDPS ADDSS SUBPS SUBSS MULPS MULSS DIVPS
                DIVSS RCPPS RCPSS SQRTPS SQRTSS RSQRTPS RSQRTSS MAXPS MAXSS MINPS MINSS CMPPS CMPSS COMISS UCOMISS
                ANDPS ANDNPS ORPS XORPS SHUFPS UNPCKHPS UNPCKLPS CVTPI2PS CVTSI2SS CVTPS2PI CVTTPS2PI CVTSS2SI CVTTSS2SI
                LDMXCSR STMXCSR PAVGB PAVGW PEXTRW PINSRW PMAXUB PMAXSW PMINUB PMINSW PMOVMSKB PMULHUW PSADBW PSHUFW
                MASKMOVQ MOVNTQ MOVNTPS PREFETCHh SFENCE
                """), declared(Feature.SSE));
    }

    @Test
    @DisplayName("Intel SDM 1, 5.6 and 11.4: SSE2 instructions, and the 128-bit forms of the MMX ones")
    void sse2IsComplete() {
        TreeSet<String> expected = words("""
                MOVAPD MOVUPD MOVHPD MOVLPD MOVMSKPD MOVSD ADDPD ADDSD SUBPD SUBSD MULPD MULSD DIVPD DIVSD SQRTPD SQRTSD
                MAXPD MAXSD MINPD MINSD ANDPD ANDNPD ORPD XORPD CMPPD CMPSD COMISD UCOMISD SHUFPD UNPCKHPD UNPCKLPD
                CVTPD2PI CVTTPD2PI CVTPI2PD CVTPD2DQ CVTTPD2DQ CVTDQ2PD CVTPS2PD CVTPD2PS CVTSS2SD CVTSD2SS CVTSD2SI
                CVTTSD2SI CVTSI2SD CVTDQ2PS CVTPS2DQ CVTTPS2DQ MOVDQA MOVDQU MOVQ2DQ MOVDQ2Q PMULUDQ PADDQ PSUBQ
                PSHUFLW PSHUFHW PSHUFD PSLLDQ PSRLDQ PUNPCKHQDQ PUNPCKLQDQ LFENCE MFENCE MASKMOVDQU MOVNTPD MOVNTDQ MOVNTI
                PAVGB PAVGW PEXTRW PINSRW PMAXUB PMAXSW PMINUB PMINSW PMOVMSKB PMULHUW PSADBW
                """);
        expected.addAll(declared(Feature.MMX));
        expected.remove("EMMS");
        assertEquals(expected, declared(Feature.SSE2));
    }

    @ParameterizedTest(name = "{0} 0F {1} {2}: {3}")
    @CsvSource({
        "0,   12, CA, MOVHLPS,  false, false, true",
        "0,   12, 0F, MOVLPS,   false, false, true",
        "0,   16, CA, MOVLHPS,  false, false, true",
        "0,   6F, CA, MOVQ,     false, true,  false",
        "F3,  6F, CA, MOVDQU,   false, false, true",
        "F3,  D6, CA, MOVQ2DQ,  false, true,  true",
        "66,  2A, CA, CVTPI2PD, false, true,  true",
        "66,  2A, 0F, CVTPI2PD, false, false, true",
        "66,  73, FA, PSLLDQ,   true,  false, true",
        "0,   C2, 0F, CMPPS,    true,  false, true",
        "0,   AE, 17, LDMXCSR,  false, false, true",
        "0,   AE, E8, LFENCE,   false, false, false",
        "0,   AE, F0, MFENCE,   false, false, false",
        "0,   AE, F8, SFENCE,   false, false, false",
        "0,   AE, 3F, CLFLUSH,  false, false, false",
        "0,   C3, 0F, MOVNTI,   false, false, false",
        "0,   77, 00, EMMS,     false, true,  false",
    })
    void entryTellsWhatTheCpuChecksFirst(
            String prefix, String opcode, String modrm, String mnemonic, boolean immediate, boolean mmx, boolean xmm) {
        SimdEntry entry = find(prefix, opcode, modrm);
        assertEquals(mnemonic, entry.mnemonic());
        assertEquals(immediate, entry.hasImmediate(), "immediate");
        assertEquals(mmx, entry.usesMmx(), "MMX");
        assertEquals(xmm, entry.usesXmm(), "XMM");
    }

    @ParameterizedTest(name = "{0} 0F {1} {2}")
    @CsvSource({
        "0,  AE, 07", // FXSAVE is the CPU's
        "0,  AE, 0F", // FXRSTOR
        "0,  AE, D7", // LDMXCSR of a register
        "66, AE, 3F", // CLFLUSHOPT
        "0,  C7, 0F", // CMPXCHG8B
        "0,  50, 0F", // MOVMSKPS of memory
        "0,  13, CA", // MOVLPS to a register
        "0,  71, C2", // a shift group's unused digit
        "0,  73, DA", // PSRLDQ of an MMX register
        "F3, 12, CA", // MOVSLDUP, of SSE3
        "66, C3, 0F",
    })
    void encodingsOfOthersAreNotFound(String prefix, String opcode, String modrm) {
        assertNull(find(prefix, opcode, modrm));
    }

    private static SimdEntry find(String prefix, String opcode, String modrm) {
        return SimdTable.find(Integer.parseInt(prefix, 16), Integer.parseInt(opcode, 16), Integer.parseInt(modrm, 16));
    }
}
