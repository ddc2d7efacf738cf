// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.CpuIdentity;

/** The CPUID instruction. */
final class Identity {
    private Identity() {}

    static void leaf(Cpu c) {
        CpuIdentity.Leaf answer = CpuIdentity.leaf(c.r[Cpu.EAX]);
        c.r[Cpu.EAX] = answer.eax();
        c.r[Cpu.EBX] = answer.ebx();
        c.r[Cpu.ECX] = answer.ecx();
        c.r[Cpu.EDX] = answer.edx();
    }
}
