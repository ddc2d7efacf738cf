// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.EDI;
import static vmlab.vmm.soft.system.Asm.EDX;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.AddressRange;
import vmlab.vmm.CpuState;
import vmlab.vmm.IoDevice;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Time, kicks and device accesses: what a program sees doesn't depend on how its run was cut. */
class SliceTest {
    private final Rig rig = new Rig();
    private final List<String> accesses = new ArrayList<>();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    private void device(Rig on) {
        on.mmio.map(new AddressRange(Rig.MMIO & 0xFFFFFFFFL, 0x1000), "device", new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                accesses.add("r%x@%d".formatted(offset, on.clock.nanos() / 10));
                return 0x10;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                accesses.add("w%x=%x@%d".formatted(offset, value, on.clock.nanos() / 10));
            }
        });
    }

    @Test
    void aDeviceSeesTheCountOfTheInstructionThatReachesIt() {
        device(rig);
        rig.code(code().nop()
                .load(EAX, Rig.MMIO)
                .nop()
                .store(Rig.MMIO + 4, EAX)
                .db(0x81, 0x05)
                .dd(Rig.MMIO + 8)
                .dd(3)
                .mov(EAX, 1)
                .db(0x87, 0x05)
                .dd(Rig.MMIO + 12)
                .db(0xFF, 0x05)
                .dd(Rig.MMIO + 16)
                .hlt());
        rig.run();
        assertEquals(
                List.of("r0@2", "w4=10@4", "r8@5", "w8=13@5", "rc@7", "wc=1@7", "r10@8", "w10=11@8"),
                accesses,
                "each read and written once");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void theSameTimesWhereverAnAlarmCutsTheBlock(int at) {
        device(rig);
        // CMP [MMIO], EBX; JNZ is one pair; the alarm falls before, between or behind its halves.
        rig.code(code().nop()
                .nop()
                .increment(EAX)
                .db(0x39, 0x1D)
                .dd(Rig.MMIO)
                .db(0x75, 1)
                .nop()
                .increment(EAX)
                .load(ECX, Rig.MMIO + 4)
                .hlt());
        List<Long> fired = new ArrayList<>();
        rig.clock.alarm(() -> fired.add(rig.count())).at(10L * at);
        rig.run();
        assertEquals(List.of("r0@4", "r4@7"), accesses);
        assertEquals(List.of((long) at), fired);
        assertEquals(8, rig.count());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void aFetchFaultTakesTheSameTimeWhereverASliceEnds(int at) {
        rig.paging();
        rig.map(0x50000, 0, 0);
        rig.code(code().nop().nop().jump(0x50000));
        rig.clock.alarm(() -> {}).at(10L * at);
        assertEquals("#14(0)", rig.run().fault());
        assertEquals(5, rig.count(), "three instructions, the one not fetched, the handler's HLT");
    }

    /** A program with faults, strings, calls, device accesses, stores onto code, and jumps fused with comparisons. */
    private void program(Rig on) {
        on.paging();
        on.memory.write32(Rig.DIRECTORY + (Rig.MMIO >>> 22 << 2), 0x200007);
        on.memory.write32(0x200000, Rig.MMIO | 7);
        device(on);
        on.gate(0x30, 0x8E, Rig.CODE0, 0x35000);
        on.put(0x35000, new Asm(0x35000).db(0xFF, 0x05).dd(0x51000).iret());
        on.gate(14, 0x8E, Rig.CODE0, 0x36000);
        on.put(
                0x36000,
                new Asm(0x36000)
                        .db(0x50)
                        .storeImmediate(Rig.pte(0x50000), 0x50007)
                        .db(0x58, 0x83, 0xC4, 4)
                        .iret());
        on.gate(6, 0x8E, Rig.CODE0, 0x37000);
        on.put(0x37000, new Asm(0x37000).db(0x83, 0x04, 0x24, 2).iret());
        Asm code = new Asm(Rig.CODE).flags(0x202).mov(EBX, 300);
        int loop = code.here();
        code.storeImmediate(Rig.pte(0x50000), 0)
                .invalidate(0x50000)
                .mov(ECX, 3000)
                .mov(EDI, 0x50FF0)
                .db(0xF3, 0xAA)
                .db(0x81, 0x3D)
                .dd(0x50FF0)
                .dd(0)
                .db(0x75, 2)
                .db(0x0F, 0x0B)
                .db(0x0F, 0x0B);
        int patched = code.here();
        code.mov(EDX, 1)
                .db(0x01, 0xD6)
                .db(0xFE, 0x05)
                .dd(patched + 1)
                .load(EDX, Rig.MMIO + 4)
                .db(0x01, 0xD6);
        code.db(0xFB).db(0x4B, 0x0F, 0x85).dd(loop - code.here() - 7 + 1);
        on.code(code.cli().hlt());
        on.clock.alarm(() -> on.pin.vector = 0x30).at(7770);
        on.clock.alarm(() -> on.pin.vector = 0x30).at(33_330);
    }

    @Test
    void theSameProgramEndsTheSameHoweverItIsCut() {
        List<String> ends = new ArrayList<>();
        List<List<String>> seen = new ArrayList<>();
        for (int run = 0; run < 12; run++) {
            accesses.clear();
            try (Rig each = new Rig()) {
                program(each);
                Random random = new Random(run);
                if (run > 0) {
                    int most = run < 6 ? 30 : 3000;
                    cut(each, random, most, run % 2 == 0);
                }
                Outcome outcome = each.run();
                while (outcome.exit().kind() == VcpuExit.Kind.KICKED && each.clock.nanos() < 100_000_000) {
                    outcome = each.run();
                }
                ends.add(outcome.state().describe() + " " + each.count() + " " + each.memory.read32(0x51000));
                seen.add(List.copyOf(accesses));
            }
        }
        for (int run = 1; run < ends.size(); run++) {
            assertEquals(ends.get(0), ends.get(run), "seed " + run);
            assertEquals(seen.get(0), seen.get(run), "seed " + run);
        }
        assertTrue(ends.get(0).contains("EBX=00000000"), ends.get(0));
    }

    /** Alarms at random distances, with or without a kick: each ends a slice. */
    private static void cut(Rig on, Random random, int most, boolean kick) {
        vmlab.vmm.VmClock.Alarm[] alarm = new vmlab.vmm.VmClock.Alarm[1];
        alarm[0] = on.clock.alarm(() -> {
            if (kick) {
                on.cpu.kick();
            }
            alarm[0].at(on.clock.nanos() + 10 * (1 + random.nextInt(most)));
        });
        alarm[0].at(10);
    }

    @Test
    void aStateTakenInTheMiddleGoesOnInAnotherCpu() {
        Rig whole = rig;
        program(whole);
        Outcome end = whole.run();
        try (Rig first = new Rig();
                Rig second = new Rig()) {
            program(first);
            first.clock.alarm(first.cpu::kick).at(12_340);
            assertEquals(VcpuExit.Kind.KICKED, first.run().exit().kind());
            CpuState middle = first.cpu.state();
            second.clock.skipTo(first.clock.nanos());
            second.cpu.restore(middle);
            assertEquals(middle, second.cpu.state());
            program(second);
            second.memory.write(0, first.memory.read(0, Rig.RAM));
            // The alarm that had fired fires again at once, unless the time has passed: only the later one is left.
            second.clock.fireDue();
            second.pin.vector = -1;
            second.cpu.run();
            assertEquals(end.state(), second.cpu.state());
            assertEquals(whole.memory.read32(0x51000), second.memory.read32(0x51000));
        }
    }

    @Test
    void aKickFromAnotherThreadEndsTheRun() {
        rig.code(code().jump(Rig.CODE));
        rig.cpu.restore(rig.start());
        VcpuExit exit = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> runAndKick());
        assertEquals(VcpuExit.Kind.KICKED, exit.kind());
    }

    private VcpuExit runAndKick() throws InterruptedException, ExecutionException {
        CompletableFuture<Void> running = new CompletableFuture<>();
        rig.clock.alarm(() -> running.complete(null)).at(1000);
        CompletableFuture<Void> kicker = running.thenRunAsync(rig.cpu::kick);
        VcpuExit exit = rig.cpu.run();
        kicker.get();
        return exit;
    }

    @Test
    void aKickThatComesBeforeTheRunEndsItAtOnce() {
        rig.code(code().increment(EAX).cli().hlt());
        rig.cpu.restore(rig.start());
        rig.cpu.kick();
        assertEquals(VcpuExit.Kind.KICKED, rig.cpu.run().kind());
        assertEquals(0, rig.cpu.state().eax());
        assertEquals(VcpuExit.Kind.STOPPED, rig.cpu.run().kind());
        assertEquals(1, rig.cpu.state().eax());
    }

    @Test
    void aKickByADeviceEndsTheRunBehindTheInstruction() {
        rig.mmio.map(new AddressRange(Rig.MMIO & 0xFFFFFFFFL, 4), "kicker", new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return 0;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                rig.cpu.kick();
            }
        });
        rig.code(code().nop().store(Rig.MMIO, EAX).increment(EAX).hlt());
        Outcome outcome = rig.run();
        assertEquals(VcpuExit.Kind.KICKED, outcome.exit().kind());
        assertEquals(Rig.CODE + 7, outcome.state().eip());
        assertEquals(0, outcome.state().eax());
    }
}
