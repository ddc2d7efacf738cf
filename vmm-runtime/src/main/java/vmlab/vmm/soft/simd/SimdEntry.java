// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * One instruction form of the opcode map, with what the CPU must know before it executes it.
 *
 * @param mnemonic as in the manual
 * @param feature that CPUID must announce for the instruction to exist
 * @param hasImmediate one byte follows the operands
 * @param usesMmx the CPU first checks CR0.EM (#UD), CR0.TS (#NM) and pending x87 exceptions (#MF)
 * @param usesXmm the CPU first checks CR0.EM and CR4.OSFXSR (#UD) and CR0.TS (#NM)
 * @param storesAtEdi the memory operand, beside a register in r/m, is DS:EDI (or DI), with the usual segment overrides
 */
public record SimdEntry(
        String mnemonic,
        SimdInstruction instruction,
        Feature feature,
        boolean hasImmediate,
        boolean usesMmx,
        boolean usesXmm,
        boolean storesAtEdi) {

    /** The bits of CPUID leaf 1, EDX, that announce the instructions. */
    public enum Feature {
        MMX,
        SSE,
        SSE2,
        /** CLFLUSH alone. */
        CLFSH
    }

    static SimdEntry mmx(String mnemonic, Feature feature, SimdInstruction instruction) {
        return new SimdEntry(mnemonic, instruction, feature, false, true, false, false);
    }

    static SimdEntry xmm(String mnemonic, Feature feature, SimdInstruction instruction) {
        return new SimdEntry(mnemonic, instruction, feature, false, false, true, false);
    }

    /** With operands in both register files: all checks apply. */
    static SimdEntry mixed(String mnemonic, Feature feature, SimdInstruction instruction) {
        return new SimdEntry(mnemonic, instruction, feature, false, true, true, false);
    }

    /** A hint or a fence: no state of either register file, so none of the checks. */
    static SimdEntry plain(String mnemonic, Feature feature, SimdInstruction instruction) {
        return new SimdEntry(mnemonic, instruction, feature, false, false, false, false);
    }

    SimdEntry withImmediate() {
        return new SimdEntry(mnemonic, instruction, feature, true, usesMmx, usesXmm, storesAtEdi);
    }

    SimdEntry storingAtEdi() {
        return new SimdEntry(mnemonic, instruction, feature, hasImmediate, usesMmx, usesXmm, true);
    }
}
