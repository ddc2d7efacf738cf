// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.AddressRange;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.Machine;
import vmlab.vmm.MachineEnd;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.SoftHypervisor;

/** The run loop on this host's KVM, with guests in real mode, which every kind of KVM runs. */
@Tag("kvm")
@Timeout(60)
final class KvmVcpuTest {
    private static final String SPIN = "eb fe"; // jmp .
    private static final String SPIN_WITHOUT_INTERRUPTS = "fa eb fe"; // cli; jmp .
    private static final String COUNT_WITHOUT_INTERRUPTS = "fa ff 06 00 01 eb fa"; // cli; l: inc word [0x100]; jmp l
    private static final String STI_HLT = "fb f4 43 fa f4"; // sti; hlt; inc bx; cli; hlt

    @BeforeEach
    void needsKvm() {
        KvmHere.required();
    }

    private static Rig rig(String code) {
        Rig rig = new Rig(new KvmHypervisor(), HexFormat.ofDelimiter(" ").parseHex(code));
        rig.vcpu().restore(Rig.real());
        return rig;
    }

    @Test
    void aKickBeforeTheRunEndsItBeforeTheFirstInstruction() {
        try (Rig rig = rig(STI_HLT)) {
            rig.vcpu().kick();

            assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
            assertEquals(Rig.CODE, rig.vcpu().state().eip());
            assertEquals(VcpuExit.Kind.HALTED, rig.vcpu().run().kind());
        }
    }

    @Test
    void anInterruptThatComesWithAnExceptionIsNotForgotten() {
        // What interprets real mode on a para-virtual host loses its way over the two by itself.
        KvmHere.pagingRequired();
        // sti; mov $0x3a, %ecx; rdmsr; hlt
        try (Rig rig = rig("fb 66 b9 3a 00 00 00 0f 32 f4")) {
            rig.memory.write32(4 * 13, 0x2000);
            // inc %si; mov %sp, %bp; addw $2, (%bp); iret
            rig.memory.write(0x2000, HexFormat.of().parseHex("4689e583460002cf"));
            rig.memory.write32(4 * 0x40, 0x2100);
            // inc %di; iret
            rig.memory.write(0x2100, HexFormat.of().parseHex("47cf"));
            rig.onEvent = () -> rig.interrupt = 0x40;

            assertEquals(VcpuExit.Kind.HALTED, rig.vcpu().run().kind());

            assertEquals(List.of("cpu: RDMSR of unknown register 0x3a"), rig.log);
            assertEquals(
                    List.of(1, 1),
                    List.of(rig.vcpu().state().esi(), rig.vcpu().state().edi()));
        }
    }

    @Test
    void aGuestThatLoopsWithInterruptsOffIsKickedWithin10MillisecondsAndGoesOn() throws Exception {
        try (Rig rig = rig(COUNT_WITHOUT_INTERRUPTS)) {
            long[] nanos = new long[100];
            CyclicBarrier turn = new CyclicBarrier(2);
            long[] kickedAt = new long[1];
            Thread kicker = new Thread(() -> {
                for (int i = 0; i < nanos.length; i++) {
                    await(turn);
                    awaitCounting(rig);
                    kickedAt[0] = System.nanoTime();
                    rig.vcpu().kick();
                    await(turn);
                }
            });
            kicker.start();
            for (int i = 0; i < nanos.length; i++) {
                await(turn);
                assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
                long back = System.nanoTime();
                await(turn);
                nanos[i] = back - kickedAt[0];
            }
            kicker.join();
            Arrays.sort(nanos);
            System.out.printf(
                    "kick: %d us in the middle, %d us at most%n",
                    nanos[nanos.length / 2] / 1000, nanos[nanos.length - 1] / 1000);
            // The middle: single ones belong to the host's scheduler.
            assertTrue(nanos[nanos.length / 2] < 10_000_000, Arrays.toString(nanos));
            assertTrue(rig.memory.read16(0x100) != 0, "it counts");
            assertTrue(rig.vcpu().state().eip() > Rig.CODE, "it goes on where it was");
        }
    }

    /** Until the guest is seen running: a kick before its first instruction would prove little. */
    private static void awaitCounting(Rig rig) {
        int then = rig.memory.read16(0x100);
        long limit = System.nanoTime() + 10_000_000_000L;
        while (rig.memory.read16(0x100) == then && System.nanoTime() < limit) {
            Thread.onSpinWait();
        }
    }

