// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vmlab.vmm.CpuIdentity;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.HostMistake;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.SoftHypervisor;

/** Guests of a few instructions in 64-bit mode, which every kind of KVM runs one way or another. */
@Tag("kvm")
@Timeout(60)
final class LongModeTest {
    private static final int TABLES = 0x8000;

    @BeforeEach
    void needsKvm() {
        KvmHere.required();
    }

    private static Rig rig(String code) {
        Rig rig = new Rig(new KvmHypervisor(), CpuModel.AMD64, HexFormat.of().parseHex(code.replace(" ", "")));
        // The first 2 MB at 0 and at the top 2 GB.
        rig.memory.write64(TABLES, TABLES + 0x1003);
        rig.memory.write64(TABLES + 8 * 511, TABLES + 0x1003);
        rig.memory.write64(TABLES + 0x1000, TABLES + 0x2003);
        rig.memory.write64(TABLES + 0x1000 + 8 * 510, TABLES + 0x2003);
        rig.memory.write64(TABLES + 0x2000, 0x83);
        CpuState flat = Rig.flat();
        rig.vcpu()
                .restore(flat.with(flat.segments().withCode(new CpuState.Segment(0x10, 0, -1, 0xA09B00)))
                        .with(new CpuState.Control(0x80000011L, 0, TABLES, 1 << 5, 0x500)));
        return rig;
    }

    @Test
    void wideRegistersComeBackWhole() {
        // mov $0x1122334455667788, %rax; lea 1(%rax), %r8; lea 2(%rax), %r15; cli; hlt
        try (Rig rig = rig("48b88877665544332211 4c8d4001 4c8d7802 fa f4")) {
            VcpuExit exit = rig.vcpu().run();

            assertEquals(VcpuExit.Kind.STOPPED, exit.kind(), exit.detail());
            General general = rig.vcpu().state().general();
            assertEquals(0x1122334455667788L, general.register(General.RAX));
            assertEquals(0x1122334455667789L, general.register(8));
            assertEquals(0x112233445566778AL, general.register(15));
            assertEquals(0x500, rig.vcpu().state().control().efer() & 0x500);
        }
    }

    @Test
    void theGuestRunsInTheTop2Gigabytes() {
        // mov $0xffffffff8000100a, %rax [sign-extended]; jmp *%rax; hlt; cli; hlt
        try (Rig rig = rig("48c7c00a100080 ffe0 f4 fa f4")) {
            VcpuExit exit = rig.vcpu().run();

            assertEquals(VcpuExit.Kind.STOPPED, exit.kind(), exit.detail());
            assertEquals(0xFFFFFFFF8000100CL, rig.vcpu().state().general().rip());
        }
    }

    @Test
    void aStateOf64BitModeGoesOnInAnotherMachine() {
        // mov $0x123456789abcdef0, %r12; out %al, $0x20; inc %r12; cli; hlt
        String code = "49bcf0debc9a78563412 e620 49ffc4 fa f4";
        try (Rig first = rig(code);
                Rig second = rig(code)) {
            first.vcpu().run();
            CpuState stopped = first.vcpu().state();
            second.vcpu()
                    .restore(stopped.with(stopped.general().withRip(Rig.CODE + 12))
                            .with(CpuState.Activity.RUNNING));

            second.vcpu().run();

            assertEquals(0x123456789ABCDEF2L, second.vcpu().state().general().register(12));
        }
    }

    @Test
    void deviceAccessesComeFrom64BitCode() {
        // mov $0x5a, %al; out %al, $0x20; cli; hlt
        try (Rig rig = rig("b05a e620 fa f4")) {
            rig.vcpu().run();

            assertEquals("port write 0x0, 1 bytes: 0x5a", rig.log.get(0));
        }
    }

    @Test
    void theCpuInJavaRefusesIt() {
        HostMistake refused =
                assertThrows(HostMistake.class, () -> new Rig(new SoftHypervisor(), CpuModel.AMD64, new byte[1]));

        assertTrue(refused.getMessage().contains("32-bit"), refused.getMessage());
        assertTrue(refused.remedy().contains("--backend kvm"), refused.remedy());
    }

    @Test
    void cpuidSaysWhatTheModelAndTheHostHave() {
        KvmHere.pagingRequired();
        // mov $0x80000001, %eax; cpuid; cli; hlt
        try (Rig rig = rig("b801000080 0fa2 fa f4")) {
            rig.vcpu().run();

            int edx = rig.vcpu().state().edx();
            assertEquals(CpuIdentity.LM, edx & CpuIdentity.LM);
            assertEquals(0, edx & ~CpuIdentity.leaf(CpuModel.AMD64, 0x80000001).edx());
        }
    }
}
