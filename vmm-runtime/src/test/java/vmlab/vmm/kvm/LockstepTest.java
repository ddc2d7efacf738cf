// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.Lockstep;
import vmlab.vmm.Lockstep.End;
import vmlab.vmm.Lockstep.Grain;
import vmlab.vmm.Lockstep.Report;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.kvm.ParityTest.Guest;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * Guests on two CPUs at once, and CPUs that are broken on purpose. What goes by single steps isn't for an emulated CPU, whose KVM
 * has no debug registers to step with.
 */
final class LockstepTest {
    private static final long MOST = 100_000;
    private static final Set<String> WITH_FLAG_IMAGES = Set.of(
            "exceptions through interrupt gates",
            "paging: faults and their address",
            "paging: ring 3 may not touch a supervisor page");

    /** A CPU in Java that does something wrong after each step or run. */
    private record Broken(UnaryOperator<CpuState> fault) implements Hypervisor {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Vm create(Board board) {
            Vm sound = new SoftHypervisor().create(board);
            Vcpu cpu = sound.vcpu();
            Vcpu broken = new Vcpu() {
                @Override
                public VcpuExit run() {
                    return wrong(cpu.run());
                }

                @Override
                public VcpuExit step() {
                    return wrong(cpu.step());
                }

                private VcpuExit wrong(VcpuExit exit) {
                    CpuState state = cpu.state();
                    CpuState other = fault.apply(state);
                    if (!other.equals(state)) {
                        cpu.restore(other);
                    }
                    return exit;
                }

                @Override
                public void kick() {
                    cpu.kick();
                }

                @Override
                public CpuState state() {
                    return cpu.state();
                }

                @Override
                public void restore(CpuState state) {
                    cpu.restore(state);
                }

                @Override
                public void debug(DebugPoints points) {
                    cpu.debug(points);
                }
            };
            return new Vm() {
                @Override
                public Vcpu vcpu() {
                    return broken;
                }

                @Override
                public void close() {
                    sound.close();
                }
            };
        }
    }

    static Stream<Guest> guests() throws IOException {
        return ParityTest.guests().stream();
    }

    /** In the nested KVM without those that leave an EFLAGS image in memory: QEMU's CPU sets and clears its RF in its own way. */
    static Stream<Guest> guestsWithoutFlagImages() throws IOException {
        return guests().filter(guest -> !KvmHere.isEmulated() || !WITH_FLAG_IMAGES.contains(guest.name()));
    }

    private static Report lockstep(byte[] code, CpuState start, Hypervisor one, Hypervisor other, Grain grain) {
        try (Rig rig = new Rig(new SoftHypervisor(), code)) {
            rig.writeGdt();
            rig.vcpu().restore(start);
            try (Lockstep lockstep = new Lockstep(rig.machine(), one, other, grain)) {
                return lockstep.run(MOST);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("guests")
    void theTwoCpusAgreeAfterEveryInstruction(Guest guest) {
        ParityTest.require(guest);
        Report report =
                lockstep(guest.code(), guest.start(), new SoftHypervisor(), new KvmHypervisor(), Grain.INSTRUCTION);

        assertEquals(End.ENDED, report.end(), report.text());
        assertTrue(report.comparisons() > 2, report.toString());
    }

    @Tag("kvm")
    @ParameterizedTest
    @MethodSource("guestsWithoutFlagImages")
    void theTwoCpusAgreeAtEveryExit(Guest guest) {
        ParityTest.require(guest);
        Report report = lockstep(guest.code(), guest.start(), new SoftHypervisor(), new KvmHypervisor(), Grain.EXIT);

        assertEquals(End.ENDED, report.end(), report.text());
    }

    @ParameterizedTest
    @MethodSource("guests")
    void aCpuAgreesWithItself(Guest guest) {
        for (Grain grain : Grain.values()) {
            Report report = lockstep(guest.code(), guest.start(), new SoftHypervisor(), new SoftHypervisor(), grain);
            assertEquals(End.ENDED, report.end(), report.text());
        }
    }

    /** l: inc eax; mov [0x5000], eax; out 0x20, al; cmp eax, 10; jne l; cli; hlt */
    private static final byte[] COUNT =
            HexFormat.of().parseHex("40" + "a300500000" + "e620" + "83f80a" + "75f3" + "faf4");

    @Test
    void aWrongRegisterIsFoundAtItsInstructionAndShownSideBySide() {
        Hypervisor broken = new Broken(s ->
                s.eax() == 5 && s.eip() == Rig.CODE + 1 ? s.with(s.general().with(CpuState.General.RBX, 0xBAD)) : s);
        Report report = lockstep(COUNT, Rig.flat(), new SoftHypervisor(), broken, Grain.INSTRUCTION);

        assertEquals(End.DIFFERENT, report.end());
        assertEquals(4 * 5 + 1, report.comparisons());
        assertTrue(report.text().contains("registers differ"), report.text());
        assertTrue(report.text().lines().anyMatch(l -> l.matches("\\* rbx +0 +bad")), report.text());
        assertTrue(report.text().lines().anyMatch(l -> l.matches("  rax +5 +5")), report.text());
        assertTrue(report.text().contains("0010:00001000  40 a3 00 50"), report.text());
    }

    @Test
    void aWrongOutputIsFoundInTheCoarseGrain() {
        Hypervisor broken = new Broken(s -> s.eax() == 5 ? s.with(s.general().with(CpuState.General.RAX, 7)) : s);
        Report report = lockstep(COUNT, Rig.flat(), new SoftHypervisor(), broken, Grain.EXIT);

        assertEquals(End.DIFFERENT, report.end());
        assertEquals(5, report.comparisons());
        assertTrue(report.text().contains("registers differ"), report.text());
    }

    @Test
    void aWrongStoreIsFoundAtTheEnd() {
        Hypervisor broken = new Hypervisor() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Vm create(Board board) {
                board.memory().write8(0x9000, 1);
                return new SoftHypervisor().create(board);
            }
        };
        Report report = lockstep(COUNT, Rig.flat(), new SoftHypervisor(), broken, Grain.INSTRUCTION);

        assertEquals(End.DIFFERENT, report.end());
        assertTrue(report.text().contains("memory differs at 0x9000"), report.text());
    }
}
