// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import vmlab.dsl.model.ByteSize;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.PageWalk;

/**
 * A VM's memory as its guest or a debugger sees it: by physical address, or by virtual address through the page tables that
 * the CPU uses now. Values are little-endian, at any address, aligned or not.
 *
 * <p>An address is a number; one of 32 bits counts as unsigned. In virtual memory it may be the name of a symbol, too. Not
 * here: device registers, rights of pages, segments. Threads: any; the guest stands still during each access. Errors: a
 * {@link LabMistake} if there is no memory at an address, or the VM isn't started or its memory is given back.
 */
public final class GuestView {
    /** What fits on a screen: 16 lines. */
    private static final int SCREEN_BYTES = 256;

    private static final int LINE_BYTES = 16;
    private static final int MOST_DUMPED = 64 << 10;
    private static final int MOST_READ = 64 << 20;
    private static final int LONGEST_STRING = 4096;
    private static final int SEARCHED_AT_ONCE = 1 << 20;
    private static final int MOST_FOUND = 1000;

    private final LabVm vm;
    private final boolean virtual;

    GuestView(LabVm vm, boolean virtual) {
        this.vm = vm;
        this.virtual = virtual;
    }

    /** An access, on the machine's thread. */
    private record Memory(GuestMemory ram, PageWalk walk, boolean virtual, String vm) {
        /** The physical address; at most the rest of a page is behind it. */
        long physical(long address) {
            OptionalLong physical = virtual ? walk.physical(address) : OptionalLong.of(address);
            if (physical.isEmpty()) {
                throw new LabMistake(
                        "no page of %s is at virtual address %#x now".formatted(vm, address),
                        "its guest maps other addresses; " + vm + ".memory takes physical ones");
            }
            if (!ram.contains(physical.getAsLong(), 1)) {
                String where = virtual ? " (virtual address %#x)".formatted(address) : "";
                throw new LabMistake(
                        "%s has no RAM at %#x%s".formatted(vm, physical.getAsLong(), where),
                        "its RAM ends at %#x".formatted(ram.sizeBytes()));
            }
            return physical.getAsLong();
        }

        /** How many bytes from here on are surely together. */
        int together(long address, int wanted) {
            int page = GuestMemory.PAGE_BYTES;
            long most = virtual ? page - (address & page - 1) : Math.max(1, ram.sizeBytes() - address);
            return (int) Math.min(wanted, most);
        }

        byte[] read(long address, int count) {
            byte[] bytes = new byte[count];
            for (int done = 0; done < count; ) {
                long from = physical(address + done);
                int part = together(address + done, count - done);
                System.arraycopy(ram.read(from, part), 0, bytes, done, part);
                done += part;
            }
            return bytes;
        }

        void write(long address, byte[] bytes) {
            for (int done = 0; done < bytes.length; done += together(address + done, bytes.length - done)) {
                physical(address + done);
            }
            for (int done = 0; done < bytes.length; ) {
                int part = together(address + done, bytes.length - done);
                byte[] piece = new byte[part];
                System.arraycopy(bytes, done, piece, 0, part);
                ram.write(physical(address + done), piece);
                done += part;
            }
        }

        /** The bytes from here on up to where no page is: at most so many, at least one. */
        byte[] readAvailable(long address, int most) {
            physical(address);
            int available = together(address, most);
            while (available < most && isThere(address + available)) {
                available += together(address + available, most - available);
            }
            return read(address, available);
        }

        boolean isThere(long address) {
            OptionalLong physical = virtual ? walk.physical(address) : OptionalLong.of(address);
            return physical.isPresent() && ram.contains(physical.getAsLong(), 1);
        }
    }

    private interface Access<T> {
        T of(Memory memory);
    }

    private <T> T access(Access<T> access) {
        return vm.inspect(machine -> {
            CpuState state = machine.vcpu().state();
            CpuState.Control control = state.control();
            boolean longMode = (control.efer() & CpuState.Control.EFER_LMA) != 0;
            PageWalk walk = new PageWalk(machine.memory(), control.cr0(), control.cr3(), control.cr4(), longMode);
            return access.of(new Memory(machine.memory(), walk, virtual, vm.name()));
        });
    }

