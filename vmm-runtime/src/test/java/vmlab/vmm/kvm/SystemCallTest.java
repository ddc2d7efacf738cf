// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemCallTest {
    private static final int EBADF = 9;
    /** How many bytes of a file are still to be read, as an int. */
    private static final long FIONREAD = 0x541B;

    @BeforeEach
    void numbersAreOfX86Linux() {
        assumeTrue(KvmDescriptor.hostCouldHaveKvm(), "this isn't Linux on x86-64");
    }

    @Test
    void theKernelIsCalledDirectly() {
        assertTrue(SystemCall.isDirect(), "executable pages are allowed, or HotSpot wouldn't compile");
    }

    @Test
    void errorsAreNegatedNumbersEitherWay() {
        assertEquals(-EBADF, SystemCall.ioctl(-1, FIONREAD, 0));
        assertEquals(-EBADF, SystemCall.throughLibrary(-1, FIONREAD, 0));
    }

    @Test
    void argumentsOf64BitsArriveWholeEitherWay(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("five"), new byte[5]);
        try (Memory path = new Memory(file.toString().length() + 1L);
                NativeStruct left = new NativeStruct(Integer.BYTES)) {
            path.setString(0, file.toString());
            int descriptor = Libc.open(path, Libc.O_RDWR_CLOEXEC);
            assertEquals(0, SystemCall.ioctl(descriptor, FIONREAD, left.address()));
            assertEquals(5, left.get32(0));
            left.clear();
            assertEquals(0, SystemCall.throughLibrary(descriptor, FIONREAD, left.address()));
            assertEquals(5, left.get32(0));
            Libc.close(descriptor);
        }
    }
}
