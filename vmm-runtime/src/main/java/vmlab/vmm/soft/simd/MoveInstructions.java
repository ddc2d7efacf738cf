// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static vmlab.vmm.soft.simd.SimdOpcodes.NONE;
import static vmlab.vmm.soft.simd.SimdOpcodes.P66;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF2;
import static vmlab.vmm.soft.simd.SimdOpcodes.PF3;

import vmlab.vmm.soft.simd.SimdEntry.Feature;
import vmlab.vmm.soft.simd.SimdOpcodes.Form;

/**
 * Moves between registers and memory. None looks at what it moves: NaNs and denormals pass unchanged. The non-temporal
 * ones are plain stores, as there is no cache.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 9.4.1, 10.4.1.1, 10.4.6, 11.4.1.1 and 11.4.4
 */
final class MoveInstructions {
    private MoveInstructions() {}

    static void declare(SimdOpcodes opcodes) {
        mmx(opcodes);
        whole(opcodes);
        halves(opcodes);
        scalars(opcodes);
        betweenFiles(opcodes);
        masked(opcodes);
    }

    private static void mmx(SimdOpcodes opcodes) {
        opcodes.add(NONE, 0x6F, SimdEntry.mmx("MOVQ", Feature.MMX, IntegerInstructions.mmx((a, b) -> b)));
        opcodes.add(NONE, 0x7F, SimdEntry.mmx("MOVQ", Feature.MMX, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            if (rm < 0) {
                cpu.store64(segment, offset, cpu.mmx(reg));
            }
            cpu.enterMmx();
            if (rm >= 0) {
                cpu.mmx(rm, cpu.mmx(reg));
            }
        }));
        opcodes.add(
                NONE,
                0xE7,
                Form.MEMORY,
                SimdEntry.mmx("MOVNTQ", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    cpu.store64(segment, offset, cpu.mmx(reg));
                    cpu.enterMmx();
                }));
        opcodes.add(NONE, 0x6E, SimdEntry.mmx("MOVD", Feature.MMX, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            int value = rm >= 0 ? cpu.gpr(rm) : cpu.load32(segment, offset);
            cpu.enterMmx();
            cpu.mmx(reg, value & 0xFFFF_FFFFL);
        }));
        opcodes.add(NONE, 0x7E, SimdEntry.mmx("MOVD", Feature.MMX, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            store32(cpu, rm, segment, offset, (int) cpu.mmx(reg));
            cpu.enterMmx();
        }));
    }

    private static void store32(SimdContext cpu, int rm, int segment, int offset, int value) {
        if (rm >= 0) {
            cpu.gpr(rm, value);
        } else {
            cpu.store32(segment, offset, value);
        }
    }

    private static void whole(SimdOpcodes opcodes) {
        opcodes.add(NONE, 0x28, SimdEntry.xmm("MOVAPS", Feature.SSE, MoveInstructions::loadAligned));
        opcodes.add(NONE, 0x29, SimdEntry.xmm("MOVAPS", Feature.SSE, MoveInstructions::storeAligned));
        opcodes.add(P66, 0x28, SimdEntry.xmm("MOVAPD", Feature.SSE2, MoveInstructions::loadAligned));
        opcodes.add(P66, 0x29, SimdEntry.xmm("MOVAPD", Feature.SSE2, MoveInstructions::storeAligned));
        opcodes.add(P66, 0x6F, SimdEntry.xmm("MOVDQA", Feature.SSE2, MoveInstructions::loadAligned));
        opcodes.add(P66, 0x7F, SimdEntry.xmm("MOVDQA", Feature.SSE2, MoveInstructions::storeAligned));
        opcodes.add(NONE, 0x10, SimdEntry.xmm("MOVUPS", Feature.SSE, MoveInstructions::load));
        opcodes.add(NONE, 0x11, SimdEntry.xmm("MOVUPS", Feature.SSE, MoveInstructions::store));
        opcodes.add(P66, 0x10, SimdEntry.xmm("MOVUPD", Feature.SSE2, MoveInstructions::load));
        opcodes.add(P66, 0x11, SimdEntry.xmm("MOVUPD", Feature.SSE2, MoveInstructions::store));
        opcodes.add(PF3, 0x6F, SimdEntry.xmm("MOVDQU", Feature.SSE2, MoveInstructions::load));
        opcodes.add(PF3, 0x7F, SimdEntry.xmm("MOVDQU", Feature.SSE2, MoveInstructions::store));
        opcodes.add(NONE, 0x2B, Form.MEMORY, SimdEntry.xmm("MOVNTPS", Feature.SSE, MoveInstructions::storeAligned));
        opcodes.add(P66, 0x2B, Form.MEMORY, SimdEntry.xmm("MOVNTPD", Feature.SSE2, MoveInstructions::storeAligned));
        opcodes.add(P66, 0xE7, Form.MEMORY, SimdEntry.xmm("MOVNTDQ", Feature.SSE2, MoveInstructions::storeAligned));
    }

    private static void loadAligned(
            Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate) {
        simd.source(cpu, rm, segment, offset);
        simd.set(reg, simd.sourceLow(), simd.sourceHigh());
    }

    private static void load(Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate) {
        simd.unalignedSource(cpu, rm, segment, offset);
        simd.set(reg, simd.sourceLow(), simd.sourceHigh());
    }

    private static void storeAligned(
            Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate) {
        if (rm < 0) {
            Simd.checkAligned(cpu, segment, offset);
        }
        store(simd, cpu, reg, rm, segment, offset, immediate);
    }

    private static void store(Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate) {
        if (rm >= 0) {
            simd.set(rm, simd.low(reg), simd.high(reg));
            return;
        }
        // a fault in the second half must find the first one unwritten
        cpu.probeWrite(segment, offset, 16);
        cpu.store64(segment, offset, simd.low(reg));
        cpu.store64(segment, offset + 8, simd.high(reg));
    }

    private static void halves(SimdOpcodes opcodes) {
        SimdInstruction loadLow =
                (simd, cpu, reg, rm, segment, offset, immediate) -> simd.low(reg, cpu.load64(segment, offset));
        SimdInstruction loadHigh =
                (simd, cpu, reg, rm, segment, offset, immediate) -> simd.high(reg, cpu.load64(segment, offset));
        SimdInstruction storeLow =
                (simd, cpu, reg, rm, segment, offset, immediate) -> cpu.store64(segment, offset, simd.low(reg));
        SimdInstruction storeHigh =
                (simd, cpu, reg, rm, segment, offset, immediate) -> cpu.store64(segment, offset, simd.high(reg));
        opcodes.add(NONE, 0x12, Form.MEMORY, SimdEntry.xmm("MOVLPS", Feature.SSE, loadLow));
        opcodes.add(P66, 0x12, Form.MEMORY, SimdEntry.xmm("MOVLPD", Feature.SSE2, loadLow));
        opcodes.add(NONE, 0x13, Form.MEMORY, SimdEntry.xmm("MOVLPS", Feature.SSE, storeLow));
        opcodes.add(P66, 0x13, Form.MEMORY, SimdEntry.xmm("MOVLPD", Feature.SSE2, storeLow));
        opcodes.add(NONE, 0x16, Form.MEMORY, SimdEntry.xmm("MOVHPS", Feature.SSE, loadHigh));
        opcodes.add(P66, 0x16, Form.MEMORY, SimdEntry.xmm("MOVHPD", Feature.SSE2, loadHigh));
        opcodes.add(NONE, 0x17, Form.MEMORY, SimdEntry.xmm("MOVHPS", Feature.SSE, storeHigh));
        opcodes.add(P66, 0x17, Form.MEMORY, SimdEntry.xmm("MOVHPD", Feature.SSE2, storeHigh));
        opcodes.add(
                NONE,
                0x12,
                Form.REGISTER,
                SimdEntry.xmm(
                        "MOVHLPS",
                        Feature.SSE,
                        (simd, cpu, reg, rm, segment, offset, immediate) -> simd.low(reg, simd.high(rm))));
        opcodes.add(
                NONE,
                0x16,
                Form.REGISTER,
                SimdEntry.xmm(
                        "MOVLHPS",
                        Feature.SSE,
                        (simd, cpu, reg, rm, segment, offset, immediate) -> simd.high(reg, simd.low(rm))));
    }

    /** A load clears what is above the scalar; between registers that stays as it was. */
    private static void scalars(SimdOpcodes opcodes) {
        opcodes.add(PF3, 0x10, SimdEntry.xmm("MOVSS", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            if (rm >= 0) {
                simd.low(reg, withLowDword(simd.low(reg), simd.low(rm)));
            } else {
                simd.set(reg, cpu.load32(segment, offset) & 0xFFFF_FFFFL, 0);
            }
        }));
        opcodes.add(PF3, 0x11, SimdEntry.xmm("MOVSS", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            if (rm >= 0) {
                simd.low(rm, withLowDword(simd.low(rm), simd.low(reg)));
            } else {
                cpu.store32(segment, offset, (int) simd.low(reg));
            }
        }));
        opcodes.add(
                PF2, 0x10, SimdEntry.xmm("MOVSD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    if (rm >= 0) {
                        simd.low(reg, simd.low(rm));
                    } else {
                        simd.set(reg, cpu.load64(segment, offset), 0);
                    }
                }));
        opcodes.add(
                PF2, 0x11, SimdEntry.xmm("MOVSD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    if (rm >= 0) {
                        simd.low(rm, simd.low(reg));
                    } else {
                        cpu.store64(segment, offset, simd.low(reg));
                    }
                }));
    }

    static long withLowDword(long value, long dword) {
        return value & 0xFFFF_FFFF_0000_0000L | dword & 0xFFFF_FFFFL;
    }

    private static void betweenFiles(SimdOpcodes opcodes) {
        opcodes.add(P66, 0x6E, SimdEntry.xmm("MOVD", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            int value = rm >= 0 ? cpu.gpr(rm) : cpu.load32(segment, offset);
            simd.set(reg, value & 0xFFFF_FFFFL, 0);
        }));
        opcodes.add(
                P66,
                0x7E,
                SimdEntry.xmm(
                        "MOVD",
                        Feature.SSE2,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                store32(cpu, rm, segment, offset, (int) simd.low(reg))));
        opcodes.add(
                PF3,
                0x7E,
                SimdEntry.xmm(
                        "MOVQ",
                        Feature.SSE2,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                simd.set(reg, simd.source64(cpu, rm, segment, offset), 0)));
        opcodes.add(P66, 0xD6, SimdEntry.xmm("MOVQ", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
            if (rm >= 0) {
                simd.set(rm, simd.low(reg), 0);
            } else {
                cpu.store64(segment, offset, simd.low(reg));
            }
        }));
        opcodes.add(
                PF3,
                0xD6,
                Form.REGISTER,
                SimdEntry.mixed("MOVQ2DQ", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    cpu.enterMmx();
                    simd.set(reg, cpu.mmx(rm), 0);
                }));
        opcodes.add(
                PF2,
                0xD6,
                Form.REGISTER,
                SimdEntry.mixed("MOVDQ2Q", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                    cpu.enterMmx();
                    cpu.mmx(reg, simd.low(rm));
                }));
        opcodes.add(
                NONE,
                0xC3,
                Form.MEMORY,
                SimdEntry.plain(
                        "MOVNTI",
                        Feature.SSE2,
                        (simd, cpu, reg, rm, segment, offset, immediate) ->
                                cpu.store32(segment, offset, cpu.gpr(reg))));
    }

    private static void masked(SimdOpcodes opcodes) {
        opcodes.add(
                NONE,
                0xF7,
                Form.REGISTER,
                SimdEntry.mmx("MASKMOVQ", Feature.SSE, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                            int mask = Lanes.byteSigns(cpu.mmx(rm));
                            probe(cpu, segment, offset, mask);
                            storeBytes(cpu, segment, offset, cpu.mmx(reg), mask);
                            cpu.enterMmx();
                        })
                        .storingAtEdi());
        opcodes.add(
                P66,
                0xF7,
                Form.REGISTER,
                SimdEntry.xmm("MASKMOVDQU", Feature.SSE2, (simd, cpu, reg, rm, segment, offset, immediate) -> {
                            int low = Lanes.byteSigns(simd.low(rm));
                            int high = Lanes.byteSigns(simd.high(rm));
                            probe(cpu, segment, offset, low | high << 8);
                            storeBytes(cpu, segment, offset, simd.low(reg), low);
                            storeBytes(cpu, segment, offset + 8, simd.high(reg), high);
                        })
                        .storingAtEdi());
    }

    /** From the first to the last byte to be written: an empty mask can't fault, which the manual leaves open. */
    private static void probe(SimdContext cpu, int segment, int offset, int mask) {
        if (mask != 0) {
            int first = Integer.numberOfTrailingZeros(mask);
            int last = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(mask);
            cpu.probeWrite(segment, offset + first, last - first + 1);
        }
    }

    private static void storeBytes(SimdContext cpu, int segment, int offset, long bytes, int mask) {
        for (int i = 0; i < 8; i++) {
            if ((mask >> i & 1) != 0) {
                cpu.store8(segment, offset + i, (int) (bytes >>> 8 * i) & 0xFF);
            }
        }
    }
}
