// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.VmClock;

/** PCI Local Bus Specification 2.2, 3.2.2.3.2: configuration mechanism 1. */
class PciHostTest implements DeviceContract {
    private final List<String> narrowAccesses = new ArrayList<>();
    private final PciHost host = new PciHost("pci");
    private final IoDevice address = host.addressPorts(new IoDevice() {
        @Override
        public long read(long offset, int bytes) {
            narrowAccesses.add("read %d+%d".formatted(offset, bytes));
            return -1;
        }

        @Override
        public void write(long offset, int bytes, long value) {
            narrowAccesses.add("write %d+%d".formatted(offset, bytes));
        }
    });
    private final IoDevice data = host.dataPorts();

    @Override
    public DeviceRig<?> rig() {
        PciHost device = new PciHost("pci");
        device.plug(0, 0, newBridge());
        IoDevice nothing = new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                return 0xFF;
            }

            @Override
            public void writeByte(int offset, int value) {
                // nothing is there
            }
        };
        return DeviceRig.of(device, new VmClock())
                .with(device.addressPorts(nothing), 4)
                .with(device.dataPorts(), 4);
    }

    @BeforeEach
    void plug() {
        host.plug(0, 0, newBridge());
    }

    private static HostBridge newBridge() {
        return new HostBridge(
                "host-bridge", new IoBus("port", (s, m) -> {}), new IoBus("memory", (s, m) -> {}), (s, m) -> {});
    }

    @Test
    void theBridgeIsA440Fx() {
        address.write(0, 4, 0x8000_0000L);
        assertEquals(0x1237_8086L, data.read(0, 4) & 0xFFFF_FFFFL);
        assertEquals(0x1237, data.read(2, 2) & 0xFFFF);
        address.write(0, 4, 0x8000_0008L);
        assertEquals(0x0600_0002L, data.read(0, 4) & 0xFFFF_FFFFL);
        assertEquals(0x06, data.read(3, 1) & 0xFF, "base class");
    }

    @ParameterizedTest(name = "address {0}")
    @ValueSource(longs = {0x8000_0800L, 0x8000_0100L, 0x8001_0000L, 0x0000_0000L, 0x80FF_FFFCL})
    @DisplayName("Absent functions, other buses and a cleared enable bit read all ones")
    void nobodyAnswers(long nowhere) {
        address.write(0, 4, nowhere);
        assertEquals(0xFFFF_FFFFL, data.read(0, 4) & 0xFFFF_FFFFL);
        data.write(0, 4, 0);
    }

    @Test
    @DisplayName("Bits 30-24, 1 and 0 of the address are read-only zero")
    void reservedAddressBitsReadZero() {
        address.write(0, 4, 0xFFFF_FFFFL);
        assertEquals(0x80FF_FFFCL, address.read(0, 4));
    }

    @Test
    @DisplayName("The address register answers to a whole access only")
    void narrowAccessesPassBy() {
        address.write(0, 4, 0x8000_0000L);
        address.write(3, 1, 1);
        address.write(0, 2, 0);
        address.read(1, 1);
        assertEquals(List.of("write 3+1", "write 0+2", "read 1+1"), narrowAccesses);
        assertEquals(0x8000_0000L, address.read(0, 4), "Linux probes with a byte at 0xCFB");
    }

    @Test
    void aTakenPlaceIsRefusedNamingBoth() {
        HostBridge second = newBridge();
        String message = assertThrows(IllegalArgumentException.class, () -> host.plug(0, 0, second))
                .getMessage();
        assertTrue(message.contains("00:00.0") && message.contains("host-bridge"), message);
    }
}
