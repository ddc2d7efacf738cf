// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.guest.Kallsyms.Symbol;
import vmlab.vmm.HostMistake;

class KallsymsTest {
    private static final Path ORIGIN = Path.of("vmlinux");
    private static final long BASE32 = 0xC1000000L;
    private static final long BASE64 = 0xFFFFFFFF81000000L;
    private static final int SYMBOLS = 700;

    /** A file with the tables of scripts/kallsyms.c for {@value #SYMBOLS} functions, 16 bytes apart. */
    private static byte[] kernel(boolean wide, int bytesBetween) {
        ByteBuffer file = ByteBuffer.allocate(64 << 10).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {0x7F, 'E', 'L', 'F', (byte) (wide ? 2 : 1)});
        int word = wide ? 8 : 4;
        align(file.position(333), word);
        for (int i = 0; i < SYMBOLS; i++) {
            file.putInt(wide ? i == 0 ? 0x40 : -1 - 16 * i : 16 * i);
        }
        align(file, word);
        if (wide) {
            file.putLong(BASE64);
        } else {
            file.putInt((int) BASE32);
        }
        file.putInt(SYMBOLS);
        align(file, word);
        List<Integer> marks = new ArrayList<>();
        int names = file.position();
        for (int i = 0; i < SYMBOLS; i++) {
            if (i % 256 == 0) {
                marks.add(file.position() - names);
            }
            byte[] name = (i == 0 ? wide ? "Aspace" : "Tspace" : i == 300 ? "tL".repeat(100) : "t\1" + i)
                    .getBytes(StandardCharsets.ISO_8859_1);
            if (name.length > 0x7F) {
                file.put((byte) (0x80 | name.length & 0x7F));
                file.put((byte) (name.length >>> 7));
            } else {
                file.put((byte) name.length);
            }
            file.put(name);
        }
        align(file, word);
        marks.forEach(file::putInt);
        file.position(file.position() + bytesBetween);
        align(file, word);
        tokens(file, word);
        return file.array();
    }

    /** Each byte for itself, but 1 for "sys_". */
    private static void tokens(ByteBuffer file, int word) {
        int start = file.position();
        List<Integer> offsets = new ArrayList<>();
        for (int token = 0; token < 256; token++) {
            offsets.add(file.position() - start);
            file.put((token == 1 ? "sys_" : token == 0 ? "zero" : Character.toString(token))
                    .getBytes(StandardCharsets.ISO_8859_1));
            file.put((byte) 0);
        }
        align(file, word);
        offsets.forEach(offset -> file.putShort((short) (int) offset));
    }

    private static void align(ByteBuffer file, int to) {
        file.position((file.position() + to - 1) & -to);
    }

    @ParameterizedTest(name = "{0} bytes of another table between")
    @ValueSource(ints = {0, 3 * SYMBOLS})
    void namesAndAddressesOfA32BitKernelAreRead(int bytesBetween) {
        Kallsyms symbols = Kallsyms.of(ORIGIN, kernel(false, bytesBetween));
        assertFalse(symbols.is64Bit());
        assertEquals(SYMBOLS, symbols.symbols().size());
        assertEquals(new Symbol(BASE32, 'T', "space"), symbols.symbols().get(0));
        assertEquals(OptionalLong.of(BASE32 + 16 * 699), symbols.address("sys_699"));
        assertEquals("L" + "tL".repeat(99), symbols.symbols().get(300).name());
        assertEquals(OptionalLong.empty(), symbols.address("sys_700"));
    }

    @Test
    @DisplayName("scripts/kallsyms.c, CONFIG_KALLSYMS_ABSOLUTE_PERCPU: negative offsets are addresses")
    void offsetsOfA64BitKernelAreAddressesIfNegative() {
        Kallsyms symbols = Kallsyms.of(ORIGIN, kernel(true, 0));
        assertTrue(symbols.is64Bit());
        assertEquals(OptionalLong.of(0x40), symbols.address("space"));
        assertEquals(OptionalLong.of(BASE64 + 16), symbols.address("sys_1"));
        assertEquals("sys_2", symbols.at(BASE64 + 0x2F).orElseThrow().name());
    }

    @Test
    void anAddressLiesInTheLastSymbolBelow() {
        Kallsyms symbols = Kallsyms.of(ORIGIN, kernel(false, 0));
        assertEquals("sys_5", symbols.at(BASE32 + 0x50).orElseThrow().name());
        assertEquals("sys_5", symbols.at(BASE32 + 0x5F).orElseThrow().name());
        assertTrue(symbols.at(BASE32 - 1).isEmpty());
    }

    @Test
    void aNumberIsNoPlace() {
        Kallsyms symbols = Kallsyms.of(ORIGIN, kernel(true, 0));
        assertTrue(symbols.at(0x44).isEmpty());
    }

    @Test
    void aFileWithoutTheTablesIsAMistakeThatSaysWhatToTake() {
        byte[] none = new byte[4096];
        System.arraycopy(new byte[] {0x7F, 'E', 'L', 'F', 1}, 0, none, 0, 5);
        HostMistake mistake = assertThrows(HostMistake.class, () -> Kallsyms.of(ORIGIN, none));
        assertTrue(mistake.getMessage().contains("no table of symbols"), mistake.getMessage());
        assertThrows(HostMistake.class, () -> Kallsyms.of(ORIGIN, new byte[] {'M', 'Z'}));
    }

    @Test
    void damagedTablesAreAMistakeToo() {
        byte[] damaged = kernel(false, 0);
        for (int i = 4000; i < 6000; i++) {
            damaged[i] ^= 0x55;
        }
        assertThrows(HostMistake.class, () -> Kallsyms.of(ORIGIN, damaged));
    }

    @Test
    void theDefaultGuestsKernelNamesItsEntryPoints() {
        Kallsyms symbols = Kallsyms.of(guest().vmlinux());
        assertFalse(symbols.is64Bit());
        assertTrue(
                symbols.symbols().size() > 40_000,
                () -> "only " + symbols.symbols().size());
        for (String name : List.of("start_kernel", "do_sys_openat2", "panic", "__schedule")) {
            long address = symbols.address(name).orElseThrow(() -> new AssertionError("no " + name));
            assertEquals(0xC, address >>> 28, name);
        }
        // One symbol may have several names.
        long stext = symbols.address("_stext").orElseThrow();
        assertEquals(stext, symbols.at(stext).orElseThrow().address());
    }

    private static DebianGuest guest() {
        try {
            return DebianGuest.fetch(Progress.SILENT);
        } catch (HostMistake e) {
            String required = System.getenv().getOrDefault("VMLAB_REQUIRE", "");
            if (List.of(required.split("\\W+")).stream().anyMatch(word -> word.equals("guest") || word.equals("all"))) {
                throw e;
            }
            return Assumptions.abort("the guest's packages can't be had here: " + e.getMessage());
        }
    }
}
