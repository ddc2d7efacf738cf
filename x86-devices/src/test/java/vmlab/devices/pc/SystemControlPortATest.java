// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingControl;
import vmlab.vmm.VmClock;

/** IBM PS/2 Hardware Interface Technical Reference, system control port A. */
class SystemControlPortATest implements DeviceContract {
    private final RecordingControl machine = new RecordingControl();
    private final SystemControlPortA port = new SystemControlPortA("port92", machine);

    @Override
    public DeviceRig<?> rig() {
        SystemControlPortA device = new SystemControlPortA("port92", new RecordingControl());
        return DeviceRig.of(device, new VmClock()).with(device, 1);
    }

    @Test
    void a20ReadsBackAndTheRestIsZero() {
        assertEquals(0x02, port.readByte(0), "on after power-on");
        port.writeByte(0, 0xFC);
        assertEquals(0x00, port.readByte(0));
        port.writeByte(0, 0x02);
        assertEquals(0x02, port.readByte(0));
        assertEquals(List.of(), machine.requests());
    }

    @Test
    void theRisingResetBitResets() {
        port.writeByte(0, 0x03);
        port.writeByte(0, 0x03);
        assertEquals(List.of("reset"), machine.requests());
        port.writeByte(0, 0x02);
        port.writeByte(0, 0x03);
        assertEquals(2, machine.requests().size());
    }
}
