// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingControl;
import vmlab.vmm.VmClock;

/** Intel 290562 (82371FB/SB), RC. */
class ResetControlTest implements DeviceContract {
    private final RecordingControl machine = new RecordingControl();
    private final ResetControl port = new ResetControl("reset-control", machine);

    @Override
    public DeviceRig<?> rig() {
        ResetControl device = new ResetControl("reset-control", new RecordingControl());
        return DeviceRig.of(device, new VmClock()).with(device, 4);
    }

    @Test
    void resetIsTheRisingCpuBit() {
        port.writeByte(ResetControl.REGISTER, 0x02);
        assertEquals(List.of(), machine.requests());
        assertEquals(0x02, port.readByte(ResetControl.REGISTER));
        port.writeByte(ResetControl.REGISTER, 0x06);
        port.writeByte(ResetControl.REGISTER, 0x06);
        assertEquals(List.of("reset"), machine.requests());
    }

    @Test
    void theBytesBesideItDontExist() {
        port.writeByte(0, 0x06);
        port.writeByte(3, 0x06);
        assertEquals(List.of(), machine.requests());
        assertEquals(0xFF0000FFL | 0xFF0000L, port.read(0, 4) & 0xFFFFFFFFL);
    }
}
