// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vmlab.vmm.AddressRange;
import vmlab.vmm.ChipSet;
import vmlab.vmm.IoEvent;
import vmlab.vmm.IrqEvent;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.kvm.KvmHypervisor.Chips;

/** KVM's own interrupt chips and timer, with guests in real mode. */
@Tag("kvm")
@Timeout(60)
final class KvmChipsTest {
    private static final int BASE = 0x20;
    private static final int HANDLER = 0x2000;
    private static final int TICKS = 0x500;
    private static final long MILLISECOND = 1_000_000;

    /** One processor of interrupts from 0x20 on, all lines but 0 and 4 masked. */
    private static final String PROGRAM_PIC = """
            b0 11 e6 20
            b0 20 e6 21
            b0 04 e6 21
            b0 01 e6 21
            b0 ee e6 21
            """;

    /** Counter 0, mode 2, from 1193: a thousand times a second. */
    private static final String PROGRAM_PIT = "b0 34 e6 43 b0 a9 e6 40 b0 04 e6 40 ";

    private static final String STI_HLT_FOR_EVER = "fb f4 eb fd"; // sti; l: hlt; jmp l
    private static final String COUNT_AND_END = "ff 06 00 05 50 b0 20 e6 20 58 cf"; // inc word [0x500]; EOI; iret

    @BeforeEach
    void needsKvmWithChips() {
        KvmHere.required();
        try (KvmDescriptor system = KvmDescriptor.system()) {
            if (!KvmChips.offered(system)) {
                KvmHere.missing("kvm", "KVM here brings no interrupt chips");
            }
        }
    }

    private static Rig rig(String code) {
        Rig rig = new Rig(new KvmHypervisor(Chips.KVM_IF_OFFERED), bytes(code));
        rig.memory.write(HANDLER, bytes(COUNT_AND_END));
        for (int irq : new int[] {0, 4}) {
            rig.memory.write16(4L * (BASE + irq), HANDLER);
            rig.memory.write16(4L * (BASE + irq) + 2, 0);
        }
        rig.vcpu().restore(Rig.real());
        return rig;
    }

    private static byte[] bytes(String code) {
        return HexFormat.of().parseHex(code.replaceAll("\\s", ""));
    }

    private static ChipSet chips(Rig rig) {
        return rig.machine().chips().orElseThrow();
    }

    private static void runFor(Rig rig, long milliseconds) {
        rig.clock.alarm(rig.vcpu()::kick).at(rig.clock.nanos() + milliseconds * MILLISECOND);
        assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
    }

    private static void passHostTime(long milliseconds) {
        long until = System.nanoTime() + milliseconds * MILLISECOND;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }

    @Test
    void theMachinesChipsAreUsedIfAskedFor() {
        try (Rig rig = new Rig(new KvmHypervisor(), bytes("f4"))) {
            assertTrue(rig.machine().chips().isEmpty());
        }
    }

    @Test
    void aHaltedGuestIsWokenByTheTimer() {
        try (Rig rig = rig(PROGRAM_PIC + PROGRAM_PIT + STI_HLT_FOR_EVER)) {
            runFor(rig, 300);
            int ticks = rig.memory.read16(TICKS);

            assertTrue(ticks >= 10 && ticks <= 320, ticks + " ticks in 300 ms");
            assertEquals(List.of(), rig.log, "its accesses to the chips stay in the kernel");
        }
    }

    @Test
    void theTimerStandsWhileTheGuestIsHeld() {
        try (Rig rig = rig(PROGRAM_PIC + PROGRAM_PIT + STI_HLT_FOR_EVER)) {
            runFor(rig, 20);
            rig.vcpu().hold();
            long before = rig.clock.nanos();
            int ticks = rig.memory.read16(TICKS);
            passHostTime(200);

            assertEquals(before, rig.clock.nanos(), "no time has passed for the machine");
            runFor(rig, 20);
            int more = rig.memory.read16(TICKS) - ticks;
            assertTrue(more >= 1 && more < 100, more + " ticks in 20 ms after a hold of 200 ms");
        }
    }

