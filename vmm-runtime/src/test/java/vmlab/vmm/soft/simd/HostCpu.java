// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * The CPU this test runs on, as the judge: a small C program, compiled here, executes single instructions on chosen
 * registers. Needs Linux on x86-64 and gcc.
 */
final class HostCpu {
    /** Layout of a case, as in host-cpu.c. */
    static final int CASE_BYTES = 96;

    static final int XMM1 = 0;
    static final int XMM2 = 16;
    static final int MM1 = 32;
    static final int MM2 = 40;
    static final int ECX = 48;
    static final int EDX = 52;
    static final int MXCSR = 56;
    static final int OUTCOME = 60;
    static final int EFLAGS = 64;
    static final int TAGS = 68;
    static final int MEMORY = 72;

    private static final int HEADER_BYTES = 32;
    private static final Path BUILD_DIRECTORY = Path.of("target", "host-cpu");

    private final Process process;

    private HostCpu(Process process) {
        this.process = process;
    }

    /** Compiles and starts the program; skips the test where that is impossible, unless nothing may be skipped. */
    static HostCpu start() throws IOException, InterruptedException {
        String architecture = System.getProperty("os.arch") + " " + System.getProperty("os.name");
        if (!architecture.toLowerCase(Locale.ROOT).equals("amd64 linux")) {
            return skip("the oracle is an x86-64 CPU under Linux, this is " + architecture);
        }
        Files.createDirectories(BUILD_DIRECTORY);
        Path source = BUILD_DIRECTORY.resolve("host-cpu.c");
        try (InputStream text = HostCpu.class.getResourceAsStream("host-cpu.c")) {
            Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
        }
        Path program = BUILD_DIRECTORY.resolve("host-cpu");
        Process compiler;
        try {
            compiler = new ProcessBuilder("gcc", "-O1", "-o", program.toString(), source.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(BUILD_DIRECTORY.resolve("gcc.log").toFile())
                    .start();
        } catch (IOException e) {
            return skip("no gcc to build the oracle with: " + e.getMessage());
        }
        assertEquals(0, compiler.waitFor(), "gcc compiles host-cpu.c; see " + BUILD_DIRECTORY.resolve("gcc.log"));
        return new HostCpu(new ProcessBuilder(program.toAbsolutePath().toString())
                .redirectError(Redirect.INHERIT)
                .start());
    }

    private static HostCpu skip(String reason) {
        String required = System.getenv().getOrDefault("VMLAB_REQUIRE", "");
        return required.contains("all") ? fail(reason) : abort(reason);
    }

    static ByteBuffer cases(int count) {
        return ByteBuffer.allocate(count * CASE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Executes an instruction once for every case.
     *
     * @param mmxInUse without, all x87 registers are empty before, whatever they hold
     * @return the cases as the instruction left them
     */
    ByteBuffer run(byte[] code, boolean mmxInUse, ByteBuffer cases) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(code.length)
                .putInt(mmxInUse ? 1 : 0)
                .putInt(cases.capacity() / CASE_BYTES)
                .putInt(0);
        header.put(code);
        byte[] results = new byte[cases.capacity()];
        try {
            OutputStream input = process.getOutputStream();
            input.write(header.array());
            input.write(cases.array());
            input.flush();
            new DataInputStream(process.getInputStream()).readFully(results);
        } catch (IOException e) {
            throw new UncheckedIOException("host-cpu has ended", e);
        }
        return ByteBuffer.wrap(results).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The program ends with its input. */
    void stop() throws IOException, InterruptedException {
        process.getOutputStream().close();
        assertEquals(0, process.waitFor(), "exit status of host-cpu");
    }
}