    private long address(Object given) {
        if (given instanceof CharSequence name) {
            if (!virtual) {
                throw new LabMistake("symbols are virtual addresses", vm.name() + ".virtual takes them");
            }
            return vm.symbols().address(name.toString());
        }
        return number(given, "an address");
    }

    /** A whole number; of 32 bits, unsigned. */
    static long number(Object given, String what) {
        if (given instanceof ByteSize size) {
            return size.bytes();
        }
        if (given instanceof Integer number) {
            return Integer.toUnsignedLong(number);
        }
        if (given instanceof Number number && number.doubleValue() == Math.rint(number.doubleValue())) {
            return number.longValue();
        }
        throw new LabMistake(given + " is not " + what, what + " is a whole number, as in 0x100000");
    }

    private static int count(Object given, int most) {
        long count = given instanceof Integer number ? number : number(given, "a number of bytes");
        if (count < 0 || count > most) {
            throw new LabMistake(count + " is not a number of bytes here", "give 0 to " + most);
        }
        return (int) count;
    }

    public int u8(Object address) {
        return bytes(address, 1)[0] & 0xFF;
    }

    public int u16(Object address) {
        return read(address, 2).getShort() & 0xFFFF;
    }

    /** Unsigned. */
    public long u32(Object address) {
        return Integer.toUnsignedLong(read(address, 4).getInt());
    }

    /** All 64 bits; the upper half of the numbers is negative in Java. */
    public long u64(Object address) {
        return read(address, 8).getLong();
    }

