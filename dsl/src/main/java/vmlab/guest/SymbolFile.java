// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import vmlab.guest.Kallsyms.Symbol;
import vmlab.vmm.boot.Vmlinux;

/**
 * A kernel's own symbols as an ELF file for debuggers: a symbol table and nothing else. The sections that its symbols lie in
 * have addresses and no content, which a debugger fetches from the guest.
 *
 * <p>Not modelled: types and lines, which no kernel carries; data symbols of kernels built without CONFIG_KALLSYMS_ALL.
 *
 * <p>Spec: System V ABI, "Object Files".
 */
public final class SymbolFile {
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_STRTAB = 3;
    private static final int SHT_NOBITS = 8;
    private static final int SHF_WRITE = 1;
    private static final int SHF_ALLOC = 2;
    private static final int SHF_EXECINSTR = 4;
    private static final int SHN_ABS = 0xFFF1;
    private static final int STT_OBJECT = 1;
    private static final int STT_FUNC = 2;
    private static final int STB_GLOBAL = 1;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int ET_EXEC = 2;

    /** Symbols of one kind that lie together. */
    private record Run(boolean code, long start, long end) {}

    private record Section(int name, int type, int flags, long address, long offset, long size, int link, int entry) {}

    private final boolean wide;
    private final List<Symbol> symbols;
    private final List<Run> runs = new ArrayList<>();
    private final ByteArrayOutputStream names = new ByteArrayOutputStream();
    /** How many symbols are, the empty first one included. */
    private int locals;

    private SymbolFile(Kallsyms kallsyms) {
        wide = kallsyms.is64Bit();
        symbols = kallsyms.symbols();
        findRuns();
    }

    /**
     * The file for a kernel, made at the first call.
     *
     * @param kernel a vmlinuz or vmlinux
     */
    public static Path of(GuestCache cache, Path kernel) {
        Path vmlinux = Vmlinux.extract(kernel, cache.path("symbols"));
        String name = "symbols/" + vmlinux.getFileName() + ".symbols";
        Path made = cache.path(name);
        return cache.locked(() -> isNewer(made, vmlinux)
                ? made
                : cache.put(name, target -> Files.write(target, bytes(Kallsyms.of(vmlinux)))));
    }

    private static boolean isNewer(Path made, Path source) throws IOException {
        return Files.exists(made) && Files.getLastModifiedTime(made).compareTo(Files.getLastModifiedTime(source)) >= 0;
    }

    /** The file's content. */
    static byte[] bytes(Kallsyms kallsyms) {
        return new SymbolFile(kallsyms).write();
    }

    private void findRuns() {
        for (Symbol symbol : symbols) {
            if (symbol.isAbsolute()) {
                continue;
            }
            int last = runs.size() - 1;
            if (last >= 0) {
                runs.set(last, new Run(runs.get(last).code, runs.get(last).start, symbol.address()));
            }
            if (last < 0 || runs.get(last).code != symbol.isCode()) {
                runs.add(new Run(symbol.isCode(), symbol.address(), symbol.address() + 1));
            }
        }
        runs.removeIf(run -> run.start == run.end);
    }

    private byte[] write() {
        int headerBytes = wide ? 64 : 52;
        names.write(0);
        List<Section> sections = new ArrayList<>();
        sections.add(new Section(0, 0, 0, 0, 0, 0, 0, 0));
        for (Run run : runs) {
            int flags = SHF_ALLOC | (run.code ? SHF_EXECINSTR : SHF_WRITE);
            int name = name(run.code ? ".text" : ".data");
            sections.add(new Section(name, SHT_NOBITS, flags, run.start, headerBytes, run.end - run.start, 0, 0));
        }
        int symtabName = name(".symtab");
        int strtabName = name(".strtab");
        byte[] table = symbolTable();
        int link = sections.size() + 1;
        sections.add(new Section(symtabName, SHT_SYMTAB, 0, 0, headerBytes, table.length, link, wide ? 24 : 16));
        long namesAt = headerBytes + table.length;
        sections.add(new Section(strtabName, SHT_STRTAB, 0, 0, namesAt, names.size(), 0, 0));
        long headersAt = (namesAt + names.size() + 7) & -8;
        ByteBuffer file = ByteBuffer.allocate((int) headersAt + sections.size() * (wide ? 64 : 40))
                .order(ByteOrder.LITTLE_ENDIAN);
        header(file, headersAt, sections.size());
        file.put(headerBytes, table);
        file.put((int) namesAt, names.toByteArray());
        file.position((int) headersAt);
        sections.forEach(section -> put(file, section));
        return file.array();
    }

