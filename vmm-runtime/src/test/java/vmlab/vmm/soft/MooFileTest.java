// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import vmlab.vmm.soft.MooFile.Case;
import vmlab.vmm.soft.MooFile.Cell;
import vmlab.vmm.soft.MooFile.Register;

/** The chunks of MOO 1.1 that the carried data (1.0) doesn't have. */
class MooFileTest {
    private static byte[] chunk(String id, byte[]... payload) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : payload) {
            all.writeBytes(part);
        }
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        chunk.writeBytes(id.getBytes(StandardCharsets.US_ASCII));
        chunk.writeBytes(words(all.size()));
        chunk.writeBytes(all.toByteArray());
        return chunk.toByteArray();
    }

    private static byte[] words(int... values) {
        ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            out.putInt(value);
        }
        return out.array();
    }

    @Test
    void registersOf32BitsAndTheirMasksAreRead() {
        byte[] header = chunk("MOO ", new byte[] {1, 1, 0, 0}, words(1), new byte[] {'3', '8', '6', 'E'});
        byte[] fileMask = chunk("RM32", words(1 << 17, 0xFFFFF7EF));
        byte[] before = chunk(
                "INIT",
                chunk("RG32", words(1 << 2 | 1 << 9 | 1 << 17, 0x12345678, 0x1000, 2)),
                chunk("EA32", new byte[9]),
                chunk("RAM ", words(1, 0x2000), new byte[] {0x5A}));
        byte[] after = chunk("FINA", chunk("RG32", words(1 << 16, 0x104)), chunk("RM32", words(1 << 17, 0xFFFFFFFE)));
        byte[] test = chunk(
                "TEST",
                words(0),
                chunk("BYTS", words(2), new byte[] {(byte) 0x90, (byte) 0xF4}),
                before,
                after,
                chunk("EXCP", new byte[] {13}, words(0)));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(header);
        file.writeBytes(fileMask);
        file.writeBytes(test);

        MooFile moo = MooFile.parse(ByteBuffer.wrap(file.toByteArray()).order(ByteOrder.LITTLE_ENDIAN));

        Case only = moo.cases().get(0);
        assertEquals("386E", moo.cpu());
        assertArrayEquals(new byte[] {(byte) 0x90, (byte) 0xF4}, only.code());
        assertEquals(
                Map.of(Register.EAX, 0x12345678, Register.ESP, 0x1000, Register.EFLAGS, 2),
                only.before().registers());
        assertEquals(Map.of(Register.EFLAGS, 0xFFFFF7EF), only.before().masks());
        assertEquals(List.of(new Cell(0x2000, 0x5A)), only.before().memory());
        assertEquals(Map.of(Register.EIP, 0x104), only.after().registers());
        assertEquals(Map.of(Register.EFLAGS, 0xFFFFFFFE), only.after().masks(), "a case's mask replaces the file's");
        assertEquals(13, only.exception());
    }
}
