// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.vmm.Disassembler;

/** Machine code as text, in Intel's syntax, with the names of symbols. */
final class Disassembly {
    private static final Pattern ADDRESS = Pattern.compile("0x([0-9a-f]{4,16})");

    private final LongFunction<Optional<String>> names;

    /**
     * Makes texts.
     *
     * @param names what is known to be at an address
     */
    Disassembly(LongFunction<Optional<String>> names) {
        this.names = names;
    }

    /** Instructions, one a line, with a line before those that a symbol names. */
    List<String> lines(byte[] code, long address, int bits, int count) {
        List<String> lines = new ArrayList<>();
        try (Disassembler disassembler = new Disassembler(bits)) {
            int at = 0;
            for (int i = 0; i < count && at < code.length; i++) {
                byte[] rest = Arrays.copyOfRange(code, at, Math.min(code.length, at + Disassembler.MOST_BYTES));
                Optional<Disassembler.Instruction> found = disassembler.first(rest, address + at);
                int length = found.map(Disassembler.Instruction::bytes).orElse(1);
                names.apply(address + at)
                        .filter(name -> lines.isEmpty() || !name.contains("+"))
                        .ifPresent(name -> lines.add(name + ":"));
                String text = found.map(this::text).orElse("(no instruction)");
                lines.add("%08x  %-30s %s".formatted(address + at, hex(rest, length), text));
                at += length;
            }
        }
        return lines;
    }

    private String text(Disassembler.Instruction instruction) {
        String text = (instruction.mnemonic() + " " + instruction.operands()).strip();
        Matcher matcher = ADDRESS.matcher(instruction.operands());
        Optional<String> name =
                matcher.find() ? names.apply(Long.parseUnsignedLong(matcher.group(1), 16)) : Optional.empty();
        return name.map(known -> text + "  <" + known + ">").orElse(text);
    }

    private static String hex(byte[] bytes, int length) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < length; i++) {
            hex.append(i == 0 ? "" : " ").append("%02x".formatted(bytes[i]));
        }
        return hex.toString();
    }
}
