// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.InterruptController;
import vmlab.vmm.Machine;
import vmlab.vmm.Vcpu;

/** A lab keeps machines that have ended, for what they printed; what their CPUs have decoded isn't kept for that. */
class ClosedCpuTest {
    private static final InterruptController NONE = new InterruptController() {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new AssertionError("nothing is pending");
        }
    };

    @Test
    void aClosedMachineKeepsItsTimeAndNoCpu() {
        Machine machine = new Machine("m", GuestMemory.allocate(1 << 20), (source, message) -> {});
        machine.open(new SoftHypervisor(), NONE);
        machine.clock().skipTo(1_000_000);
        WeakReference<Vcpu> cpu = new WeakReference<>(machine.vcpu());
        machine.close();

        for (int i = 0; i < 20 && cpu.get() != null; i++) {
            System.gc();
        }

        assertNull(cpu.get());
        assertEquals(1_000_000, machine.clock().nanos());
    }
}
