// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.AddressRange;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.InterruptController;
import vmlab.vmm.Machine;
import vmlab.vmm.MachineEnd;
import vmlab.vmm.Vcpu;

/** Guests that start their other CPUs as the SDM says (3A, 9.4.4), and then keep all of them at a device. */
@Tag("kvm")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KvmSeveralCpusTest {
    private static final int CODE = 0x1000;
    private static final int STARTED_CODE = 0x2000;
    private static final int TIME_WENT_BACK = 0x5020;
    private static final int ARRIVAL_PORT = 0x50;
    private static final int BUSY_PORT = 0x51;

    /** INIT and SIPI to all others, by the local APIC; the first instruction tells where that is. */
    private static final String START_OTHERS = """
            bf 00 00 e0 fe                  ; mov edi, 0xfee00000
            c7 87 f0 00 00 00 ff 01 00 00   ; mov dword [edi+0xf0], 0x1ff
            c7 87 00 03 00 00 00 45 0c 00   ; mov dword [edi+0x300], 0xc4500
            c7 87 00 03 00 00 02 46 0c 00   ; mov dword [edi+0x300], 0xc4602
            """;

    /** Starts the others; then looks for a time of theirs that is ahead of its own. */
    private static final String BOOT_CPU = START_OTHERS + """
            8b 1d 10 50 00 00               ; again: mov ebx, [0x5010]
            85 db                           ; test ebx, ebx
            74 14                           ; jz report
            0f 31                           ; rdtsc
            0f ac d0 08                     ; shrd eax, edx, 8
            29 d8                           ; sub eax, ebx
            79 0a                           ; jns report
            c7 05 20 50 00 00 01 00 00 00   ; mov dword [0x5020], 1
            e6 51                           ; report: out 0x51, al
            eb de                           ; jmp again
            """;

    /** In 32-bit mode with an IDT of nothing: in real mode KVM's interpreter looks at no limit. */
    private static final String TRIPLE_FAULT = """
            0f 01 1e 00 60                  ; lidt [0x6000]
            0f 01 16 08 60                  ; lgdt [0x6008]
            0f 20 c0                        ; mov eax, cr0
            0c 01                           ; or al, 1
            0f 22 c0                        ; mov cr0, eax
            66 ea 1a 20 00 00 08 00         ; jmp dword 8:next
            0f 0b                           ; next: ud2
            """;

    private static final String HALT = "fa f4 ; cli; hlt\n";
    private static final String SPIN = "eb fe ; jmp .\n";

    /** Tells its number, and then what time it is. */
    private static final String OTHER_CPU = """
            66 b8 01 00 00 00               ; mov eax, 1
            0f a2                           ; cpuid
            66 c1 eb 18                     ; shr ebx, 24
            88 d8                           ; mov al, bl
            e6 50                           ; out 0x50, al
            0f 31                           ; again: rdtsc
            66 0f ac d0 08                  ; shrd eax, edx, 8
            66 a3 10 50                     ; mov [0x5010], eax
            e6 51                           ; out 0x51, al
            eb f1                           ; jmp again
            """;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final Map<Integer, String> arrivals = new ConcurrentHashMap<>();
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final AtomicInteger callers = new AtomicInteger();
    private final AtomicInteger mostCallers = new AtomicInteger();
    private Machine machine;

    @BeforeEach
    void kvm() {
        KvmHere.required();
    }

    @AfterEach
    void close() {
        if (machine != null) {
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
            throw new AssertionError("KVM's own controllers are used");
        }
    }

    private static byte[] code(String listing) {
        StringBuilder hex = new StringBuilder();
        listing.lines().forEach(line -> hex.append(line.split(";")[0].replace(" ", "")));
        return HexFormat.of().parseHex(hex);
    }

    private void make(int cpus, String boot, String others) {
        machine = new Machine("several", memory, (source, message) -> {}, cpus);
        memory.write(CODE, code(boot));
        memory.write(STARTED_CODE, code(others));
    }

    private void start() {
        machine.open(new KvmHypervisor(KvmHypervisor.Chips.KVM_IF_OFFERED), new NoInterrupts());
        machine.vcpu().restore(CpuState.flat(CODE, 0x10, 0x18, new CpuState.Table(0, 0)));
        machine.start(Machine.Pace.REAL_TIME, false);
    }

    /** Starts a machine and waits until all its CPUs have been at the device. */
    private void startBusy(int cpus) throws Exception {
        make(cpus, BOOT_CPU, OTHER_CPU);
        CountDownLatch allBusy = new CountDownLatch(cpus);
        map(ARRIVAL_PORT, number -> arrivals.put(number, Thread.currentThread().getName()));
        map(BUSY_PORT, time -> {
            mostCallers.accumulateAndGet(callers.incrementAndGet(), Math::max);
            if (busy.add(Thread.currentThread().getName())) {
                allBusy.countDown();
            }
            callers.decrementAndGet();
        });
        start();
        assertTrue(allBusy.await(60, TimeUnit.SECONDS), () -> "of " + cpus + " CPUs came " + busy);
    }

    private void map(int port, IntConsumer written) {
        machine.ports().map(new AddressRange(port, 1), "port" + port, new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                return 0xFF;
            }

            @Override
            public void writeByte(int offset, int value) {
                written.accept(value);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void everyCpuStartsOnItsThreadWithItsNumber(int cpus) throws Exception {
        startBusy(cpus);
        Map<Integer, String> expected = new TreeMap<>();
        for (int number = 1; number < cpus; number++) {
            expected.put(number, "several-vcpu" + number);
        }
        assertEquals(expected, new TreeMap<>(arrivals));
        assertEquals(1, mostCallers.get(), "callers of the device at a time");
    }

    @Test
    void holdsStopAllOfThemAndTimeGoesOnInStep() throws Exception {
        startBusy(2);
        for (int i = 0; i < 50; i++) {
            machine.hold();
            machine.awaitHeld();
            Set<Integer> places = Set.of(rip(0) & ~0xFFF, rip(1) & ~0xFFF);
            assertTrue(places.contains(CODE) || places.contains(STARTED_CODE), places::toString);
            int before = rip(1);
            busy.clear();
            assertEquals(before, rip(1), "a held CPU moves");
            assertTrue(busy.isEmpty(), "a held CPU is at the device");
            machine.resume();
        }
        assertEquals(0, memory.read32(TIME_WENT_BACK), "time went back from one CPU to the other");
    }

    private int rip(int cpu) {
        CpuState state = machine.vcpus().get(cpu).state();
        return state.eip() + (int) state.cs().base();
    }

    @Test
    void aTaskFindsThemAllOutside() throws Exception {
        startBusy(2);
        for (int i = 0; i < 200; i++) {
            CountDownLatch done = new CountDownLatch(1);
            machine.post(() -> {
                machine.vcpus().forEach(Vcpu::state);
                done.countDown();
            });
            assertTrue(done.await(30, TimeUnit.SECONDS), "a task is done");
        }
        assertTrue(machine.isRunning());
        assertEquals(1, mostCallers.get());
    }

    @Test
    void aCpuThatWasNeverStartedCanBeHeldAndStopped() throws Exception {
        make(2, SPIN, SPIN);
        start();
        for (int i = 0; i < 20; i++) {
            machine.hold();
            machine.awaitHeld();
            machine.resume();
        }
        machine.stop();
        assertEquals(MachineEnd.Kind.STOPPED, end());
    }

    private MachineEnd.Kind end() throws InterruptedException {
        return machine.awaitEnd(Duration.ofSeconds(60)).orElseThrow().kind();
    }

    @Test
    void theTripleFaultOfAnyCpuEndsAll() throws Exception {
        make(2, START_OTHERS + SPIN, TRIPLE_FAULT);
        memory.write16(0x6008, 15);
        memory.write32(0x600A, 0x6010);
        memory.write64(0x6018, 0x00CF9B000000FFFFL);
        start();
        assertEquals(MachineEnd.Kind.CRASHED, end());
    }

    @Test
    void whenAllHaltForEverThePowerIsOff() throws Exception {
        make(2, START_OTHERS + HALT, HALT);
        start();
        assertEquals(MachineEnd.Kind.POWERED_OFF, end());
    }

    @Test
    void aCpuThatHaltedForEverCanBeStartedAnew() throws Exception {
        String startWhenTold = "e4 52 84 c0 74 fa ; poll: in al, 0x52; test al, al; jz poll\n";
        make(2, START_OTHERS + startWhenTold + START_OTHERS + SPIN, "e6 50 ; out 0x50, al\n" + HALT);
        CountDownLatch arrivedTwice = new CountDownLatch(2);
        AtomicLong arrivedAt = new AtomicLong(Long.MAX_VALUE / 2);
        map(ARRIVAL_PORT, number -> {
            arrivedAt.set(System.nanoTime());
            arrivedTwice.countDown();
        });
        // Half a second is enough for the first halt to have been seen.
        machine.ports()
                .map(
                        new AddressRange(0x52, 1),
                        "told",
                        new Told(() -> System.nanoTime() > arrivedAt.get() + 500_000_000));
        start();
        assertTrue(arrivedTwice.await(60, TimeUnit.SECONDS), "it came " + (2 - arrivedTwice.getCount()) + " times");
    }

    private record Told(BooleanSupplier when) implements ByteIoDevice {
        @Override
        public int readByte(int offset) {
            return when.getAsBoolean() ? 1 : 0;
        }

        @Override
        public void writeByte(int offset, int value) {
            throw new AssertionError("nobody writes here");
        }
    }

    @Test
    void aHypercallNamesTheCpuThatMakesIt() throws Exception {
        make(2, START_OTHERS + SPIN, "66 b8 07 00 00 00 e6 f8 ; mov eax, 7; out 0xf8, al\n" + HALT);
        CompletableFuture<Integer> caller = new CompletableFuture<>();
        machine.hypercalls().register(7, call -> caller.complete(call.cpu()));
        start();
        assertEquals(1, caller.get(60, TimeUnit.SECONDS));
    }
}
