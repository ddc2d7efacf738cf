// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import vmlab.vmm.kvm.HypercallTransport;
import vmlab.vmm.kvm.KvmProbe;

final class BackendChoiceTest {
    private static KvmProbe.Result kvm(KvmProbe.Kind kind) {
        return new KvmProbe.Result(kind, "this was seen", "do that", HypercallTransport.DOORBELL);
    }

    @Test
    void autoStaysWithTheSoftCpuWhileKvmIsOnTrial() {
        BackendChoice choice = BackendChoice.of(Backend.AUTO, () -> kvm(KvmProbe.Kind.HARDWARE));

        assertEquals("soft", choice.hypervisor().name());
        assertEquals(
                "backend soft: the CPU in Java; KVM, on which this was seen, is there on trial, and for VMs of several CPUs: "
                        + "--backend kvm takes it",
                choice.note());
        assertEquals("soft", choice.hypervisor(1).name());
        assertEquals("kvm", choice.hypervisor(2).name());
    }

    @Test
    void kvmIsTakenWhereItPages() {
        BackendChoice choice = BackendChoice.of(Backend.KVM, () -> kvm(KvmProbe.Kind.HARDWARE));

        assertEquals("kvm", choice.hypervisor().name());
        assertEquals("backend kvm: the host's CPU", choice.note());
    }

    @Test
    void autoFallsBackAndSaysWhy() {
        for (KvmProbe.Kind kind : new KvmProbe.Kind[] {KvmProbe.Kind.NO_PAGING, KvmProbe.Kind.NONE}) {
            BackendChoice choice = BackendChoice.of(Backend.AUTO, () -> kvm(kind));

            assertEquals("soft", choice.hypervisor().name());
            assertEquals("soft", choice.hypervisor(2).name());
            assertEquals("backend soft: the CPU in Java, because this was seen", choice.note());
        }
    }

    @Test
    void kvmNeverFallsBack() {
        BackendUnavailable refused = assertThrows(
                BackendUnavailable.class, () -> BackendChoice.of(Backend.KVM, () -> kvm(KvmProbe.Kind.NO_PAGING)));

        assertTrue(refused.getMessage().contains("this was seen"), refused.getMessage());
        assertTrue(refused.remedy().contains("do that"), refused.remedy());
        assertTrue(refused.remedy().contains("--backend soft"), refused.remedy());
    }

    @Test
    void softAsksNobody() {
        BackendChoice choice = BackendChoice.of(Backend.SOFT, () -> {
            throw new AssertionError("probed");
        });

        assertEquals("soft", choice.hypervisor().name());
    }
}
