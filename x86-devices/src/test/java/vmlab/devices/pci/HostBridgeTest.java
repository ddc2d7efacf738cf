// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.VmClock;

/** Intel 290549 (82441FX), PCI configuration registers. */
class HostBridgeTest implements DeviceContract {
    private static HostBridge newBridge() {
        return new HostBridge(
                "host-bridge", new IoBus("port", (s, m) -> {}), new IoBus("memory", (s, m) -> {}), (s, m) -> {});
    }

    @Override
    public DeviceRig<?> rig() {
        HostBridge bridge = newBridge();
        IoDevice header = new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return bridge.configRead((int) offset, bytes);
            }

            @Override
            public void write(long offset, int bytes, long value) {
                bridge.configWrite((int) offset, bytes, (int) value);
            }
        };
        return DeviceRig.of(bridge, new VmClock()).with(header, 256);
    }

    @Test
    void itAnswersToMemoryAndMastersTheBus() {
        assertEquals(0x0007, newBridge().configRead(ConfigSpace.COMMAND, 2));
        assertEquals(0, newBridge().configRead(0x59, 1), "memory attributes aren't modelled");
    }
}
