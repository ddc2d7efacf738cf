// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoDevice;
import vmlab.vmm.Machine;
import vmlab.vmm.MachineEnd;
import vmlab.vmm.SharedMemory;
import vmlab.vmm.soft.SoftHypervisor;

/** Guests that do harm, and memory that changes under them: the machine lives, or says how it died, on both CPUs alike. */
@Tag("kvm")
@Timeout(120)
final class BadGuestTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int OVER_RAM = 0x10000;
    private static final long ABOVE_RAM = 0xD0000000L;

    enum Cpu {
        SOFT {
            @Override
            Hypervisor hypervisor() {
                return new SoftHypervisor();
            }
        },
        KVM {
            @Override
            Hypervisor hypervisor() {
                KvmHere.required();
                return new KvmHypervisor();
            }
        };

        abstract Hypervisor hypervisor();
    }

    /** A machine of RAM and one port that counts what is written to it. */
    private static final class Subject implements AutoCloseable {
        final List<String> events = new CopyOnWriteArrayList<>();
        final AtomicLong writes = new AtomicLong();
        final GuestMemory memory = GuestMemory.allocate(Rig.RAM_BYTES);
        final Machine machine = new Machine("bad", memory, (source, message) -> events.add(source + ": " + message));

        Subject(Cpu cpu, String code) {
            machine.ports().map(new AddressRange(0x20, 1), "count", new IoDevice() {
                @Override
                public long read(long offset, int bytes) {
                    return 0;
                }

                @Override
                public void write(long offset, int bytes, long value) {
                    writes.incrementAndGet();
                }
            });
            machine.open(cpu.hypervisor(), new NoInterrupts());
            memory.write(Rig.CODE, HexFormat.ofDelimiter(" ").parseHex(code));
            machine.vcpu().restore(Rig.flat());
            machine.start(Machine.Pace.VIRTUAL, false);
        }

        MachineEnd end() throws InterruptedException {
            return machine.awaitEnd(LIMIT).orElseThrow(() -> new AssertionError("it runs on; " + events));
        }

        @Override
        public void close() {
            machine.close();
        }
    }

    private record NoInterrupts() implements InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new AssertionError("nothing is pending");
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long limit = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < limit, what);
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTripleFaultIsACrashThatIsTold(Cpu cpu) throws InterruptedException {
        // ud2; neither its handler nor that of what follows is within the IDT
        try (Subject subject = new Subject(cpu, "0f 0b")) {
            MachineEnd end = subject.end();

            assertEquals(MachineEnd.Kind.CRASHED, end.kind());
            assertTrue(end.detail().startsWith("triple fault"), end.detail());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLoopWithInterruptsOffIsHeldAndStopped(Cpu cpu) throws InterruptedException {
        // cli; again: inc dword [0x8000]; jmp again
        try (Subject subject = new Subject(cpu, "fa ff 05 00 80 00 00 eb f8")) {
            await("it counts", () -> subject.memory.read32(0x8000) > 0);
            subject.machine.hold();
            subject.machine.awaitHeld();
            int held = subject.memory.read32(0x8000);
            subject.machine.resume();
            await("it goes on", () -> subject.memory.read32(0x8000) != held);
            subject.machine.stop();

            assertEquals(MachineEnd.Kind.STOPPED, subject.end().kind());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStoreOutsideTheRamIsReportedOnceAndTheGuestGoesOn(Cpu cpu) throws InterruptedException {
        // mov ecx, 3; again: mov [0x80000000], ecx; loop again; out 0x20, al; cli; hlt
        String code = "b9 03 00 00 00 89 0d 00 00 00 80 e2 f8 e6 20 fa f4";
        try (Subject subject = new Subject(cpu, code)) {
            assertEquals(MachineEnd.Kind.POWERED_OFF, subject.end().kind());
            assertEquals(1, subject.writes.get());
            assertEquals(List.of("memory: write to unclaimed address 0x80000000"), subject.events);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFloodOfPortAccessesNeitherFillsTheLogNorHoldsUpAStop(Cpu cpu) throws InterruptedException {
        // again: out 0x20, al; out 0x99, al; inc dx; out dx, al; jmp again
        try (Subject subject = new Subject(cpu, "e6 20 e6 99 66 42 ee eb f7")) {
            await("it floods", () -> subject.writes.get() > 2000);
            subject.machine.hold();
            subject.machine.awaitHeld();
            subject.machine.stop();

            assertEquals(MachineEnd.Kind.STOPPED, subject.end().kind());
            long told = subject.events.stream()
                    .filter(each -> each.startsWith("port: "))
                    .count();
            assertTrue(told <= 1024, told + " reports, more than a bus makes");
            assertTrue(subject.events.contains("port: write to unclaimed address 0x99"), "told of what is flooded");
        }
    }

    /** Waits for 7, answers 8 beside it, waits until all bits are set there; at that address. */
    private static String waiting(long at) {
        String here = little(at);
        // a: cmp dword [at], 7; jne a; mov dword [at + 4], 8; b: cmp dword [at], -1; jne b; cli; hlt
        return "83 3d %s 07 75 f7 c7 05 %s 08 00 00 00 83 3d %s ff 75 f7 fa f4".formatted(here, little(at + 4), here);
    }

    private static String little(long address) {
        return HexFormat.ofDelimiter(" ").formatHex(new byte[] {
            (byte) address, (byte) (address >> 8), (byte) (address >> 16), (byte) (address >> 24)
        });
    }

    private static void answers(Subject subject, SharedMemory shared) {
        assertEquals(0, shared.read32(4));
        shared.write32(0, 7);
        await("the guest's answer", () -> shared.read32(4) == 8);
    }

    @ParameterizedTest
    @EnumSource
    void sharedMemoryComesAndGoesOverTheRamOfARunningGuest(Cpu cpu) throws InterruptedException {
        try (SharedMemory shared = SharedMemory.create("test", 0x1000);
                Subject subject = new Subject(cpu, waiting(OVER_RAM))) {
            assertTrue(subject.machine.post(() -> subject.memory.map(OVER_RAM, shared)));
            answers(subject, shared);
            assertTrue(subject.machine.post(() -> {
                subject.memory.unmap(OVER_RAM);
                // Of the guest no more: it doesn't end by that.
                shared.write32(0, -1);
                shared.write32(4, 0);
                assertEquals(7, subject.memory.read32(OVER_RAM));
                subject.memory.write32(OVER_RAM, -1);
            }));

            assertEquals(
                    MachineEnd.Kind.POWERED_OFF,
                    subject.end().kind(),
                    subject.end().toString());
            assertEquals(8, subject.memory.read32(OVER_RAM + 4));
            assertEquals(0, shared.read32(4));
        }
    }

    @ParameterizedTest
    @EnumSource
    void sharedMemoryComesAndGoesAboveTheRamOfARunningGuest(Cpu cpu) throws InterruptedException {
        try (SharedMemory shared = SharedMemory.create("test", 16 << 20);
                Subject subject = new Subject(cpu, waiting(ABOVE_RAM))) {
            await("the guest reads nobody's memory", () -> !subject.events.isEmpty());
            assertTrue(subject.machine.post(() -> subject.memory.map(ABOVE_RAM, shared)));
            answers(subject, shared);
            // Then it reads all ones, as from an open bus.
            assertTrue(subject.machine.post(() -> subject.memory.unmap(ABOVE_RAM)));

            assertEquals(
                    MachineEnd.Kind.POWERED_OFF,
                    subject.end().kind(),
                    subject.end().toString());
            assertEquals(7, shared.read32(0));
            assertEquals(List.of("memory: read from unclaimed address 0xd0000000"), subject.events);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStoreIntoSharedMemoryLeavesTheOtherMappingsAlone(Cpu cpu) throws InterruptedException {
        // mov dword [0xd0001000], 5; mov dword [0x10000], 6; cli; hlt
        String code = "c7 05 00 10 00 d0 05 00 00 00 c7 05 00 00 01 00 06 00 00 00 fa f4";
        try (SharedMemory above = SharedMemory.create("above", 0x2000);
                SharedMemory over = SharedMemory.create("over", 0x1000);
                Subject subject = new Subject(cpu, "eb fe")) {
            subject.machine.post(() -> {
                subject.memory.map(ABOVE_RAM, above);
                subject.memory.map(OVER_RAM, over);
                subject.memory.write(Rig.CODE, HexFormat.ofDelimiter(" ").parseHex(code));
            });

            assertEquals(MachineEnd.Kind.POWERED_OFF, subject.end().kind());
            assertEquals(5, above.read32(0x1000));
            assertEquals(0, above.read32(0));
            assertEquals(6, over.read32(0));
        }
    }

    @ParameterizedTest
    @EnumSource(names = "KVM")
    void memorySlotsThatChangeUnderARunningCpuDoItNoHarm(Cpu cpu) throws InterruptedException {
        // again: mov eax, [0xd0000000]; mov ebx, [0x10000]; inc dword [0x8000]; jmp again
        String code = "a1 00 00 00 d0 8b 1d 00 00 01 00 ff 05 00 80 00 00 eb ed";
        try (SharedMemory above = SharedMemory.create("above", 0x10000);
                SharedMemory over = SharedMemory.create("over", 0x10000);
                Subject subject = new Subject(cpu, code)) {
            for (int i = 0; i < 50; i++) {
                int then = subject.memory.read32(0x8000);
                // From here and not from its own thread: as if by another of several CPUs.
                subject.memory.map(ABOVE_RAM, above);
                subject.memory.map(OVER_RAM, over);
                await("it runs", () -> subject.memory.read32(0x8000) != then);
                subject.memory.unmap(ABOVE_RAM);
                subject.memory.unmap(OVER_RAM);
            }
            assertTrue(
                    subject.machine.end().isEmpty(), () -> subject.machine.end().toString());
        }
    }
}
