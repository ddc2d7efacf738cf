// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;
import vmlab.vmm.boot.BootImage;
import vmlab.vmm.boot.BootLoaders;

/** With the real archive this host's apt names: the one test here that needs a network. */
class DebianGuestTest {
    @TempDir
    Path folder;

    @Test
    void fetchesDebiansOwnKernelAndBusyboxOnceAndThenNeedsNoNetwork() throws Exception {
        GuestCache cache = new GuestCache(folder);
        DebianGuest guest = fetched(cache);

        assertTrue(guest.kernelRelease().matches("6\\.1\\.0-[0-9]+-686"), guest.kernelRelease());
        byte[] kernel = Files.readAllBytes(guest.vmlinuz());
        // Documentation/x86/boot.rst, "The Real-Mode Kernel Header": magic "HdrS" at 0x202
        assertEquals("HdrS", new String(kernel, 0x202, 4, java.nio.charset.StandardCharsets.US_ASCII));
        byte[] elf = Files.readAllBytes(guest.vmlinux());
        assertEquals(0x7F, elf[0], "the ELF file inside it");
        assertTrue(elf.length > 2 * kernel.length, "unpacked: " + elf.length);
        byte[] busybox = Files.readAllBytes(guest.busybox());
        // ELF, 32-bit, little-endian; e_machine EM_386
        assertEquals(
                List.of(0x7F, 0x45, 0x4C, 0x46, 1, 1, 3),
                List.of(
                        (int) busybox[0],
                        (int) busybox[1],
                        (int) busybox[2],
                        (int) busybox[3],
                        (int) busybox[4],
                        (int) busybox[5],
                        (int) busybox[18]));

        PackageSource nothing = new DebianArchive(List.of(), folder, folder, "gpgv", () -> {
            throw new AssertionError("asked the network");
        });
        DebianGuest again = DebianGuest.fetch(cache, nothing, Progress.SILENT);
        assertEquals(guest.vmlinuz(), again.vmlinuz());
        assertEquals(guest.kernelPackage(), again.kernelPackage());
        assertTrue(cache.describe().sizeBytes() < 60_000_000, "packages are removed: " + cache.describe());
    }

    private static DebianGuest fetched(GuestCache cache) {
        try {
            return DebianGuest.fetch(cache, System.getenv(), Progress.SILENT);
        } catch (HostMistake e) {
            String required = System.getenv().getOrDefault("VMLAB_REQUIRE", "");
            if (List.of(required.split("[\\s,]+")).stream().anyMatch(List.of("guest", "all")::contains)) {
                throw e;
            }
            assumeTrue(false, "skipped, the guest's packages can't be had here: " + e.getMessage());
            throw e;
        }
    }

    @Test
    void withoutAptAndMirrorTheErrorNamesTheOptionsAndTheFiles() {
        PackageSource source = PackageSource.of(Map.of(), folder.resolve("no-apt"));
        HostMistake mistake = assertThrows(
                HostMistake.class, () -> DebianGuest.fetch(new GuestCache(folder), source, Progress.SILENT));
        for (String named : List.of(
                "VMLAB_DEBIAN_MIRROR",
                "VMLAB_DEBIAN_PACKAGES",
                "linux-image-6.1.0-N-686_VERSION_i386.deb",
                "busybox-static_VERSION_i386.deb",
                "bookworm")) {
            assertTrue(mistake.remedy().contains(named), named + " in: " + mistake.remedy());
        }
    }

    @Test
    void aMirrorThatIsNoAddressIsRefusedByName() {
        HostMistake mistake = assertThrows(
                HostMistake.class, () -> PackageSource.of(Map.of("VMLAB_DEBIAN_MIRROR", "ftp://x/debian"), folder));
        assertTrue(mistake.getMessage().contains("VMLAB_DEBIAN_MIRROR"), mistake.getMessage());
    }

    @Test
    void theKernelBootsFromBothOfItsForms() {
        DebianGuest guest = fetched(GuestCache.ofUser());
        BootImage packed = new BootImage(guest.vmlinuz(), Optional.empty(), "quiet");
        BootImage unpacked = new BootImage(guest.vmlinux(), Optional.empty(), "quiet");
        try (GuestMemory ram = GuestMemory.allocate(64L << 20)) {
            CpuState fromBzImage = BootLoaders.forImage(packed).load(ram);
            CpuState fromElf = BootLoaders.forImage(unpacked).load(ram);
            assertEquals(0x1000000, fromBzImage.eip());
            assertEquals(fromBzImage, fromElf);
            assertNotEquals(0, ram.read32(fromElf.eip()));
        }
        try (GuestMemory ram = GuestMemory.allocate(32L << 20)) {
            HostMistake mistake = assertThrows(
                    HostMistake.class, () -> BootLoaders.forImage(packed).load(ram));
            assertEquals("set guest_ram_mb to at least 33", mistake.remedy());
        }
    }
}
