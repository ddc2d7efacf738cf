// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Activity;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.Event;
import vmlab.vmm.CpuState.Shadow;
import vmlab.vmm.FxImage;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.StateComparison;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.kvm.ParityTest.Guest;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * Guests that begin on one CPU and end on the other: they must end as if nobody had moved them. What is moved between
 * single steps isn't for an emulated CPU, whose KVM has no debug registers to step with.
 */
final class MoveTest {
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    /** After how many instructions they are moved, there and back. */
    private static final int[] LEGS = {3, 4, 5, 1, 2, 7, 6, 11, 13};

    private record Outcome(VcpuExit.Kind end, CpuState state, byte[] memory, List<String> log) {}

    static Stream<Guest> guests() throws IOException {
        return ParityTest.guests().stream();
    }

    @ParameterizedTest
    @MethodSource("guests")
    void aGuestThatIsMovedOftenEndsAsIfItHadStayed(Guest guest) {
        ParityTest.require(guest);
        Outcome stayed = run(guest, new SoftHypervisor());
        Outcome moved = run(guest, new SoftHypervisor(), new KvmHypervisor());

        assertEquals(String.join("\n", stayed.log), String.join("\n", moved.log), "accesses, in their order");
        assertEquals(stayed.end, moved.end, "how it ended");
        if (stayed.end != VcpuExit.Kind.SHUTDOWN) {
            assertEquals(stayed.state, moved.state, "registers");
        }
        assertArrayEquals(stayed.memory, moved.memory, "memory");
    }

    /** On the CPUs in turn, and on the last one to its end. */
    private static Outcome run(Guest guest, Hypervisor... cpus) {
        try (Rig rig = new Rig(cpus[0], guest.code())) {
            rig.writeGdt();
            rig.vcpu().restore(guest.start());
            for (int leg = 0; cpus.length > 1 && leg < LEGS.length; leg++) {
                for (int n = 0; n < LEGS[leg]; n++) {
                    VcpuExit exit = rig.vcpu().step();
                    if (exit.kind() == VcpuExit.Kind.SHUTDOWN) {
                        return outcome(rig, exit);
                    }
                }
                rig.moveTo(cpus[(leg + 1) % cpus.length]);
            }
            rig.clock.alarm(rig.vcpu()::kick).at(rig.clock.nanos() + PATIENCE_NANOS);
            return outcome(rig, rig.vcpu().run());
        }
    }

    private static Outcome outcome(Rig rig, VcpuExit exit) {
        assertTrue(
                exit.kind() == VcpuExit.Kind.STOPPED || exit.kind() == VcpuExit.Kind.SHUTDOWN,
                () -> "ended with " + exit + "\n" + rig.vcpu().state().describe());
        return new Outcome(
                exit.kind(),
                StateComparison.comparable(rig.vcpu().state()),
                rig.memory.read(0, Rig.RAM_BYTES),
                List.copyOf(rig.log));
    }

    /** A state with something in every part, but for what a CPU of either kind may leave out. */
    private static CpuState full() {
        CpuState flat = Rig.flat().with(0x80000001, -2, 0x12345678, 0x7000);
        java.nio.ByteBuffer floats = FxImage.buffer();
        floats.putShort(FxImage.CONTROL, (short) 0x27F);
        floats.putShort(FxImage.STATUS, (short) 0x3800);
        floats.put(FxImage.TAGS, (byte) 0x80);
        floats.putInt(FxImage.MXCSR, 0x9FC0);
        floats.putLong(FxImage.STACK, 0xC90FDAA22168C235L).putShort(FxImage.STACK + 8, (short) 0x4000);
        for (int i = 0; i < 16; i++) {
            floats.putLong(FxImage.XMM + 8 * i, 0x0123456789ABCDEFL * (i + 1));
        }
        java.util.TreeMap<Integer, Long> msrs = new java.util.TreeMap<>();
        msrs.put(0x174, 0x10L);
        msrs.put(0x175, 0x7F00L);
        msrs.put(0x176, 0xC0001234L);
        msrs.put(0x1107, 0x55AAL);
        return flat.with(FxImage.of(floats))
                .with(msrs)
                .with(new CpuState.Debug(0x1111, 0xC0002222L, 0x3333, 0x4444, 0xFFFF0FF0L, 0x400))
                .with(Control.of32(0x33, 0xDEAD0000, 0x5000, 0x600))
                .with(flat.general().withRflags(0x246));
    }

    @Tag("kvm")
    @Test
    void aFullStateReadsTheSameOnBothCpus() {
        KvmHere.required();
        for (Hypervisor cpu : List.of(new SoftHypervisor(), new KvmHypervisor())) {
            try (Rig rig = new Rig(cpu, new byte[] {(byte) 0xF4})) {
                rig.vcpu().restore(full());
                assertEquals(full(), rig.vcpu().state().with(CpuState.TimeStamp.RESET), cpu.name());
            }
        }
    }