    private int name(String text) {
        int at = names.size();
        names.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        names.write(0);
        return at;
    }

    /** The local ones come first, as the format wants it. */
    private byte[] symbolTable() {
        int entryBytes = wide ? 24 : 16;
        ByteBuffer table =
                ByteBuffer.allocate((symbols.size() + 1) * entryBytes).order(ByteOrder.LITTLE_ENDIAN);
        table.position(entryBytes);
        putAll(table, false);
        locals = table.position() / entryBytes;
        putAll(table, true);
        return table.array();
    }

    private void putAll(ByteBuffer table, boolean global) {
        int run = 0;
        for (int i = 0; i < symbols.size(); i++) {
            Symbol symbol = symbols.get(i);
            if (isGlobal(symbol) != global) {
                continue;
            }
            while (!symbol.isAbsolute()
                    && run < runs.size() - 1
                    && Long.compareUnsigned(symbol.address(), runs.get(run + 1).start) >= 0) {
                run++;
            }
            put(table, symbol, symbol.isAbsolute() ? SHN_ABS : run + 1, size(i));
        }
    }

    private static boolean isGlobal(Symbol symbol) {
        return Character.isUpperCase(symbol.type());
    }

    /** Up to the next symbol of another address. */
    private long size(int index) {
        long address = symbols.get(index).address();
        for (int i = index + 1; i < symbols.size(); i++) {
            if (symbols.get(i).address() != address) {
                return symbols.get(index).isAbsolute()
                        ? 0
                        : Math.min(symbols.get(i).address() - address, 1 << 20);
            }
        }
        return 1;
    }

    private void put(ByteBuffer table, Symbol symbol, int section, long size) {
        byte info = (byte) ((isGlobal(symbol) ? STB_GLOBAL << 4 : 0) | (symbol.isCode() ? STT_FUNC : STT_OBJECT));
        table.putInt(name(symbol.name()));
        if (wide) {
            table.put(info).put((byte) 0).putShort((short) section);
            table.putLong(symbol.address()).putLong(size);
        } else {
            table.putInt((int) symbol.address()).putInt((int) size);
            table.put(info).put((byte) 0).putShort((short) section);
        }
    }

    private void header(ByteBuffer file, long sectionHeaders, int sections) {
        file.put(new byte[] {0x7F, 'E', 'L', 'F', (byte) (wide ? 2 : 1), 1, 1});
        file.position(16);
        file.putShort((short) ET_EXEC)
                .putShort((short) (wide ? EM_X86_64 : EM_386))
                .putInt(1);
        word(file, 0);
        word(file, 0);
        word(file, sectionHeaders);
        file.putInt(0)
                .putShort((short) (wide ? 64 : 52))
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) (wide ? 64 : 40))
                .putShort((short) sections)
                .putShort((short) (sections - 1));
    }

    private void put(ByteBuffer file, Section section) {
        file.putInt(section.name).putInt(section.type);
        word(file, section.flags);
        word(file, section.address);
        word(file, section.offset);
        word(file, section.size);
        file.putInt(section.link).putInt(section.type == SHT_SYMTAB ? locals : 0);
        word(file, 1);
        word(file, section.entry);
    }

    private void word(ByteBuffer file, long value) {
        if (wide) {
            file.putLong(value);
        } else {
            file.putInt((int) value);
        }
    }
}
