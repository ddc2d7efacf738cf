// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.vmm.CpuState;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.StateComparison;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * Small guests on both CPUs: registers, memory, device accesses and the end must be the same. The guests and the sections
 * they are about are in guests.txt.
 */
@Tag("kvm")
final class ParityTest {
    private static final long PATIENCE_NANOS = 5_000_000_000L;
    private static final int RF = 1 << 16;
    /** Those of EFLAGS but for the one that is always set. */
    private static final int FLAGS = 0x3F7FD5;

    /** One guest of guests.txt. */
    record Guest(String name, String mode, String section, byte[] code) {
        CpuState start() {
            return mode.equals("real") ? Rig.real() : Rig.flat();
        }

        @Override
        public String toString() {
            return name + " (" + section + ")";
        }
    }

    /** What can be compared of a run. */
    private record Outcome(VcpuExit.Kind end, CpuState state, byte[] memory, List<String> log) {}

    /** Those that this host's kind of CPU has all for. */
    static List<Guest> guests() throws IOException {
        return listed().stream()
                .filter(guest -> !guest.mode().equals("silicon") || !KvmHere.isEmulated())
                .toList();
    }

    private static List<Guest> listed() throws IOException {
        List<Guest> guests = new ArrayList<>();
        String[] head = {};
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        for (String line : (listing() + "== end | |").lines().toList()) {
            if (line.startsWith("== ")) {
                if (code.size() > 0) {
                    guests.add(new Guest(head[0], head[1], head[2], code.toByteArray()));
                }
                head = line.substring(3).split(" *\\| *");
                code.reset();
            } else if (!line.isBlank() && !line.startsWith("#")) {
                code.write(HexFormat.ofDelimiter(" ").parseHex(line.split(";")[0].strip()));
            }
        }
        return guests;
    }

    private static String listing() throws IOException {
        try (InputStream text = ParityTest.class.getResourceAsStream("guests.txt")) {
            return new String(text.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void theListHasGuestsOfAllModes() throws IOException {
        for (String mode : List.of("flat", "hardware", "real", "paged")) {
            assertTrue(listed().stream().filter(g -> g.mode().equals(mode)).count() >= 2, mode);
        }
    }

    @ParameterizedTest
    @MethodSource("guests")
    void aGuestEndsTheSameOnBothCpus(Guest guest) {
        require(guest);
        Outcome soft = run(new SoftHypervisor(), guest);
        Outcome kvm = run(new KvmHypervisor(), guest);

        assertEquals(String.join("\n", soft.log), String.join("\n", kvm.log), "accesses, in their order");
        assertEquals(soft.end, kvm.end, "how it ended");
        if (soft.end != VcpuExit.Kind.SHUTDOWN) {
            // A triple fault leaves no registers on AMD.
            assertEquals(soft.state, kvm.state, "registers");
        }
        assertArrayEquals(comparable(soft.memory), comparable(kvm.memory), "memory");
    }

    /** QEMU's emulated CPU sets and clears RF in its own way: what can be an image of EFLAGS isn't compared in it there. */
    private static byte[] comparable(byte[] memory) {
        if (KvmHere.isEmulated()) {
            ByteBuffer words = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at < memory.length; at += Integer.BYTES) {
                int word = words.getInt(at);
                words.putInt(at, (word & ~FLAGS) == 2 ? word & ~RF : word);
            }
        }
        return memory;
    }

    /** Skips what this host's KVM can't run. */
    static void require(Guest guest) {
        switch (guest.mode()) {
            case "flat", "real" -> KvmHere.required();
            default -> KvmHere.pagingRequired();
        }
    }

    private static Outcome run(Hypervisor hypervisor, Guest guest) {
        try (Rig rig = new Rig(hypervisor, guest.code())) {
            rig.writeGdt();
            rig.vcpu().restore(guest.start());
            rig.clock.alarm(rig.vcpu()::kick).at(PATIENCE_NANOS);
            VcpuExit exit = rig.vcpu().run();
            assertTrue(
                    exit.kind() == VcpuExit.Kind.STOPPED || exit.kind() == VcpuExit.Kind.SHUTDOWN,
                    () -> hypervisor.name() + " ended with " + exit + "\n"
                            + rig.vcpu().state());
            return new Outcome(
                    exit.kind(),
                    StateComparison.comparable(rig.vcpu().state()),
                    rig.memory.read(0, Rig.RAM_BYTES),
                    List.copyOf(rig.log));
        }
    }
}
