// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.vmm.HostMistake;

/** Modules of the kernel's package, each taken when it is needed. */
class KernelModulesTest {
    private static final String RELEASE = "6.1.0-50-686";
    private static final String DRIVERS = "lib/modules/" + RELEASE + "/kernel/drivers/";

    @TempDir
    Path folder;

    private SyntheticArchive archive;
    private KernelModules modules;

    @BeforeEach
    void open() throws Exception {
        archive = new SyntheticArchive();
        archive.files.put(
                SyntheticArchive.KERNEL_DEB,
                SyntheticArchive.deb(Map.of(
                        "./" + DRIVERS + "uio/uio.ko", new byte[] {1},
                        "./" + DRIVERS + "uio/uio_pci_generic.ko", new byte[] {2},
                        "./" + DRIVERS + "i2c/i2c-core.ko", new byte[] {3})));
        archive.publish(
                UnaryOperator.identity(), text -> SyntheticArchive.signed(text).getBytes(StandardCharsets.UTF_8));
        modules = new KernelModules(
                new GuestCache(folder.resolve("cache")), RELEASE, () -> archive.source(folder, ""), Progress.SILENT);
    }

    @AfterEach
    void close() {
        archive.close();
    }

    @Test
    void aModuleIsFetchedOnceAndKeepsItsPlace() {
        KernelModules.Module uio = modules.module("uio");
        assertEquals(DRIVERS + "uio/uio.ko", uio.path());
        assertArrayEquals(new byte[] {1}, uio.content());
        archive.requests.clear();
        assertArrayEquals(new byte[] {1}, modules.module("uio").content());
        assertEquals(List.of(), archive.requests);
    }

    @Test
    void dashesAndUnderscoresAreOne() {
        assertArrayEquals(new byte[] {3}, modules.module("i2c_core").content());
    }

    @Test
    void whatTheKernelHasNotIsSaidAndNotKept() {
        HostMistake mistake = assertThrows(HostMistake.class, () -> modules.module("nonesuch"));
        assertTrue(mistake.getMessage().contains("has no module nonesuch"), mistake.getMessage());
        assertFalse(Files.exists(folder.resolve("cache/modules/" + RELEASE + "/nonesuch")));
    }
}