    @Test
    void lineOfADeviceWakesAHaltedGuestFromAnyThread() throws Exception {
        try (Rig rig = rig(PROGRAM_PIC + STI_HLT_FOR_EVER)) {
            runFor(rig, 10);
            assertEquals(0, rig.memory.read16(TICKS));
            Thread device = new Thread(() -> {
                chips(rig).line(4, true);
                while (rig.memory.read16(TICKS) == 0) {
                    Thread.onSpinWait();
                }
                rig.vcpu().kick();
            });
            device.start();

            assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
            device.join();
            assertEquals(1, rig.memory.read16(TICKS));
            assertEquals(0x10, chips(rig).pic(0).lines(), "an edge, so the level makes no second one");
        }
    }

    @Test
    void anIrqEventWakesAHaltedGuest() throws Exception {
        try (Rig rig = rig(PROGRAM_PIC + STI_HLT_FOR_EVER);
                IrqEvent event = rig.machine().irqEvent(4).orElseThrow()) {
            runFor(rig, 10);
            Thread device = new Thread(() -> {
                for (int n = 1; n <= 3; n++) {
                    event.signal();
                    while (rig.memory.read16(TICKS) < n) {
                        Thread.onSpinWait();
                    }
                }
                rig.vcpu().kick();
            });
            device.start();

            assertEquals(VcpuExit.Kind.KICKED, rig.vcpu().run().kind());
            device.join();
            assertEquals(3, rig.memory.read16(TICKS));
        }
    }

    @Test
    void anIoEventIsHeardByAnotherThreadAndStopsNoCpu() throws Exception {
        try (Rig rig = rig("e6 24 e6 24 e6 24 e6 28 fa f4")) { // out 0x24, al (3 times); out 0x28, al; cli; hlt
            IoEvent bell =
                    rig.machine().ioEvent(new AddressRange(0x24, 1), true).orElseThrow();
            FutureTask<Long> heard = new FutureTask<>(() -> {
                long rings = 0;
                while (rings < 3) {
                    rings += bell.await();
                }
                return rings + bell.await();
            });
            Thread listener = new Thread(heard);
            listener.start();

            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            assertEquals(List.of("port write 0x8, 1 bytes: 0x0"), rig.log);
            while (listener.getState() != Thread.State.RUNNABLE && !heard.isDone()) {
                Thread.onSpinWait();
            }
            bell.close();
            assertEquals(3, heard.get(10, TimeUnit.SECONDS));
            assertEquals(0, bell.await(), "closed");
        }
    }

    @Test
    void aGuestThatHaltsWithInterruptsOffHasStopped() {
        try (Rig rig = rig("fa f4")) { // cli; hlt
            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            assertEquals(Rig.CODE + 2, rig.vcpu().state().eip());
        }
    }

    @Test
    void aGuestThatLoopsWithInterruptsOffHasNotStopped() {
        try (Rig rig = rig("fa eb fe")) { // cli; jmp .
            runFor(rig, 250);
        }
    }

    @Test
    void restoredRegistersWakeAGuestThatHasStopped() {
        try (Rig rig = rig("fa f4")) {
            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            rig.vcpu().restore(Rig.real());
            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            assertEquals(Rig.CODE + 2, rig.vcpu().state().eip());
        }
    }

    @Test
    void whatTheGuestProgrammedIsInTheirState() {
        try (Rig rig = rig(PROGRAM_PIC + PROGRAM_PIT + "fa f4")) {
            assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind());
            rig.vcpu().hold();
            ChipSet.Pic master = chips(rig).pic(0);
            ChipSet.Counter counter = chips(rig).timer().counters().get(0);

            assertEquals(BASE, master.base());
            assertEquals(0xEE, master.mask());
            assertEquals(0, master.step());
            assertEquals(1193, counter.count());
            assertEquals(2, counter.mode());
            assertEquals(3, counter.readWrite());
        }
    }

    @Test
    void theirStateMakesAnotherMachinesChipsTheSame() {
        try (Rig from = rig(PROGRAM_PIC + PROGRAM_PIT + "fa f4");
                Rig to = rig("fb f4 eb fd")) {
            assertEquals(VcpuExit.Kind.STOPPED, from.vcpu().run().kind());
            from.vcpu().hold();
            chips(to).pic(0, chips(from).pic(0));
            chips(to).timer(chips(from).timer());

            assertEquals(chips(from).pic(0), chips(to).pic(0));
            runFor(to, 100);
            assertTrue(to.memory.read16(TICKS) > 0, "it ticks there");
        }
    }
}
