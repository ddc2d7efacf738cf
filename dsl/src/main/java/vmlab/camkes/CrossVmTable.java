// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.SourceLocation;

/**
 * A table of a VM's {@code cross_vm.c}: which of its interfaces the guest knows by which id.
 *
 * <p>Not modelled: everything else in the file; tables that code fills.
 *
 * @param kind of all its entries; of connections by PCI functions, which have all kinds, the dataport
 * @param place of its name
 * @param pci whether its entries are PCI functions, which have no ids
 * @spec camkes-vm, libs/libcrossvm, and components/Init, {@code camkes_crossvm_connection}
 */
record CrossVmTable(Interface.Kind kind, String name, boolean pci, SourceLocation place, List<Entry> entries) {
    /**
     * An interface in a table.
     *
     * @param id its position in the table, or what the entry says; of a PCI function, the function's number from 1 on
     */
    record Entry(long id, Interface.Kind kind, String face, SourceLocation place) {
        private Entry with(long otherId) {
            return new Entry(otherId, kind, face, place);
        }
    }

    private static final Pattern TABLE = Pattern.compile(
            "\\b(dataport_caps_handle_t\\s*\\*|camkes_emit_fn|camkes_consumes_event_t|struct\\s+camkes_crossvm_connection)"
                    + "\\s*(\\w+)\\s*\\[[^\\]]*\\]\\s*=\\s*\\{");

    /** A dataport's handle, or the function of an event, by the suffixes that CAmkES gives to an interface's name. */
    private static final Pattern FACE = Pattern.compile("\\b(\\w+?)_(handle|emit|reg_callback)\\b");

    private static final Map<String, Interface.Kind> KINDS = Map.of(
            "handle", Interface.Kind.DATAPORT, "emit", Interface.Kind.EMITS, "reg_callback", Interface.Kind.CONSUMES);
    private static final Pattern ID = Pattern.compile("(?:\\.id\\s*=\\s*|\\{\\s*)(-?\\d+)");

    CrossVmTable {
        entries = List.copyOf(entries);
    }

    /** All tables of a file. */
    static List<CrossVmTable> read(CText c) {
        List<CrossVmTable> tables = new ArrayList<>();
        for (MatchResult found : TABLE.matcher(c.text()).results().toList()) {
            Interface.Kind kind = kind(found.group(1));
            int open = found.end() - 1;
            boolean pci = found.group(1).startsWith("struct");
            List<Entry> entries = kind == Interface.Kind.CONSUMES
                    ? numbered(c, open)
                    : pci ? functions(c, open) : entries(c, open, c.behindClosing(open));
            tables.add(new CrossVmTable(kind, found.group(2), pci, c.at(found.start(2)), entries));
        }
        return tables;
    }

    private static Interface.Kind kind(String type) {
        return type.equals("camkes_emit_fn")
                ? Interface.Kind.EMITS
                : type.equals("camkes_consumes_event_t") ? Interface.Kind.CONSUMES : Interface.Kind.DATAPORT;
    }

    /** Entries whose ids are their positions, the first being 0. */
    private static List<Entry> entries(CText c, int open, int end) {
        List<Entry> entries = new ArrayList<>();
        Matcher face = FACE.matcher(c.text()).region(open, end);
        while (face.find()) {
            long commas = c.text()
                    .substring(open, face.start())
                    .chars()
                    .filter(ch -> ch == ',')
                    .count();
            entries.add(new Entry(commas, KINDS.get(face.group(2)), face.group(1), c.at(face.start())));
        }
        return entries;
    }

    /** Entries that say their ids: {@code { .id = 1, .reg_callback = NAME_reg_callback }}. */
    private static List<Entry> numbered(CText c, int open) {
        List<Entry> entries = new ArrayList<>();
        for (int row : rows(c, open)) {
            Matcher id = ID.matcher(c.text()).region(row, c.behindClosing(row));
            long number = id.find() ? Long.parseLong(id.group(1)) : 0;
            entries(c, row, c.behindClosing(row)).forEach(e -> entries.add(e.with(number)));
        }
        return entries;
    }

    private static List<Entry> functions(CText c, int open) {
        List<Entry> entries = new ArrayList<>();
        List<Integer> rows = rows(c, open);
        for (int i = 0; i < rows.size(); i++) {
            long number = i + 1;
            entries(c, rows.get(i), c.behindClosing(rows.get(i))).forEach(e -> entries.add(e.with(number)));
        }
        return entries;
    }

    /** The opening braces directly inside the one at this index. */
    private static List<Integer> rows(CText c, int open) {
        List<Integer> rows = new ArrayList<>();
        int end = c.behindClosing(open);
        int at = c.text().indexOf('{', open + 1);
        while (at >= 0 && at < end) {
            rows.add(at);
            at = c.text().indexOf('{', c.behindClosing(at));
        }
        return rows;
    }
}