    @Tag("kvm")
    @Test
    void whatTheCpuWasAboutReadsTheSameOnBothCpus() {
        KvmHere.required();
        List<Activity> all = List.of(
                new Activity(true, Shadow.NONE, Optional.empty()),
                new Activity(false, Shadow.STI, Optional.empty()),
                new Activity(false, Shadow.NONE, Optional.of(new Event(0x21, true, OptionalInt.empty()))),
                new Activity(false, Shadow.NONE, Optional.of(new Event(14, false, OptionalInt.of(6)))),
                new Activity(false, Shadow.NONE, Optional.of(new Event(6, false, OptionalInt.empty()))));
        for (Hypervisor cpu : List.of(new SoftHypervisor(), new KvmHypervisor())) {
            try (Rig rig = new Rig(cpu, new byte[] {(byte) 0xF4})) {
                for (Activity activity : all) {
                    rig.vcpu().restore(full().with(activity));
                    assertEquals(activity, rig.vcpu().state().activity(), cpu.name());
                }
            }
        }
    }

    @Tag("kvm")
    @Test
    void anAcknowledgedInterruptIsDeliveredByTheOtherCpu() {
        KvmHere.required();
        // 0x1000: nop; hlt. The gate of vector 0x21 leads to 0x1100: mov eax, 7; hlt
        byte[] code = new byte[0x106];
        code[0] = (byte) 0x90;
        code[1] = (byte) 0xF4;
        code[0x100] = (byte) 0xB8;
        code[0x101] = 7;
        code[0x105] = (byte) 0xF4;
        Activity waiting = new Activity(false, Shadow.NONE, Optional.of(new Event(0x21, true, OptionalInt.empty())));
        for (Hypervisor cpu : List.of(new SoftHypervisor(), new KvmHypervisor())) {
            try (Rig rig = new Rig(cpu, code)) {
                rig.writeGdt();
                rig.memory.write64(0x2000 + 8 * 0x21, 0x00008E0000101100L);
                CpuState s = Rig.flat();
                rig.vcpu()
                        .restore(s.with(waiting)
                                .with(s.segments().withTables(s.gdtr(), new CpuState.Table(0x2000, 0x7FF)))
                                .with(s.general().withRflags(0x202)));
                assertEquals(VcpuExit.Kind.STOPPED, rig.vcpu().run().kind(), cpu.name());
                assertEquals(7, rig.vcpu().state().eax(), cpu.name());
                assertEquals(Rig.CODE, rig.memory.read32(rig.vcpu().state().esp()), "where it came, " + cpu.name());
            }
        }
    }

    @Tag("kvm")
    @Test
    void theTimeStampGoesOnWhereItWas() {
        KvmHere.required();
        try (Rig rig = new Rig(new KvmHypervisor(), new byte[] {(byte) 0xF4})) {
            rig.vcpu().restore(Rig.flat().with(new CpuState.TimeStamp(123_000_000_000L, 0)));
            CpuState onKvm = rig.vcpu().state();
            rig.moveTo(new SoftHypervisor());
            CpuState onSoft = rig.vcpu().state();

            assertTrue(
                    onKvm.timeStamp().ticks() >= 123_000_000_000L,
                    onKvm.timeStamp().toString());
            assertTrue(
                    onSoft.timeStamp().ticks() - onKvm.timeStamp().ticks() < 1_000_000_000,
                    onSoft.timeStamp().toString());
            assertEquals(onKvm.timeStamp().kilohertz(), onSoft.timeStamp().kilohertz());
            rig.clock.skipTo(rig.clock.nanos() + 1_000_000_000);
            assertEquals(
                    onSoft.timeStamp().ticks() + 1000 * onSoft.timeStamp().kilohertz(),
                    rig.vcpu().state().timeStamp().ticks(),
                    "at the rate it had");
        }
    }

    @Test
    void theJavaCpuRefusesAStateOf64Bits() {
        try (Rig rig = new Rig(new SoftHypervisor(), new byte[] {(byte) 0xF4})) {
            CpuState flat = Rig.flat();
            Control wide = new Control(0x80000011L, 0, 0x5000, 0x20, Control.EFER_LME | Control.EFER_LMA);
            for (CpuState state :
                    List.of(flat.with(wide), flat.with(flat.general().with(9, 1)))) {
                IllegalArgumentException refused = assertThrows(
                        IllegalArgumentException.class, () -> rig.vcpu().restore(state));
                assertTrue(refused.getMessage().contains("32 bits"), refused.getMessage());
            }
        }
    }
}
