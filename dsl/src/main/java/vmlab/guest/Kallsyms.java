// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import vmlab.vmm.HostMistake;

/**
 * The symbols that a Linux kernel carries in itself (kallsyms), read from its unpacked file on the host: distributions ship
 * neither symbol table nor System.map with it.
 *
 * <p>The tables have no header. What can be found without one is the table of the 256 abbreviations that the names are
 * written in, as the digits stand for themselves there, and the index that follows confirms it; the other tables lie before
 * it in a known order.
 *
 * <p>Addresses are those the kernel is linked to; a kernel that moves itself (KASLR) runs elsewhere. An unpacked kernel that
 * is loaded directly doesn't. Not modelled: modules; kernels before 4.6 and from 6.11 on, which lay the tables out
 * otherwise. Values only. Errors: {@link HostMistake} if the file has no such tables.
 *
 * <p>Spec: Linux 6.1, scripts/kallsyms.c, write_src() and compress_symbols(); kernel/kallsyms.c.
 */
public final class Kallsyms {
    private static final byte[] ELF = {0x7F, 'E', 'L', 'F'};
    private static final int ELF_CLASS = 4;
    private static final int ELFCLASS64 = 2;

    private static final int TOKENS = 256;
    private static final int MOST_TOKEN_BYTES = 64;

    /** A marker says where each 256th name begins. */
    private static final int NAMES_PER_MARKER = 256;

    /** More symbols than any kernel has; fewer than random bytes say. */
    private static final int MOST_SYMBOLS = 4_000_000;

    /** Bytes of a symbol, in all tables between its count and the abbreviations. */
    private static final int LEAST_PER_SYMBOL = 2;

    private static final int MOST_PER_SYMBOL = 200;

    /**
     * A symbol.
     *
     * @param address unsigned
     * @param type nm's letter: t and T are code, d D b B r R data, a and A no addresses at all
     */
    public record Symbol(long address, char type, String name) {
        public Symbol {
            Objects.requireNonNull(name);
        }

        /** Whether it is a function or a label in code. */
        public boolean isCode() {
            return type == 't' || type == 'T' || type == 'w' || type == 'W';
        }

        /** Whether its value is a number or the place of a per-CPU variable in its area. */
        public boolean isAbsolute() {
            return type == 'a' || type == 'A';
        }
    }

    private final boolean wide;
    private final List<Symbol> symbols;
    private final Map<String, Symbol> byName = new HashMap<>();

    private Kallsyms(boolean wide, List<Symbol> symbols) {
        this.wide = wide;
        this.symbols = List.copyOf(symbols);
        // Static functions may share a name: the first is the one that the kernel's own lookup gives.
        this.symbols.forEach(symbol -> byName.putIfAbsent(symbol.name(), symbol));
    }

    /** Reads a vmlinux. */
    public static Kallsyms of(Path vmlinux) {
        try {
            return of(vmlinux, Files.readAllBytes(vmlinux));
        } catch (IOException e) {
            throw new HostMistake("the kernel " + vmlinux + " can't be read: " + e, "check the file and its disk", e);
        }
    }

    static Kallsyms of(Path origin, byte[] vmlinux) {
        for (int i = 0; i < ELF.length; i++) {
            if (vmlinux.length <= ELF_CLASS || vmlinux[i] != ELF[i]) {
                throw new HostMistake(
                        origin + " is no unpacked kernel",
                        "name a vmlinux, which is inside of a vmlinuz, or let vmlab");
            }
        }
        boolean wide = vmlinux[ELF_CLASS] == ELFCLASS64;
        return new Tables(vmlinux, wide)
                .read()
                .map(symbols -> new Kallsyms(wide, symbols))
                .orElseThrow(() -> new HostMistake(
                        origin + " has no table of symbols that vmlab understands",
                        "take a Linux of 4.6 to 6.10 that is built with CONFIG_KALLSYMS"));
    }

    /** Whether the kernel is for 64-bit CPUs. */
    public boolean is64Bit() {
        return wide;
    }

    /** All symbols by ascending address; those of equal address as in the kernel. */
    public List<Symbol> symbols() {
        return symbols;
    }

    /** The address of a symbol; of several of that name, the lowest. */
    public OptionalLong address(String name) {
        Symbol symbol = byName.get(name);
        return symbol == null ? OptionalLong.empty() : OptionalLong.of(symbol.address());
    }

    /** The last symbol, of those that are addresses, at or below this address: what an address lies in, if in anything. */
    public Optional<Symbol> at(long address) {
        int low = 0;
        int high = symbols.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(symbols.get(middle).address(), address) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (int i = low - 1; i >= 0; i--) {
            if (!symbols.get(i).isAbsolute()) {
                return Optional.of(symbols.get(i));
            }
        }
        return Optional.empty();
    }

    /** The tables in the order of the kernel's build: offsets, base, count, names, markers, abbreviations and their index. */
    private static final class Tables {
        private final ByteBuffer file;
        private final boolean wide;
        private final int wordBytes;
        private final String[] tokens = new String[TOKENS];

        Tables(byte[] vmlinux, boolean wide) {
            file = ByteBuffer.wrap(vmlinux).order(ByteOrder.LITTLE_ENDIAN);
            this.wide = wide;
            wordBytes = wide ? Long.BYTES : Integer.BYTES;
        }

