// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.EDI;
import static vmlab.vmm.soft.system.Asm.ESI;
import static vmlab.vmm.soft.system.Asm.ESP;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Code that is written while it is used (SDM 3A, 8.1.3; a jump in between isn't needed on one processor). */
class SelfModifyingTest {
    private static final int INC_EBX = 0x43;
    private static final int INC_ECX = 0x41;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    @Test
    void aStoreIntoTheNextInstruction() {
        rig.code(code().storeByte(Rig.CODE + 7, INC_ECX).db(INC_EBX).hlt());
        Outcome outcome = rig.run();
        assertEquals(0, outcome.state().ebx());
        assertEquals(1, outcome.state().ecx());
    }

    @Test
    void aStoreAheadAndBehindInTheOwnBlock() {
        // Behind: the INC at the start is replaced, and run again.
        rig.code(code().db(INC_EBX)
                .storeByte(Rig.CODE + 22, INC_ECX)
                .storeByte(Rig.CODE, INC_ECX)
                .nop()
                .increment(EAX)
                .increment(EAX)
                .nop()
                .nop()
                .nop()
                .nop()
                .db(INC_EBX)
                .db(0x83, 0xF8, 4)
                .db(0x75, 0x100 - 28)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(4, outcome.state().eax());
        assertEquals(1, outcome.state().ebx());
        assertEquals(3, outcome.state().ecx());
    }

    @Test
    void aLoopsEarlierBlock() {
        int loop = Rig.CODE + 5;
        Asm code = code().mov(EAX, 3);
        code.db(INC_EBX)
                .jump(loop + 6)
                .storeByte(loop, INC_ECX)
                .db(0x48, 0x75, 0x100 - 16)
                .hlt();
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(1, outcome.state().ebx());
        assertEquals(2, outcome.state().ecx());
    }

    @Test
    void throughAnotherMappingOfThePage() {
        rig.paging();
        rig.map(0x300000, Rig.CODE, 7);
        rig.code(code().load(EAX, 0x300000)
                .store(0x300800, EAX)
                .storeByte(0x300000 + 19, INC_ECX)
                .db(INC_EBX)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(1, outcome.state().ecx(), outcome.fault());
        assertEquals(0, outcome.state().ebx());
    }

    @ParameterizedTest
    @ValueSource(ints = {0xA4, 0xAA})
    void byAStringInstruction(int opcode) {
        // Code that ran already is overwritten by REP MOVSB or REP STOSB from a page's end into the next.
        int target = 0x31000;
        rig.put(target - 2, new Asm(0).db(INC_EBX, INC_EBX, INC_EBX, 0xC3));
        rig.memory.write(Rig.DATA, new byte[] {INC_ECX, INC_ECX, INC_ECX});
        rig.code(code().mov(EBX, 0)
                .call(target - 2)
                .mov(EAX, INC_ECX)
                .mov(ESI, Rig.DATA)
                .mov(EDI, target - 2)
                .mov(ECX, 3)
                .db(0xF3, opcode)
                .call(target - 2)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(3, outcome.state().ebx(), outcome.fault());
        assertEquals(3, outcome.state().ecx());
    }

    @Test
    void aStringInstructionOverItself() {
        // REP STOSB over itself and what follows it: the rest of it is done, then the new bytes run.
        Asm code = code().mov(EAX, 0xF4)
                .mov(EDI, Rig.CODE + 15)
                .mov(ECX, 16)
                .db(0xF3, 0xAA)
                .db(INC_EBX, INC_EBX);
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(VcpuExit.Kind.STOPPED, outcome.exit().kind());
        assertEquals(0, outcome.state().ebx());
        assertEquals(0, outcome.state().ecx());
        assertEquals(Rig.CODE + 18, outcome.state().eip());
    }

    @Test
    void pushAndCallOntoCode() {
        rig.code(code().mov(ESP, Rig.CODE + 14)
                .push(0x41414141)
                .db(INC_EBX, INC_EBX, INC_EBX, INC_EBX)
                .hlt());
        assertEquals(4, rig.run().state().ecx());
        try (Rig second = new Rig()) {
            // The return address (a multiple of 16 MB plus INCs can't be had): what matters is that it is seen.
            second.code(new Asm(second.eip)
                    .mov(ESP, Rig.CODE + 14)
                    .call(Rig.CODE + 10)
                    .db(INC_EBX, INC_EBX)
                    .hlt());
            Outcome outcome = second.run();
            assertEquals(Rig.CODE + 10, second.memory.read32(Rig.CODE + 10));
            assertEquals(0, outcome.state().ebx(), "what stood there is not run");
        }
    }

    @Test
    void writesByDevicesAndLoaders() {
        rig.put(0x30000, new Asm(0).db(INC_EBX, 0xC3));
        rig.ports.map(new vmlab.vmm.AddressRange(0x50, 1), "dma", new vmlab.vmm.IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return 0;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                rig.memory.write(0x30000, new byte[] {(byte) value});
            }
        });
        rig.code(code().call(0x30000)
                .call(0x30000)
                .mov(EAX, INC_ECX)
                .out8(0x50)
                .call(0x30000)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(2, outcome.state().ebx());
        assertEquals(1, outcome.state().ecx());
    }

    @Test
    void anInstructionAcrossPagesSeesBothWrittenAndTheSecondRemapped() {
        rig.paging();
        int at = 0x31000 - 3;
        rig.put(at, new Asm(0).mov(EAX, 0x11111111).db(0x01, 0xC3, 0xC3));
        rig.put(0x41000, new Asm(0).dw(0x2222).db(0x01, 0xC3, 0xC3));
        rig.code(code().mov(EBX, 0)
                .call(at)
                .call(at)
                .storeByte(0x31001, 0x33)
                .call(at)
                .storeByte(at + 1, 0x44)
                .call(at)
                .storeImmediate(Rig.pte(0x31000), 0x41007)
                .invalidate(0x31000)
                .call(at)
                .hlt());
        int sum = 0x11111111 + 0x11111111 + 0x33111111 + 0x33111144 + 0x22221144;
        assertEquals(sum, rig.run().state().ebx());
    }

    @Test
    void aKernelsWayOfPatchingText() {
        // INT3 first, then the tail, then the first byte; between the steps the code is run.
        int site = 0x30000;
        rig.put(site, new Asm(site).mov(EAX, 1).db(0x01, 0xC3, 0xC3));
        rig.handler(
                3, Rig.handlerCode(3).db(0x83, 0x04, 0x24, 4, 0x41).mov(EAX, 0).iret());
        rig.code(code().call(site)
                .storeByte(site, 0xCC)
                .call(site)
                .storeImmediate(site + 1, 0x100)
                .call(site)
                .storeByte(site, 0xB8)
                .call(site)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(0x101, outcome.state().ebx(), outcome.fault());
        assertEquals(2, outcome.state().ecx());
    }

    @Test
    void dataInACodePageDoesNotDisturb() {
        // 10,000 stores beside the code that makes them; a counter in the same page, and in the same line of it.
        rig.code(code().mov(ECX, 10_000)
                .db(0xFF, 0x05)
                .dd(Rig.CODE + 0x800)
                .db(0xFF, 0x05)
                .dd(Rig.CODE + 0x30)
                .db(0x49, 0x75, 0x100 - 15)
                .hlt());
        rig.run();
        assertEquals(10_000, rig.memory.read32(Rig.CODE + 0x800));
        assertEquals(10_000, rig.memory.read32(Rig.CODE + 0x30));
        assertEquals(30_000 + 10_000 + 2, rig.count());
    }

    @Test
    void aWriteAboveTheFirstFourMegabytesOfAnotherPage() {
        // A store across a page's end whose second half hits code.
        rig.put(0x31000, new Asm(0).db(INC_EBX, INC_EBX, 0xC3));
        rig.code(code().call(0x31000)
                .storeImmediate(0x31000 - 2, 0x41410000)
                .call(0x31000)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(2, outcome.state().ebx());
        assertEquals(2, outcome.state().ecx());
    }
}
