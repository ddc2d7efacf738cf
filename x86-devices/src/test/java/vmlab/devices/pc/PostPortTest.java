// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.vmm.VmClock;

class PostPortTest implements DeviceContract {
    @Override
    public DeviceRig<?> rig() {
        PostPort device = new PostPort("post");
        return DeviceRig.of(device, new VmClock()).with(device, 1);
    }

    @Test
    void theLastCodeReadsBack() {
        PostPort port = new PostPort("post");
        port.writeByte(0, 0x12);
        port.writeByte(0, 0xAB);
        assertEquals(0xAB, port.readByte(0));
    }
}
