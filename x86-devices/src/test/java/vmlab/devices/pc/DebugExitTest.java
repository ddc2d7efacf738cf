// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.devices.RecordingControl;

class DebugExitTest {
    @ParameterizedTest(name = "{0} bytes of {1}: status {2}")
    @CsvSource({"1, 0x00, 1", "1, 0x10, 33", "1, 0x1FF, 511", "2, 0x100, 513", "4, 0x40000000, -2147483647"})
    void theStatusIsOddAndNeverZero(int bytes, String value, int status) {
        RecordingControl machine = new RecordingControl();
        DebugExit port = new DebugExit("debug-exit", machine);
        port.write(0, bytes, Long.decode(value));
        assertEquals(List.of("exit " + status), machine.requests());
        assertEquals(-1, port.read(0, bytes), "an open bus");
    }
}
