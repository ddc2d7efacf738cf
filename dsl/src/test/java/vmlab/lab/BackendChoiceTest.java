// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import vmlab.vmm.CpuModel;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.kvm.HypercallTransport;
import vmlab.vmm.kvm.KvmProbe;

final class BackendChoiceTest {
    private static KvmProbe.Result kvm(KvmProbe.Kind kind) {
        return new KvmProbe.Result(kind, "this was seen", "do that", HypercallTransport.DOORBELL, "no such mode");
    }

    private static KvmProbe.Result kvm64(KvmProbe.Kind kind) {
        return new KvmProbe.Result(kind, "this was seen", "do that", HypercallTransport.DOORBELL, "");
    }

    @Test
    void autoTakesKvmWhereItPagesAndSaysWhy() {
        BackendChoice choice =
                BackendChoice.of(Backend.AUTO, SoftCpu.COMPILER, CpuModel.I386, () -> kvm(KvmProbe.Kind.HARDWARE));

        assertEquals("kvm", choice.hypervisor().name());
        assertEquals("backend kvm: the host's CPU, because this was seen", choice.note());
    }

    @Test
    void kvmIsTakenWhereItPages() {
        BackendChoice choice =
                BackendChoice.of(Backend.KVM, SoftCpu.COMPILER, CpuModel.I386, () -> kvm(KvmProbe.Kind.HARDWARE));

        assertEquals("kvm", choice.hypervisor().name());
        assertEquals("backend kvm: the host's CPU", choice.note());
    }

    @Test
    void autoFallsBackAndSaysWhy() {
        for (KvmProbe.Kind kind : new KvmProbe.Kind[] {KvmProbe.Kind.NO_PAGING, KvmProbe.Kind.NONE}) {
            BackendChoice choice = BackendChoice.of(Backend.AUTO, SoftCpu.COMPILER, CpuModel.I386, () -> kvm(kind));

            assertEquals("soft", choice.hypervisor().name());
            assertEquals("backend soft: the CPU in Java, because this was seen", choice.note());
        }
    }

    @Test
    void kvmNeverFallsBack() {
        BackendUnavailable refused = assertThrows(
                BackendUnavailable.class,
                () -> BackendChoice.of(
                        Backend.KVM, SoftCpu.COMPILER, CpuModel.I386, () -> kvm(KvmProbe.Kind.NO_PAGING)));

        assertTrue(refused.getMessage().contains("this was seen"), refused.getMessage());
        assertTrue(refused.remedy().contains("do that"), refused.remedy());
        assertTrue(refused.remedy().contains("--backend soft"), refused.remedy());
    }

    @Test
    void aLabOnKvmOpensIfAnyKernelRunsThere() {
        assertDoesNotThrow(() -> BackendChoice.check(Backend.KVM, () -> kvm64(KvmProbe.Kind.NO_PAGING)));
        assertDoesNotThrow(() -> BackendChoice.check(Backend.KVM, () -> kvm(KvmProbe.Kind.HARDWARE)));
        assertThrows(
                BackendUnavailable.class, () -> BackendChoice.check(Backend.KVM, () -> kvm(KvmProbe.Kind.NO_PAGING)));
    }

    @Test
    void a64BitKernelTakesKvmWhereThatRunsIt() {
        for (Backend wanted : new Backend[] {Backend.AUTO, Backend.KVM}) {
            BackendChoice choice =
                    BackendChoice.of(wanted, SoftCpu.COMPILER, CpuModel.AMD64, () -> kvm64(KvmProbe.Kind.NO_PAGING));

            assertEquals("kvm", choice.hypervisor().name());
            assertTrue(choice.note().startsWith("backend kvm: the host's CPU"), choice.note());
        }
    }

    @Test
    void a64BitKernelIsRefusedWhereNothingRunsIt() {
        for (Backend wanted : Backend.values()) {
            BackendUnavailable refused = assertThrows(
                    BackendUnavailable.class,
                    () -> BackendChoice.of(
                            wanted, SoftCpu.COMPILER, CpuModel.AMD64, () -> kvm(KvmProbe.Kind.HARDWARE)));

            assertTrue(refused.getMessage().contains("the CPU in Java is a 32-bit one"), refused.getMessage());
            assertTrue(refused.remedy().contains("KVM") || refused.remedy().contains("do that"), refused.remedy());
            assertTrue(refused.remedy().contains("debian.kernel"), refused.remedy());
        }
    }

    @Test
    void softAsksNobody() {
        BackendChoice choice = BackendChoice.of(Backend.SOFT, SoftCpu.COMPILER, CpuModel.I386, () -> {
            throw new AssertionError("probed");
        });

        assertEquals("soft", choice.hypervisor().name());
    }
}
