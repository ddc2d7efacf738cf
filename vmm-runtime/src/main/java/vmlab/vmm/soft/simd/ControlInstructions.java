// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static vmlab.vmm.soft.simd.SimdOpcodes.NONE;
import static vmlab.vmm.soft.simd.SimdOpcodes.P66;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF2;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF3;

import vmlab.vmm.soft.simd.SimdEntry.Feature;
import vmlab.vmm.soft.simd.SimdOpcodes.Form;

/**
 * EMMS, MXCSR, fences and cache hints. Memory here is strongly ordered and there is no cache, so that fences and prefetches
 * do nothing.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 9.4.6, 10.4.5, 10.4.6 and 11.4.4
 */
final class ControlInstructions {
    private static final SimdInstruction NOTHING = (simd, cpu, reg, rm, segment, offset, immediate) -> {};

    private ControlInstructions() {}

    static void declare(SimdOpcodes opcodes) {
        opcodes.add(
                NONE,
                0x77,
                SimdEntry.mmx("EMMS", Feature.MMX, (simd, cpu, reg, rm, segment, offset, immediate) -> cpu.emms()));
        opcodes.add(
                NONE,
                0xAE,
                2,
                Form.MEMORY,
                SimdEntry.xmm(
                        "LDMXCSR",
                        Feature.SSE,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                simd.ldmxcsr(cpu, cpu.load32(segment, offset))));
        opcodes.add(
                NONE,
                0xAE,
                3,
                Form.MEMORY,
                SimdEntry.xmm(
                        "STMXCSR",
                        Feature.SSE,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                cpu.store32(segment, offset, simd.mxcsr())));
        opcodes.add(NONE, 0xAE, 5, Form.REGISTER, SimdEntry.plain("LFENCE", Feature.SSE2, NOTHING));
        opcodes.add(NONE, 0xAE, 6, Form.REGISTER, SimdEntry.plain("MFENCE", Feature.SSE2, NOTHING));
        opcodes.add(NONE, 0xAE, 7, Form.REGISTER, SimdEntry.plain("SFENCE", Feature.SSE, NOTHING));
        // it faults as a load of its byte would
        opcodes.add(
                NONE,
                0xAE,
                7,
                Form.MEMORY,
                SimdEntry.plain(
                        "CLFLUSH",
                        Feature.CLFSH,
                        (simd, cpu, reg, rm, segment, offset, immediate) -> cpu.load8(segment, offset)));
        prefetches(opcodes);
    }

    /** All of 0F 18, under any prefix: what is no PREFETCHh is reserved for hints (Intel SDM 2, table A-6, group 16). */
    private static void prefetches(SimdOpcodes opcodes) {
        SimdEntry prefetch = SimdEntry.plain("PREFETCHh", Feature.SSE, NOTHING);
        opcodes.add(NONE, 0x18, prefetch);
        opcodes.add(P66, 0x18, prefetch);
        opcodes.add(PF3, 0x18, prefetch);
        opcodes.add(PF2, 0x18, prefetch);
    }
}
