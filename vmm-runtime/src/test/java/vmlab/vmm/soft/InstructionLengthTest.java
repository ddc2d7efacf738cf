// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The lengths of random instructions against GNU objdump, where the host has it. */
class InstructionLengthTest {
    private static final long SEED = 15;
    private static final int SLOTS = 40_000;

    /** Random bytes and then so many NOPs that the disassembler is in step again at the next slot. */
    private static final int SLOT_BYTES = 32;

    private static final int RANDOM_BYTES = 15;
    private static final Pattern LINE = Pattern.compile("\\s*([0-9a-f]+):\\s+((?:[0-9a-f]{2} )+)\\s*(.*)");
    private static final Set<Integer> PREFIXES =
            Set.of(0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3);

    @Test
    void lengthsAreThoseOfTheDisassembler() throws IOException, InterruptedException {
        byte[] code = randomSlots();
        String[] texts = new String[SLOTS];
        int[] lengths = new int[SLOTS];
        disassemble(code, lengths, texts);
        List<String> failures = new ArrayList<>();
        int compared = 0;
        int undefined = 0;
        try (CpuFixture fixture = new CpuFixture()) {
            for (int slot = 0; slot < SLOTS; slot++) {
                byte[] bytes = Arrays.copyOfRange(code, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
                if (lengths[slot] == 0 || opcode(bytes) == 0x9B) {
                    continue;
                }
                int ours = fixture.lengthOf(bytes);
                if (ours == lengths[slot]) {
                    compared++;
                } else if (fixture.isUndefined(bytes)) {
                    undefined++;
                    if (mustBeKnown(bytes)) {
                        failures.add("%n%s is undefined here, not %s".formatted(hex(bytes), texts[slot]));
                    }
                } else {
                    failures.add("%n%s has %d bytes here, not %d (%s)"
                            .formatted(hex(bytes), ours, lengths[slot], texts[slot]));
                }
            }
        }
        System.out.printf(
                "objdump, seed %d: %d lengths agree, %d instructions unknown here%n", SEED, compared, undefined);
        assertTrue(compared > SLOTS / 2, "compared " + compared);
        assertEquals(
                0,
                failures.size(),
                () -> failures.subList(0, Math.min(40, failures.size())).toString());
    }

    private static byte[] randomSlots() {
        Random random = new Random(SEED);
        byte[] code = new byte[SLOTS * SLOT_BYTES];
        Arrays.fill(code, (byte) 0x90);
        for (int slot = 0; slot < SLOTS; slot++) {
            byte[] bytes = new byte[RANDOM_BYTES];
            random.nextBytes(bytes);
            int at = 0;
            for (int prefixes = random.nextInt(4); prefixes > 1; prefixes--) {
                bytes[at++] = (byte) (random.nextBoolean() ? 0x66 : 0x67);
            }
            if (random.nextInt(3) == 0) {
                bytes[at] = 0x0F;
            }
            System.arraycopy(bytes, 0, code, slot * SLOT_BYTES, RANDOM_BYTES);
        }
        return code;
    }

    private static void disassemble(byte[] code, int[] lengths, String[] texts)
            throws IOException, InterruptedException {
        Path directory = Files.createDirectories(Path.of("target", "objdump"));
        Path input = directory.resolve("code.bin");
        Path output = directory.resolve("code.txt");
        Files.write(input, code);
        try {
            Process process = new ProcessBuilder("objdump", "-b", "binary", "-m", "i386", "-D", "-w", "-z", "" + input)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            assertEquals(0, process.waitFor(), "exit code of objdump");
        } catch (IOException missing) {
            CpuData.require("native", "no objdump: " + missing.getMessage());
        }
        for (String line : Files.readAllLines(output)) {
            Matcher m = LINE.matcher(line);
            if (m.matches() && Integer.parseInt(m.group(1), 16) % SLOT_BYTES == 0) {
                int slot = Integer.parseInt(m.group(1), 16) / SLOT_BYTES;
                byte[] bytes = HexFormat.of().parseHex(m.group(2).replace(" ", ""));
                boolean prefixOnly = opcode(Arrays.copyOf(bytes, bytes.length + 1)) == 0
                        && PREFIXES.contains(bytes[bytes.length - 1] & 0xFF);
                if (!m.group(3).contains("(bad)") && !prefixOnly) {
                    lengths[slot] = bytes.length;
                    texts[slot] = m.group(3);
                }
            }
        }
    }

    private static int opcode(byte[] bytes) {
        int at = 0;
        while (PREFIXES.contains(bytes[at] & 0xFF)) {
            at++;
        }
        return bytes[at] & 0xFF;
    }

    /** Not the encodings of later extensions, of the FPU or with LOCK. */
    private static boolean mustBeKnown(byte[] bytes) {
        int at = 0;
        while (PREFIXES.contains(bytes[at] & 0xFF)) {
            if ((bytes[at] & 0xFF) == 0xF0) {
                return false;
            }
            at++;
        }
        int opcode = bytes[at] & 0xFF;
        if (opcode == 0x0F) {
            int second = bytes[at + 1] & 0xFF;
            return second >= 0x40 && second < 0x50
                    || second >= 0x80 && second < 0xA6
                    || second >= 0xAF && second < 0xB7;
        }
        boolean vector = opcode == 0xC4 || opcode == 0xC5 || opcode == 0x62 || opcode == 0x8F;
        boolean transaction = opcode == 0xC6 || opcode == 0xC7;
        return !vector && !transaction && (opcode < 0xD8 || opcode > 0xDF);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes, 0, RANDOM_BYTES);
    }
}