    private static void await(CyclicBarrier turn) {
        try {
            turn.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void noKickOfManyIsLost() throws Exception {
        try (Rig rig = rig(SPIN)) {
            int kicks = 2000;
            CyclicBarrier turn = new CyclicBarrier(2);
            Thread kicker = new Thread(() -> {
                for (int i = 0; i < kicks; i++) {
                    await(turn);
                    rig.vcpu().kick();
                }
            });
            kicker.start();
            for (int i = 0; i < kicks; i++) {
                await(turn);
                assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
            }
            kicker.join();
        }
    }

    @Test
    void aDevicesKickTakesEffectAfterItsInstruction() {
        try (Rig rig = rig("e6 30 43 eb fe")) { // out al, 0x30; inc bx; jmp .
            rig.onInterruptPort = rig.vcpu()::kick;

            assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
            assertEquals(Rig.CODE + 2, rig.vcpu().state().eip());
            assertEquals(0, rig.vcpu().state().ebx());
        }
    }

    @Test
    void whatADeviceGaveIsInTheRegisterWhenItKicks() {
        try (Rig rig = rig("e4 20 e6 30 e5 22 eb fe")) { // in al, 0x20; out 0x30, al; in ax, 0x22; jmp .
            rig.onInterruptPort = rig.vcpu()::kick;

            rig.vcpu().run();

            assertEquals(0x11, rig.vcpu().state().eax() & 0xFF);
        }
    }

    @Test
    void anAlarmFiresOnTimeInABusyGuest() {
        try (Rig rig = rig(SPIN)) {
            long[] firedAt = new long[1];
            rig.clock
                    .alarm(() -> {
                        firedAt[0] = rig.clock.nanos();
                        rig.vcpu().kick();
                    })
                    .at(20_000_000);

            assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
            assertTrue(firedAt[0] >= 20_000_000, "not before its time: " + firedAt[0]);
            assertTrue(firedAt[0] < 2_000_000_000, "late: " + firedAt[0]);
        }
    }

    @Test
    void timeStandsStillWhileNothingRuns() {
        try (Rig rig = rig(STI_HLT)) {
            rig.vcpu().run();
            long then = rig.clock.nanos();
            long until = System.nanoTime() + 5_000_000;
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }

            assertEquals(then, rig.clock.nanos());
        }
    }

    @Test
    void skippedTimePassesForTheTimeStampCounterToo() {
        // A para-virtual KVM shows the host's counter, whatever its offset.
        KvmHere.pagingRequired();
        // rdtsc; xchg eax, esi; hlt; rdtsc; hlt
        try (Rig rig = rig("fa 0f 31 66 89 c6 66 89 d7 e6 30 0f 31 f4")) {
            rig.onInterruptPort = rig.vcpu()::kick;
            rig.vcpu().run();
            rig.clock.skipTo(rig.clock.nanos() + 3_600_000_000_000L);
            rig.vcpu().run();

            CpuState s = rig.vcpu().state();
            long ticks =
                    ((long) s.edx() << 32 | s.eax() & 0xFFFFFFFFL) - ((long) s.edi() << 32 | s.esi() & 0xFFFFFFFFL);
            assertTrue(ticks > 3600L * 100_000_000, "an hour is more than this: " + ticks);
            assertTrue(ticks < 3600L * 10_000_000_000L, "an hour is less than this: " + ticks);
        }
    }

    @Test
    void aHaltedGuestStaysHaltedUntilAnInterrupt() {
        try (Rig rig = rig(STI_HLT)) {
            rig.memory.write32(4 * 0x21, Rig.CODE + 0x100);
            rig.memory.write8(Rig.CODE + 0x100, 0xCF); // iret
            assertEquals(VcpuExit.Kind.HALTED, rig.vcpu().run().kind());
            assertEquals(VcpuExit.Kind.HALTED, rig.vcpu().run().kind());
            rig.interrupt = 0x21;

            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            assertEquals(1, rig.vcpu().state().ebx());
        }
    }

    @Test
    void theDoorbellShowsTheCallersRegistersAndLeavesEaxUnlessAResultIsSet() {
        // mov eax, 77; mov ebx, 2; mov ecx, 3; mov edx, 4; mov esi, 5; out 0xf8, al; hlt
        String call =
                "66 b8 4d 00 00 00 66 bb 02 00 00 00 66 b9 03 00 00 00 66 ba 04 00 00 00 66 be 05 00 00 00 e6 f8 f4";
        for (boolean answered : new boolean[] {false, true}) {
            for (Hypervisor cpu : List.of(new SoftHypervisor(), new KvmHypervisor())) {
                try (Rig rig = new Rig(cpu, HexFormat.ofDelimiter(" ").parseHex(call))) {
                    rig.vcpu().restore(Rig.real());
                    rig.hypercalls.register(77, c -> {
                        rig.log.add("%d %d %d %d %d".formatted(c.eax(), c.ebx(), c.ecx(), c.edx(), c.esi()));
                        if (answered) {
                            c.result(-9);
                        }
                    });

                    assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
                    assertEquals(List.of("77 2 3 4 5"), rig.log);
                    assertEquals(answered ? -9 : 77, rig.vcpu().state().eax(), cpu.name());
                }
            }
        }
    }

    /** Both instructions: KVM answers, or passes on, the other vendor's, too. */
    @ParameterizedTest
    @ValueSource(strings = {"0f 01 c1", "0f 01 d9"})
    void aHypercallArrivesByTheTransportThatTheProbeNames(String instruction) {
        // A para-virtual KVM knows neither.
        KvmHere.pagingRequired();
        // mov eax, 77; mov ebx, 2; vmcall or vmmcall; cli; hlt
        try (Rig rig = rig("66 b8 4d 00 00 00 66 bb 02 00 00 00 " + instruction + " fa f4")) {
            rig.hypercalls.register(77, c -> rig.log.add("%d %d".formatted(c.eax(), c.ebx())));
            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            boolean passedOn = KvmHere.hypercalls() == HypercallTransport.INTERCEPTED;
            assertEquals(passedOn ? List.of("77 2") : List.of(), rig.log, "by " + KvmHere.hypercalls());
            // Otherwise KVM_ENOSYS of the kernel's include/uapi/linux/kvm_para.h
            assertEquals(passedOn ? 77 : -1000, rig.vcpu().state().eax());
        }
    }

    @Test
    void stateThatWasRestoredReadsTheSame() {
        try (Rig rig = rig(SPIN)) {
            CpuState flat = Rig.flat().with(0x80000001, -2, 0x12345678, 0x7000);
            rig.vcpu().restore(flat);

            assertEquals(flat, rig.vcpu().state().with(CpuState.TimeStamp.RESET));
        }
    }

    @Test
    void aGuestOutsideItsRamEndsWithAWordOfWhy() {
        try (Rig rig = rig("66 ea 00 00 00 00 00 80")) { // far jump to 0x8000:0
            CpuState nowhere = CpuState.flat(0x70000000, 0x10, 0x18, new CpuState.Table(0, 0));
            rig.vcpu().restore(nowhere);
            VcpuExit exit = rig.vcpu().run();

            assertTrue(exit.kind() == VcpuExit.Kind.FAILED || exit.kind() == VcpuExit.Kind.SHUTDOWN, exit.toString());
            assertTrue(!exit.detail().isBlank(), "says why");
        }
    }

    @Test
    void deferredWritesComeInOrderBeforeTheNextAccess() {
        // mov cx, 400; l: mov ax, cx; out 0x24, al; loop l; out 0x21, al; out 0x24, ax; cli; hlt
        try (Rig rig = rig("b9 90 01 89 c8 e6 24 e2 fa e6 21 e7 24 fa f4")) {
            rig.machine().deferWrites(new AddressRange(0x24, 1));

            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            assertEquals(402, rig.log.size());
            for (int i = 0; i < 400; i++) {
                assertEquals("port write 0x4, 1 bytes: %#x".formatted(400 - i & 0xFF), rig.log.get(i));
            }
            assertEquals("port write 0x1, 1 bytes: 0x1", rig.log.get(400));
        }
    }

    @Test
    void aMachineOnKvmRunsHoldsAndEnds() throws Exception {
        GuestMemory memory = GuestMemory.allocate(Rig.RAM_BYTES);
        memory.write(Rig.CODE, HexFormat.ofDelimiter(" ").parseHex(SPIN_WITHOUT_INTERRUPTS));
        try (Machine machine = new Machine("kvm-test", memory, (source, message) -> {})) {
            machine.open(new KvmHypervisor(), new NoInterrupts());
            machine.vcpu().restore(Rig.real());
            machine.start(Machine.Pace.REAL_TIME, false);
            machine.hold();
            machine.awaitHeld();
            machine.resume();
            machine.stop();

            assertEquals(
                    MachineEnd.Kind.STOPPED,
                    machine.awaitEnd(Duration.ofSeconds(10)).orElseThrow().kind());
        }
    }

    private record NoInterrupts() implements vmlab.vmm.InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new AssertionError("nothing is pending");
        }
    }

    /** As many as the property says: where the CPU is emulated, scripts/kvm-tests asks for fewer. */
    @Test
    @Timeout(300)
    void guestsThatCameAndWentLeaveNothingBehind() throws Exception {
        int guests = Integer.getInteger("vmlab.test.guests", 200);
        bootAndDestroy(10);
        // Looking has its own first time.
        entries("/proc/self/fd");
        mappings("");
        timers();
        int descriptors = entries("/proc/self/fd");
        int threads = entries("/proc/self/task");
        long maps = mappings("");
        bootAndDestroy(guests);

        assertEquals(descriptors, entries("/proc/self/fd"), "file descriptors");
        assertEquals(0, mappings("kvm-vcpu"), "KVM's pages");
        // The JVM's own may come and go; one for each guest would be twice as many.
        assertTrue(mappings("") - maps < guests / 2, "mappings: " + maps + " before, " + mappings("") + " after");
        assertTrue(entries("/proc/self/task") - threads < 10, "threads");
        assertEquals(0, timers(), "POSIX timers");
    }

    private static void bootAndDestroy(int times) {
        for (int i = 0; i < times; i++) {
            try (Rig rig = rig("e6 20 fa f4")) { // out al, 0x20; cli; hlt
                assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
                assertEquals(1, rig.log.size());
            }
        }
    }

    private static int entries(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            return (int) files.count();
        }
    }

    private static long mappings(String of) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains(of))
                .count();
    }

    /** Kernels without checkpointing don't tell. */
    private static long timers() throws IOException {
        Path list = Path.of("/proc/self/timers");
        return Files.exists(list)
                ? Files.readAllLines(list).stream()
                        .filter(l -> l.startsWith("ID:"))
                        .count()
                : 0;
    }
}