    private ByteBuffer read(Object address, int bytes) {
        return ByteBuffer.wrap(bytes(address, bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes one byte. */
    public void u8(Object address, Number value) {
        write(address, value, 1);
    }

    /** Writes two bytes. */
    public void u16(Object address, Number value) {
        write(address, value, 2);
    }

    /** Writes four bytes. */
    public void u32(Object address, Number value) {
        write(address, value, 4);
    }

    /** Writes eight bytes. */
    public void u64(Object address, Number value) {
        write(address, value, 8);
    }

    private void write(Object address, Number value, int bytes) {
        long wanted = value instanceof Integer number ? number : number(value, "a value");
        int bits = bytes * 8;
        boolean fits = bits == 64 || wanted >> bits == 0 || wanted >> bits - 1 == -1;
        if (!fits) {
            throw new LabMistake(value + " doesn't fit into " + bits + " bits", "u" + bits * 2 + " takes more");
        }
        byte[] octets = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(wanted)
                .array();
        writeOctets(address, Arrays.copyOf(octets, bytes));
    }

    /** So many bytes. */
    public byte[] bytes(Object address, Object count) {
        long from = address(address);
        int wanted = count(count, MOST_READ);
        return access(memory -> memory.read(from, wanted));
    }

    /** The bytes from here on as far as there is memory, at most so many. */
    byte[] available(long address, int most) {
        return access(memory -> memory.readAvailable(address, most));
    }

    /** Writes bytes or text (in UTF-8, no NUL behind it): all of it, or nothing if a part of the memory isn't there. */
    public void write(Object address, Object bytesOrText) {
        writeOctets(address, octets(bytesOrText));
    }

    private void writeOctets(Object address, byte[] octets) {
        long to = address(address);
        access(memory -> {
            memory.write(to, octets);
            return octets;
        });
    }

    private static byte[] octets(Object bytesOrText) {
        if (bytesOrText instanceof byte[] bytes) {
            return bytes.clone();
        }
        if (bytesOrText instanceof CharSequence text) {
            return text.toString().getBytes(StandardCharsets.UTF_8);
        }
        throw new LabMistake("these are neither bytes nor a text", "as in 'text' or [0x0F, 0x01, 0xC1] as byte[]");
    }

    /** The text up to a NUL. */
    public String cString(Object address) {
        return cString(address, LONGEST_STRING);
    }

    /** The text up to a NUL, at most so many bytes of it. */
    public String cString(Object address, Object most) {
        long from = address(address);
        int limit = count(most, MOST_READ);
        byte[] bytes = limit == 0 ? new byte[0] : access(memory -> memory.readAvailable(from, limit));
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** A screen of memory from there on, in hexadecimal and ASCII. */
    public String dump(Object address) {
        return dump(address, SCREEN_BYTES);
    }

    /** So many bytes in hexadecimal and ASCII. */
    public String dump(Object address, Object count) {
        long from = address(address);
        int wanted = count(count, MOST_DUMPED);
        byte[] bytes = access(memory -> memory.read(from, wanted));
        List<String> lines = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += LINE_BYTES) {
            lines.add(line(from + at, bytes, at));
        }
        return String.join("\n", lines);
    }

    private static String line(long address, byte[] bytes, int at) {
        StringBuilder hex = new StringBuilder();
        StringBuilder text = new StringBuilder();
        for (int i = at; i < at + LINE_BYTES; i++) {
            hex.append(i == at + LINE_BYTES / 2 ? " " : "")
                    .append(i < bytes.length ? "%02x ".formatted(bytes[i]) : "   ");
            if (i < bytes.length) {
                text.append(bytes[i] >= ' ' && bytes[i] < 0x7F ? (char) bytes[i] : '.');
            }
        }
        return "%08x  %s |%s|".formatted(address, hex, text);
    }

    /** Where bytes or a text are in all of the RAM. */
    public Places find(Object bytesOrText) {
        if (virtual) {
            throw new LabMistake(
                    "all of the virtual memory is too much to search",
                    "say where, as in find('text', 0xC0000000, 16.MiB), or search " + vm.name() + ".memory");
        }
        return find(bytesOrText, 0L, access(memory -> memory.ram().sizeBytes()));
    }

    /** Where bytes or a text begin from here on; pages that aren't there are passed over. */
    public Places find(Object bytesOrText, Object address, Object count) {
        byte[] wanted = octets(bytesOrText);
        long from = address(address);
        long length = number(count, "a number of bytes");
        if (wanted.length == 0 || wanted.length > SEARCHED_AT_ONCE || length < 0 || length > 1L << 32) {
            throw new LabMistake("that can't be searched", "search for 1 byte to 1 MB, in at most 4 GB");
        }
        return new Places(access(memory -> search(memory, wanted, from, length)));
    }

    private static List<Long> search(Memory memory, byte[] wanted, long from, long length) {
        List<Long> found = new ArrayList<>();
        long offset = 0;
        while (offset + wanted.length <= length && found.size() < MOST_FOUND) {
            if (!memory.isThere(from + offset)) {
                offset += memory.virtual() ? memory.together(from + offset, GuestMemory.PAGE_BYTES) : length;
                continue;
            }
            int most = (int) Math.min(length - offset, SEARCHED_AT_ONCE + wanted.length - 1L);
            byte[] bytes = memory.readAvailable(from + offset, most);
            search(bytes, wanted, from + offset, found);
            offset += bytes.length < most ? bytes.length : Math.max(1, bytes.length - wanted.length + 1);
        }
        return found;
    }

    private static void search(byte[] bytes, byte[] wanted, long base, List<Long> found) {
        for (int i = 0; i + wanted.length <= bytes.length && found.size() < MOST_FOUND; i++) {
            int same = 0;
            while (same < wanted.length && bytes[i + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                found.add(base + i);
            }
        }
    }

    /**
     * Addresses that were found, ascending; the first thousand.
     */
    public record Places(List<Long> addresses) {
        public Places {
            addresses = List.copyOf(addresses);
        }

        public int size() {
            return addresses.size();
        }

        /** In hexadecimal. */
        @Override
        public String toString() {
            return addresses.isEmpty()
                    ? "nowhere"
                    : String.join(
                                    " ",
                                    addresses.stream().map("0x%08x"::formatted).toList())
                            + (size() == MOST_FOUND ? " and perhaps more" : "");
        }
    }

    @Override
    public String toString() {
        return (virtual ? "virtual" : "physical") + " memory of " + vm.name()
                + " (u8 u16 u32 u64 bytes cString dump find; u8 u16 u32 u64 write)";
    }
}
