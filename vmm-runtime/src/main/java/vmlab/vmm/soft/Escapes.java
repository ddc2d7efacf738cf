// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** The escape opcodes D8 to DF and FWAIT: what the CPU checks before the x87 unit gets them. */
final class Escapes {
    private Escapes() {}

    static void execute(Cpu c, Insn i) {
        if ((c.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw c.raise(CpuFault.NM, 0);
        }
        throw c.undefined();
    }

    static void wait(Cpu c, Insn i) {
        if ((c.cr0 & (Cr0.MP | Cr0.TS)) == (Cr0.MP | Cr0.TS)) {
            throw c.raise(CpuFault.NM, 0);
        }
    }
}
