// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BootLoadersTest {
    private static final String NO_KERNEL = "kernel is no kernel for this machine: it %s; " + BootFile.NAME_A_KERNEL;

    @TempDir
    Path directory;

    private String mistake(byte[] contents) {
        Path kernel = Images.file(directory, "kernel", contents);
        return Images.mistakeOf(directory, () -> BootLoaders.forImage(Images.image(kernel)));
    }

    private String mistakeOfInitrd(Path initrd) {
        Path kernel = Images.file(directory, "kernel", Images.vmlinux());
        return Images.mistakeOf(directory, () -> BootLoaders.forImage(new BootImage(kernel, Optional.of(initrd), "")));
    }

    @Test
    void missingKernelIsNamed() {
        assertEquals(
                "there is no kernel vmlinuz; check the path of the kernel",
                Images.mistakeOf(directory, () -> BootLoaders.forImage(Images.image(directory.resolve("vmlinuz")))));
    }

    @Test
    void directoryIsNoKernel() throws Exception {
        Path boot = Files.createDirectory(directory.resolve("boot"));
        assertEquals(
                "the kernel boot is a directory; name a file in it",
                Images.mistakeOf(directory, () -> BootLoaders.forImage(Images.image(boot))));
    }

    @Test
    void forbiddenKernelIsNamed() throws Exception {
        Path kernel = Images.file(directory, "vmlinuz", Images.vmlinux());
        Files.setPosixFilePermissions(kernel, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(kernel), "this user may read every file, so none can be forbidden");
        assertEquals(
                "the kernel vmlinuz may not be read by you; copy it or change its rights (chmod +r)",
                Images.mistakeOf(directory, () -> BootLoaders.forImage(Images.image(kernel))));
    }

    @Test
    void emptyKernelIsNamed() {
        assertEquals("the kernel kernel is empty; fetch or build it again", mistake(new byte[0]));
    }

    @Test
    void missingInitrdIsNamedBeforeAnythingIsLoaded() {
        assertEquals(
                "there is no initrd rd.gz; check the path of the initrd", mistakeOfInitrd(directory.resolve("rd.gz")));
    }

    @Test
    void emptyInitrdIsNamed() {
        assertEquals(
                "the initrd rd.gz is empty; fetch or build it again",
                mistakeOfInitrd(Images.file(directory, "rd.gz", new byte[0])));
    }

    @Test
    void initrdThatShrinksBetweenLookAndLoadIsNoticed() {
        Path kernel = Images.file(directory, "kernel", Images.vmlinux());
        Path initrd = Images.file(directory, "rd.gz", new byte[5000]);
        BootLoader loader = BootLoaders.forImage(new BootImage(kernel, Optional.of(initrd), ""));
        Images.file(directory, "rd.gz", new byte[10]);
        try (var ram = Images.ram(32)) {
            assertEquals(
                    "the initrd rd.gz has shrunk; wait until it is written, start again",
                    Images.mistakeOf(directory, () -> loader.load(ram)));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0x0    | 1F8B08           | is a gzip'd file
            0x0    | FD377A585A       | is an xz file
            0x0    | 28B52FFD         | is a zstd file
            0x0    | 4D5A             | is an EFI program
            0x38   | 41524D64         | is a kernel for 64-bit ARM
            0x24   | 18286F01         | is a kernel for 32-bit ARM
            0x38   | 52534305         | is a kernel for RISC-V
            0x0    | 303730373031     | is a cpio archive, perhaps an initrd
            0x0    | 213C617263683E0A | is an archive, perhaps a Debian package
            0x0    | 2321             | is a script
            0x8001 | 4344303031       | is a CD image
            0x1FE  | 55AA             | is a disk's boot sector or a disk image
            0x0    | 00               | has neither a Multiboot header nor a Linux setup header, and is no ELF file
            """)
    void otherFileIsRecognized(int offset, String hex, String what) {
        byte[] contents = new byte[0x9000];
        byte[] mark = HexFormat.of().parseHex(hex);
        System.arraycopy(mark, 0, contents, offset, mark.length);
        assertEquals(NO_KERNEL.formatted(what), mistake(contents));
    }

    @Test
    void arm64KernelWithEfiStubIsCalledByItsMachine() {
        byte[] contents = new byte[64];
        contents[0] = 'M';
        contents[1] = 'Z';
        System.arraycopy("ARM\u0064".getBytes(StandardCharsets.US_ASCII), 0, contents, 0x38, 4);
        assertEquals(NO_KERNEL.formatted("is a kernel for 64-bit ARM"), mistake(contents));
    }

    @Test
    void tooShortForAnythingIsExplained() {
        assertEquals(
                NO_KERNEL.formatted("has neither a Multiboot header nor a Linux setup header, and is no ELF file"),
                mistake(new byte[] {1}));
        assertEquals(
                "kernel is cut off or damaged: its headers speak of 0x14 bytes, it has 0x4;"
                        + " fetch, copy or build it again",
                mistake(new byte[] {0x7F, 'E', 'L', 'F'}));
    }

    @Test
    void everyTruncatedBzImageIsAMistake() {
        byte[] whole = Images.bzImage(new byte[64], Images.UNCHANGED);
        for (int length = 1; length < whole.length; length += 7) {
            String explanation = mistake(Arrays.copyOf(whole, length));
            assertTrue(explanation.startsWith("kernel is "), explanation);
        }
    }
}
