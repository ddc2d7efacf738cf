// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.CpuState;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.VmClock;

/**
 * Loads the classes of the CPU by decoding every opcode once, executing none: for a class-data archive, which keeps what
 * was loaded when it was made. Without it, the lambdas of the opcode tables cost a start some tenths of a second.
 */
final class Preload {
    private static final int CODE = 0x1000;
    private static final int OPCODES = 256;

    private static final InterruptController NO_INTERRUPTS = new InterruptController() {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new IllegalStateException("nothing is pending");
        }
    };

    private Preload() {}

    static void run() {
        GuestEvents nobody = (source, message) -> {};
        try (GuestMemory memory = GuestMemory.allocate(16L * GuestMemory.PAGE_BYTES)) {
            IoBus bus = new IoBus("preload", nobody);
            decodeAll(
                    new Cpu(new Board(memory, bus, bus, NO_INTERRUPTS, new VmClock(), new Hypercalls(nobody), nobody)));
        }
    }

    private static void decodeAll(Cpu c) {
        GuestMemory memory = c.board.memory();
        CpuState.Segment data =
                CpuState.flat(0, 8, 16, new CpuState.Table(0, 0)).ds();
        for (int register = 0; register < 6; register++) {
            int code = register == Cpu.CS ? Attributes.CODE : 0;
            c.segment(register, 8, (int) data.base(), data.limit(), data.attributes() | code);
        }
        Decoder decoder = new Decoder(c.mmu);
        for (int prefix : new int[] {0x90, 0x66, 0xF2, 0xF3}) {
            for (int opcode = 0; opcode < OPCODES; opcode++) {
                for (int modrm = 0; modrm < OPCODES; modrm += 8) {
                    decode(decoder, memory, prefix, opcode, modrm, 0);
                    decode(decoder, memory, prefix, 0x0F, opcode, modrm);
                }
            }
        }
        c.mmu.close();
    }

    private static void decode(Decoder decoder, GuestMemory memory, int... octets) {
        for (int i = 0; i < octets.length; i++) {
            memory.write8(CODE + i, octets[i]);
        }
        // Two: the first octet may be an instruction of its own.
        decoder.decode(CODE, 2);
    }
}
