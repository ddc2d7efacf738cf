// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/** The FPU of the host, through a small C program that is compiled into the build directory. */
final class HardwareOracle {
    static final int REQUEST_BYTES = 244;
    static final int ANSWER_BYTES = 248;
    static final int REQUEST_FLAGS = 4;
    static final int REQUEST_IMAGE = 8;
    static final int ANSWER_FLAGS = 4;
    static final int ANSWER_EAX = 8;
    static final int ANSWER_IMAGE = 12;
    static final int IMAGE_BYTES = 108;
    static final int MEMORY_BYTES = 128;

    private static final String SOURCE = "x87-oracle.c";
    private static final long LIMIT_SECONDS = 120;

    private final Path directory;
    private final Path program;

    private HardwareOracle(Path directory) {
        this.directory = directory;
        program = directory.resolve("x87-oracle");
    }

    /** Compiles it; without an x86-64 Linux and gcc the test is skipped, unless VMLAB_REQUIRE names x87 or all. */
    static HardwareOracle compile() throws IOException, InterruptedException {
        HardwareOracle oracle = new HardwareOracle(Files.createDirectories(Path.of("target", "x87-oracle")));
        String missing = oracle.build();
        if (!missing.isEmpty()) {
            String required = System.getenv().getOrDefault("VMLAB_REQUIRE", "");
            if (required.contains("x87") || required.contains("all")) {
                fail("the comparison with the host's FPU is required: " + missing);
            }
            abort("no comparison with the host's FPU: " + missing);
        }
        return oracle;
    }

    private String build() throws IOException, InterruptedException {
        if (!System.getProperty("os.arch").equals("amd64")
                || !System.getProperty("os.name").equals("Linux")) {
            return "it needs Linux on x86-64";
        }
        Path source = directory.resolve(SOURCE);
        try (InputStream text = HardwareOracle.class.getResourceAsStream(SOURCE)) {
            Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
        }
        try {
            Process gcc = new ProcessBuilder("gcc", "-O1", "-o", program.toString(), source.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("gcc.log").toFile())
                    .start();
            return finish(gcc) == 0 ? "" : "gcc failed: " + Files.readString(directory.resolve("gcc.log"));
        } catch (IOException noCompiler) {
            return "no gcc: " + noCompiler.getMessage();
        }
    }

    private static int finish(Process process) throws InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("the program took more than " + LIMIT_SECONDS + " s");
        }
        return process.exitValue();
    }

    /** Answers to a buffer full of requests. */
    ByteBuffer run(ByteBuffer requests, int count) throws IOException, InterruptedException {
        Path input = directory.resolve("requests");
        File output = directory.resolve("answers").toFile();
        byte[] bytes = new byte[count * REQUEST_BYTES];
        requests.get(0, bytes);
        Files.write(input, bytes);
        Process process = new ProcessBuilder(program.toAbsolutePath().toString())
                .redirectInput(input.toFile())
                .redirectOutput(output)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals(0, finish(process), "exit code of the program");
        byte[] answers = Files.readAllBytes(output.toPath());
        assertEquals(count * ANSWER_BYTES, answers.length, "bytes of answers");
        return ByteBuffer.wrap(answers).order(ByteOrder.LITTLE_ENDIAN);
    }
}
