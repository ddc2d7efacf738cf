// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Table;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.VmClock;
import vmlab.vmm.soft.SoftHypervisor;

/** RAM whose physical addresses have the top bit set: a guest of more than 2 GB runs code there. */
class HighMemoryTest {
    private static final long RAM = 3L << 30;
    private static final int CODE = 0xB0000FF0;

    private static final InterruptController NO_INTERRUPTS = new InterruptController() {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new AssertionError("nothing to acknowledge");
        }
    };

    private static CpuState run(Asm code) {
        try (GuestMemory memory = GuestMemory.allocate(RAM)) {
            memory.write(CODE & 0xFFFFFFFFL, code.bytes());
            IoBus ports = new IoBus("port", (source, message) -> {});
            IoBus mmio = new IoBus("memory", (source, message) -> {});
            Hypercalls hypercalls = new Hypercalls((source, message) -> {});
            VmClock clock = new VmClock();
            Vm vm = new SoftHypervisor()
                    .create(new Board(memory, ports, mmio, NO_INTERRUPTS, clock, hypercalls, (source, message) -> {}));
            try {
                vm.vcpu().restore(CpuState.flat(CODE, 8, 16, new Table(0, 0)));
                assertEquals(VcpuExit.Kind.STOPPED, vm.vcpu().run().kind());
                return vm.vcpu().state();
            } finally {
                vm.close();
            }
        }
    }

    @Test
    void codeAboveTwoGigabytesRunsAlsoAcrossAPage() {
        Asm code = new Asm(CODE);
        // Five octets each: the fourth runs over the page's end.
        code.mov(Asm.EAX, 1).mov(Asm.EBX, 2).mov(Asm.ECX, 3).mov(Asm.EDX, 0x12345678);
        assertEquals(0x12345678, run(code.hlt()).edx());
    }

    @Test
    void codeAboveTwoGigabytesMayPatchItself() {
        Asm code = new Asm(CODE);
        // The store takes seven octets; behind it the opcode of MOV EDX, then its immediate.
        code.storeByte(CODE + 8, 0x66).mov(Asm.EDX, 0x11);
        assertEquals(0x66, run(code.hlt()).edx());
    }
}
