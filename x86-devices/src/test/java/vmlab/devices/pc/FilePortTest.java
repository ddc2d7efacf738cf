// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilePortTest {
    private final ArrayDeque<Integer> toGuest = new ArrayDeque<>(List.of(0x11, 0xFE, 0x33));
    private final List<Integer> toHost = new ArrayList<>();
    private final FilePort port =
            new FilePort("file-port", () -> toGuest.isEmpty() ? -1 : toGuest.remove(), toHost::add);

    @Test
    void everyReadTakesTheNextOctetWhateverThePort() {
        assertEquals(0x11, port.readByte(0));
        assertEquals(0x33FE, port.read(0x3FFE, 2));
        assertEquals(0xFF, port.readByte(1), "an open bus when nothing is on its way");
    }

    @Test
    void everyWriteGivesOne() {
        port.writeByte(5, 0x80);
        port.write(0, 2, 0x0201);
        assertEquals(List.of(0x80, 1, 2), toHost);
    }
}
