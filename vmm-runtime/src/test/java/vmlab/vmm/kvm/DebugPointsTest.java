// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.DebugPoints.Access;
import vmlab.vmm.DebugPoints.Hit;
import vmlab.vmm.DebugPoints.Watch;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.VcpuExit.Kind;
import vmlab.vmm.soft.SoftHypervisor;

/** A debugger's points mean the same on both CPUs, in every mode that any KVM has. */
@Timeout(60)
final class DebugPointsTest {
    private static final int IF = 1 << 9;

    /** inc bl: the same bytes in all modes. */
    private static final String INCREMENT = "fe c3 ";

    /** mov al,[di]; mov [di],al; nop; hlt. */
    private static final String LOAD_AND_STORE = "8a 07 88 07 90 f4";

    private enum Mode {
        REAL,
        PROTECTED,
        LONG
    }

    /** A CPU in a mode. */
    record Tried(boolean kvm, Mode mode) {
        Rig rig(String code) {
            if (kvm) {
                KvmHere.required();
            }
            Hypervisor hypervisor = kvm ? new KvmHypervisor() : new SoftHypervisor();
            Rig rig = new Rig(hypervisor, HexFormat.ofDelimiter(" ").parseHex(code));
            rig.writeGdt();
            rig.vcpu().restore(mode == Mode.REAL ? Rig.real() : mode == Mode.PROTECTED ? Rig.flat() : wide(rig));
            return rig;
        }

        /**
         * A KVM that interprets what its host's CPU can't run knows neither watched data nor its user's INT3 there, and QEMU's
         * emulated CPU forgets both in a guest of a guest.
         */
        void needsTheHostsCpu() {
            if (kvm) {
                KvmHere.hardwareRequired();
            }
        }

        @Override
        public String toString() {
            return (kvm ? "KVM, " : "Java, ") + mode;
        }
    }

    /** 64-bit code; the first 2 MB are mapped onto themselves. */
    private static CpuState wide(Rig rig) {
        rig.memory.write64(0x8000, 0x9003);
        rig.memory.write64(0x9000, 0xA003);
        rig.memory.write64(0xA000, 0x83);
        CpuState flat = Rig.flat();
        CpuState.Segment code = new CpuState.Segment(0x10, 0, -1, 0xA09B00);
        long lma = CpuState.Control.EFER_LME | CpuState.Control.EFER_LMA;
        return flat.with(flat.segments().withCode(code)).with(new CpuState.Control(0x80000011L, 0, 0x8000, 0x20, lma));
    }

    static Stream<Tried> cpus() {
        return Stream.of(
                new Tried(false, Mode.REAL),
                new Tried(false, Mode.PROTECTED),
                new Tried(true, Mode.REAL),
                new Tried(true, Mode.PROTECTED),
                new Tried(true, Mode.LONG));
    }

    private static DebugPoints code(long... addresses) {
        Set<Long> set = LongStream.of(addresses).boxed().collect(Collectors.toSet());
        return new DebugPoints(set, List.of(), false);
    }

    private static DebugPoints data(Watch... watches) {
        return new DebugPoints(Set.of(), List.of(watches), false);
    }

    private static Hit hit(Rig rig) {
        VcpuExit exit = rig.vcpu().run();
        assertEquals(Kind.BREAKPOINT, exit.kind(), exit::detail);
        return exit.hit().orElseThrow();
    }

