// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The host's own CPU in 32-bit mode, through a C program without a library that is compiled into the build directory. */
final class NativeCpu {
    /** Registers in the order of their encoding, EFLAGS and memory at {@link CpuFixture#DATA}. */
    record State(int[] registers, int flags, byte[] memory) {}

    /** Code to be run at {@link CpuFixture#CODE}. */
    record Request(byte[] code, State before) {}

    /** How it ended; after a signal, as the faulting instruction found it. */
    record Answer(State after, int signal) {}

    private static final String SOURCE = "integer-oracle.c";
    private static final long LIMIT_SECONDS = 120;
    private static final int CODE_BYTES = 60;
    private static final int REQUEST_BYTES = 4 + CODE_BYTES + 36 + InstructionGenerator.MEMORY_BYTES;
    private static final int ANSWER_BYTES = 40 + InstructionGenerator.MEMORY_BYTES;

    private final Path directory;
    private final Path program;

    private NativeCpu(Path directory) {
        this.directory = directory;
        program = directory.resolve("integer-oracle");
    }

    /** Compiles it; where that is impossible the test is skipped, unless VMLAB_REQUIRE names native or all. */
    static NativeCpu compile() throws IOException, InterruptedException {
        NativeCpu cpu = new NativeCpu(Files.createDirectories(Path.of("target", "integer-oracle")));
        String missing = cpu.build();
        if (!missing.isEmpty()) {
            CpuData.require("native", "no comparison with the host's CPU: " + missing);
        }
        return cpu;
    }

    private String build() throws IOException, InterruptedException {
        if (!System.getProperty("os.arch").equals("amd64")
                || !System.getProperty("os.name").equals("Linux")) {
            return "it needs Linux on x86-64";
        }
        Path source = directory.resolve(SOURCE);
        try (InputStream text = NativeCpu.class.getResourceAsStream(SOURCE)) {
            Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
        }
        List<String> command = new ArrayList<>(List.of("gcc", "-O1", "-m32", "-nostdlib", "-static", "-ffreestanding"));
        command.addAll(List.of("-fno-stack-protector", "-fno-pic", "-no-pie", "-o", program.toString()));
        command.add(source.toString());
        try {
            Process gcc = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("gcc.log").toFile())
                    .start();
            if (finish(gcc) != 0) {
                return "gcc failed: " + Files.readString(directory.resolve("gcc.log"));
            }
            ask(List.of());
            return "";
        } catch (IOException e) {
            return "no gcc, or no 32-bit programs: " + e.getMessage();
        }
    }

    private static int finish(Process process) throws InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the program took more than " + LIMIT_SECONDS + " s");
        }
        return process.exitValue();
    }

    List<Answer> ask(List<Request> requests) throws IOException, InterruptedException {
        ByteBuffer in = ByteBuffer.allocate(requests.size() * REQUEST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (Request request : requests) {
            int start = in.position();
            in.putInt(request.code.length).put(request.code).position(start + 4 + CODE_BYTES);
            for (int register : request.before.registers) {
                in.putInt(register);
            }
            in.putInt(request.before.flags).put(request.before.memory);
        }
        Path input = directory.resolve("requests");
        Path output = directory.resolve("answers");
        Files.write(input, in.array());
        Process process = new ProcessBuilder(program.toAbsolutePath().toString())
                .redirectInput(input.toFile())
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertEquals(0, finish(process), "exit code of the program");
        ByteBuffer out = ByteBuffer.wrap(Files.readAllBytes(output)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(requests.size() * ANSWER_BYTES, out.remaining(), "bytes of answers");
        List<Answer> answers = new ArrayList<>();
        for (int k = 0; k < requests.size(); k++) {
            answers.add(answer(out));
        }
        return answers;
    }

    private static Answer answer(ByteBuffer out) {
        int[] registers = new int[8];
        for (int k = 0; k < 8; k++) {
            registers[k] = out.getInt();
        }
        int flags = out.getInt();
        int signal = out.getInt();
        byte[] memory = new byte[InstructionGenerator.MEMORY_BYTES];
        out.get(memory);
        return new Answer(new State(registers, flags, memory), signal);
    }
}