        Optional<List<Symbol>> read() {
            OptionalInt table = findTokens();
            if (table.isEmpty()) {
                return Optional.empty();
            }
            int end = table.getAsInt();
            for (int at = end / wordBytes * wordBytes - wordBytes; at >= wordBytes; at -= wordBytes) {
                Optional<List<Symbol>> symbols = symbolsCountedAt(at, end);
                if (symbols.isPresent()) {
                    return symbols;
                }
            }
            return Optional.empty();
        }

        // ---- abbreviations

        /** Where the table of abbreviations begins. */
        private OptionalInt findTokens() {
            int last = file.capacity() - TOKENS * Short.BYTES;
            for (int at = 0; at < last; at++) {
                if (isDigits(at)) {
                    int start = back(at, '0');
                    if (start >= 0 && isTable(start)) {
                        return OptionalInt.of(start);
                    }
                }
            }
            return OptionalInt.empty();
        }

        private boolean isDigits(int at) {
            for (int digit = 0; digit < 10; digit++) {
                if (file.get(at + 2 * digit) != '0' + digit || file.get(at + 2 * digit + 1) != 0) {
                    return false;
                }
            }
            return true;
        }

        /** The beginning of so many strings before this one; -1 if there aren't. */
        private int back(int from, int strings) {
            int at = from;
            for (int i = 0; i < strings; i++) {
                int end = at - 1;
                do {
                    at--;
                } while (at > 0 && file.get(at - 1) != 0 && end - at < MOST_TOKEN_BYTES);
                if (at <= 0 || file.get(at - 1) != 0 && i < strings - 1) {
                    return -1;
                }
            }
            return at;
        }

        /** Takes the strings over if the index behind them says the same. */
        private boolean isTable(int start) {
            int[] offsets = new int[TOKENS];
            int at = start;
            for (int token = 0; token < TOKENS; token++) {
                int from = at;
                while (at < file.capacity() && file.get(at) != 0) {
                    at++;
                }
                offsets[token] = from - start;
                tokens[token] = new String(file.array(), from, at - from, StandardCharsets.ISO_8859_1);
                at++;
            }
            int index = aligned(at, wordBytes);
            for (int token = 0; token < TOKENS; token++) {
                if (index + 2 * token + 2 > file.capacity()
                        || (file.getShort(index + 2 * token) & 0xFFFF) != offsets[token]) {
                    return false;
                }
            }
            return true;
        }

        // ---- symbols

        /** The symbols, if their number is at this place. */
        private Optional<List<Symbol>> symbolsCountedAt(int at, int end) {
            long count = file.getInt(at);
            long room = end - at;
            int names = at + wordBytes;
            int base = at - wordBytes;
            long offsets = base - aligned(count * Integer.BYTES, wordBytes);
            boolean likely = count > 0
                    && count <= MOST_SYMBOLS
                    && room >= count * LEAST_PER_SYMBOL
                    && room <= count * MOST_PER_SYMBOL + NAMES_PER_MARKER
                    && offsets >= 0;
            return likely && isMarked(names, (int) count, end)
                    ? Optional.of(decode(names, (int) count, (int) offsets, base))
                    : Optional.empty();
        }

        /** Whether the names of so many symbols begin here: the markers behind them say so. */
        private boolean isMarked(int names, int count, int end) {
            int[] marks = new int[(count + NAMES_PER_MARKER - 1) / NAMES_PER_MARKER];
            int at = names;
            for (int i = 0; i < count; i++) {
                if (i % NAMES_PER_MARKER == 0) {
                    marks[i / NAMES_PER_MARKER] = at - names;
                }
                int bytes = at + 1 < end ? nameBytes(at) : 0;
                if (bytes == 0) {
                    return false;
                }
                at += lengthBytes(at) + bytes;
            }
            int markers = aligned(at, wordBytes);
            for (int i = 0; i < marks.length; i++) {
                if (markers + 4 * i + 4 > end || file.getInt(markers + 4 * i) != marks[i]) {
                    return false;
                }
            }
            return true;
        }

        /** A name's length takes two bytes if the first has its top bit set. */
        private int lengthBytes(int at) {
            return file.get(at) < 0 ? 2 : 1;
        }

        private int nameBytes(int at) {
            int first = file.get(at);
            return first < 0 ? first & 0x7F | (file.get(at + 1) & 0xFF) << 7 : first;
        }

        private List<Symbol> decode(int names, int count, int offsets, int base) {
            long relativeTo = wide ? file.getLong(base) : file.getInt(base) & 0xFFFFFFFFL;
            List<Symbol> symbols = new ArrayList<>(count);
            StringBuilder text = new StringBuilder();
            int at = names;
            for (int i = 0; i < count; i++) {
                int from = at + lengthBytes(at);
                int to = from + nameBytes(at);
                text.setLength(0);
                for (int k = from; k < to; k++) {
                    text.append(tokens[file.get(k) & 0xFF]);
                }
                long address = address(relativeTo, file.getInt(offsets + 4 * i));
                symbols.add(new Symbol(address, text.charAt(0), text.substring(1)));
                at = to;
            }
            symbols.sort(Comparator.comparing(Symbol::address, Long::compareUnsigned));
            return symbols;
        }

        /** On 64-bit kernels for several CPUs, the places of per-CPU variables are positive, addresses negative. */
        private long address(long relativeTo, int offset) {
            if (!wide) {
                return relativeTo + (offset & 0xFFFFFFFFL) & 0xFFFFFFFFL;
            }
            return offset >= 0 ? offset : relativeTo - 1 - offset;
        }

        private static int aligned(int value, int to) {
            return (value + to - 1) & -to;
        }

        private static long aligned(long value, int to) {
            return (value + to - 1) & -to;
        }
    }
}