    private static CpuState end(Rig rig) {
        VcpuExit exit = rig.vcpu().run();
        assertEquals(Kind.STOPPED, exit.kind(), exit::detail);
        return rig.vcpu().state();
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void stopsBeforeAnInstructionEachTime(Tried cpu) {
        // xor ebx,ebx; mov cl,10; top: inc bl; dec cl; jnz top; hlt
        try (Rig rig = cpu.rig("31 db b1 0a fe c3 fe c9 75 fa f4")) {
            rig.vcpu().debug(code(Rig.CODE + 4));
            for (int n = 0; n < 10; n++) {
                assertEquals(Rig.CODE + 4, hit(rig).address());
                assertEquals(Rig.CODE + 4, rig.vcpu().state().eip());
                assertEquals(n, rig.vcpu().state().ebx() & 0xFFFF);
            }
            assertEquals(10, end(rig).ebx() & 0xFFFF);
        }
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void moreThanTheHostsRegistersHoldStopAsWellAndTheGuestsMemoryStaysItsOwn(Tried cpu) {
        cpu.needsTheHostsCpu();
        try (Rig rig = cpu.rig(INCREMENT.repeat(8) + "f4")) {
            long[] all = LongStream.range(0, 8).map(i -> Rig.CODE + 2 * i).toArray();
            rig.vcpu().debug(code(all));
            for (int n = 0; n < 8; n++) {
                assertEquals(Rig.CODE + 2 * n, hit(rig).address());
                assertEquals(n, rig.vcpu().state().ebx() & 0xFFFF);
                assertEquals(0xFE, rig.memory.read8(Rig.CODE + 2 * n));
                assertEquals(0xFE, rig.memory.read8(Rig.CODE + 14));
            }
            assertEquals(8, end(rig).ebx() & 0xFFFF);
        }
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void theGuestsOwnBreakpointInstructionIsTheGuests(Tried cpu) {
        cpu.needsTheHostsCpu();
        // int3; nop ... hlt; the handler at 0x2000: inc dl; iret (iretq)
        try (Rig rig = cpu.rig("cc 90 90 90 90 90 90 f4")) {
            rig.memory.write(0x2000, HexFormat.of().parseHex(cpu.mode == Mode.LONG ? "fec248cf" : "fec2cf"));
            rig.memory.write32(0xC, 0x2000);
            int gateBytes = cpu.mode == Mode.LONG ? 16 : 8;
            rig.memory.write64(0x3000 + gateBytes * 3, 0x2000 | 0x10 << 16 | 0x8E00L << 32);
            if (cpu.mode != Mode.REAL) {
                CpuState s = rig.vcpu().state();
                rig.vcpu().restore(s.with(s.segments().withTables(s.gdtr(), new CpuState.Table(0x3000, 0xFF))));
            }
            rig.vcpu().debug(code(LongStream.range(1, 7).map(i -> Rig.CODE + i).toArray()));
            int before = rig.vcpu().state().edx();
            assertEquals(Rig.CODE + 1, hit(rig).address());
            assertEquals(before + 1, rig.vcpu().state().edx());
            rig.vcpu().debug(DebugPoints.NONE);
            end(rig);
        }
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void stopsBehindAWriteAndNotBehindARead(Tried cpu) {
        cpu.needsTheHostsCpu();
        try (Rig rig = cpu.rig(LOAD_AND_STORE)) {
            CpuState s = rig.vcpu().state();
            rig.vcpu().restore(pointing(s, 0x800));
            Watch watch = new Watch(0x800, 1, Access.WRITE);
            rig.vcpu().debug(data(watch));
            Hit hit = hit(rig);
            assertEquals(new Hit(0x800, Optional.of(watch)), hit);
            assertEquals(Rig.CODE + 4, rig.vcpu().state().eip());
            end(rig);
        }
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void stopsBehindEitherWhereBothAreWatched(Tried cpu) {
        cpu.needsTheHostsCpu();
        try (Rig rig = cpu.rig(LOAD_AND_STORE)) {
            rig.vcpu().restore(pointing(rig.vcpu().state(), 0x803));
            rig.vcpu().debug(data(new Watch(0x801, 7, Access.READ_OR_WRITE)));
            assertTrue(hit(rig).watch().isPresent());
            assertEquals(Rig.CODE + 2, rig.vcpu().state().eip());
            assertTrue(hit(rig).watch().isPresent());
            assertEquals(Rig.CODE + 4, rig.vcpu().state().eip());
            end(rig);
        }
    }

    /** (E)DI and (E)BX: 07 as ModRM means [bx] in 16-bit code and [edi] in 32-bit code. */
    private static CpuState pointing(CpuState s, long address) {
        return s.with(s.general().with(CpuState.General.RBX, address).with(CpuState.General.RDI, address));
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void aStepIsOneInstructionAlsoAtABreakpoint(Tried cpu) {
        try (Rig rig = cpu.rig(INCREMENT.repeat(3) + "f4")) {
            rig.vcpu().debug(code(Rig.CODE, Rig.CODE + 2, Rig.CODE + 4));
            for (int n = 1; n <= 3; n++) {
                assertEquals(Kind.STEPPED, rig.vcpu().step().kind());
                assertEquals(Rig.CODE + 2 * n, rig.vcpu().state().eip());
            }
            end(rig);
        }
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void interruptsWaitWhileTheyAreHeld(Tried cpu) {
        try (Rig rig = cpu.rig(INCREMENT.repeat(3) + "f4")) {
            CpuState s = rig.vcpu().state();
            rig.vcpu().restore(s.with(s.general().withRflags(2 | IF)));
            rig.interrupt = 0x20;
            rig.vcpu().debug(DebugPoints.NONE.holdingInterrupts(true));
            for (int n = 1; n <= 3; n++) {
                assertEquals(Kind.STEPPED, rig.vcpu().step().kind());
                assertEquals(Rig.CODE + 2 * n, rig.vcpu().state().eip());
            }
            assertEquals(0x20, rig.interrupt, "nobody has acknowledged it");
        }
    }

    @ParameterizedTest
    @MethodSource("cpus")
    void noPointsAreLeftBehind(Tried cpu) {
        cpu.needsTheHostsCpu();
        try (Rig rig = cpu.rig(INCREMENT.repeat(6) + "f4")) {
            rig.vcpu()
                    .debug(code(
                            LongStream.range(0, 6).map(i -> Rig.CODE + 2 * i).toArray()));
            hit(rig);
            rig.vcpu().debug(DebugPoints.NONE);
            assertEquals(6, end(rig).ebx() & 0xFFFF);
        }
    }

    @Test
    void moreDataThanKvmCanWatchIsRefusedAndWhatWasWatchedStays() {
        KvmHere.hardwareRequired();
        try (Rig rig = new Tried(true, Mode.LONG).rig(LOAD_AND_STORE)) {
            rig.vcpu().restore(pointing(rig.vcpu().state(), 0x800));
            rig.vcpu().debug(data(new Watch(0x800, 1, Access.WRITE)));
            Watch[] five = new Watch[5];
            Arrays.setAll(five, i -> new Watch(0x900 + 8 * i, 8, Access.WRITE));
            assertThrows(IllegalArgumentException.class, () -> rig.vcpu().debug(data(five)));
            assertThrows(
                    IllegalArgumentException.class, () -> rig.vcpu().debug(data(new Watch(0x900, 4096, Access.WRITE))));
            assertTrue(hit(rig).watch().isPresent());
        }
    }
}
