// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.vmm.AddressRange;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.Stateful;
import vmlab.vmm.VmClock;

/** PCI Local Bus Specification 2.2, chapter 6. */
class ConfigSpaceTest implements DeviceContract {
    private static final int COMMAND = ConfigSpace.COMMAND;
    private static final int BAR0 = ConfigSpace.BAR0;
    private static final int BAR1 = ConfigSpace.BAR0 + 4;

    /** Registers that read as what they are called. */
    private record Constant(int octet) implements ByteIoDevice {
        @Override
        public int readByte(int offset) {
            return octet;
        }

        @Override
        public void writeByte(int offset, int value) {
            // constant
        }
    }

    /** A function that is only its header. */
    private record Card(ConfigSpace config) implements Device, Stateful<ConfigSpace.ConfigState>, IoDevice {
        @Override
        public String name() {
            return "card";
        }

        @Override
        public void reset() {
            config.reset();
        }

        @Override
        public ConfigSpace.ConfigState state() {
            return config.state();
        }

        @Override
        public void restore(ConfigSpace.ConfigState state) {
            config.restore(state);
        }

        @Override
        public long read(long offset, int bytes) {
            return config.read((int) offset, bytes);
        }

        @Override
        public void write(long offset, int bytes, long value) {
            config.write((int) offset, bytes, (int) value);
        }
    }

    private final List<String> reports = new ArrayList<>();
    private final IoBus ports = new IoBus("port", (s, m) -> {});
    private final IoBus mmio = new IoBus("memory", (s, m) -> {});
    private final ConfigSpace config = newConfig(ports, mmio, reports);

    private static ConfigSpace newConfig(IoBus ports, IoBus mmio, List<String> reports) {
        return new ConfigSpace(
                        "card",
                        new ConfigSpace.Identity(0x1AF4, 0xA111, 1, 0x058000, 0x1AF4, 0x1100),
                        ports,
                        mmio,
                        (s, m) -> reports.add(m))
                .bar(0, new ConfigSpace.Bar(ConfigSpace.Space.PORTS, 32, new Constant(0x10)))
                .bar(1, new ConfigSpace.Bar(ConfigSpace.Space.MEMORY, 0x1000, new Constant(0x11)))
                .bar(2, new ConfigSpace.Bar(ConfigSpace.Space.PREFETCHABLE_MEMORY, 0x10000, new Constant(0x12)))
                .preset(ConfigSpace.INTERRUPT_PIN, 1, 1)
                .preset(ConfigSpace.INTERRUPT_LINE, 1, 12);
    }

    @Override
    public DeviceRig<?> rig() {
        Card card = new Card(
                newConfig(new IoBus("port", (s, m) -> {}), new IoBus("memory", (s, m) -> {}), new ArrayList<>()));
        return DeviceRig.of(card, new VmClock()).with(card, 256);
    }

    @Test
    @DisplayName("6.1: the header")
    void theHeaderShowsTheIdentity() {
        assertEquals(0xA1111AF4, config.read(0, 4));
        assertEquals(0x05800001, config.read(ConfigSpace.REVISION_ID, 4));
        assertEquals(0x11001AF4, config.read(ConfigSpace.SUBSYSTEM_VENDOR_ID, 4));
        assertEquals(0x010C, config.read(ConfigSpace.INTERRUPT_LINE, 2));
        config.write(0, 4, 0);
        assertEquals(0x1AF4, config.read(ConfigSpace.VENDOR_ID, 2), "who a function is can't be written");
    }

    @ParameterizedTest(name = "register {0}: {1}")
    @CsvSource({"0x10, 0xFFFFFFE1", "0x14, 0xFFFFF000", "0x18, 0xFFFF0008", "0x1C, 0x00000000"})
    @DisplayName("6.2.5.1: all ones written read back as the size")
    void sizing(String register, String expected) {
        int offset = Integer.decode(register);
        config.write(offset, 4, -1);
        assertEquals(Long.decode(expected), config.read(offset, 4) & 0xFFFF_FFFFL);
    }

    @Test
    @DisplayName("6.2.2: the command register switches decoding")
    void decodingFollowsTheCommandRegister() {
        config.write(BAR0, 4, 0xC000);
        config.write(BAR1, 4, 0xFEB00000);
        assertFalse(config.isMapped(0));
        config.write(COMMAND, 2, ConfigSpace.COMMAND_IO);
        assertEquals(0x10, ports.read(0xC01F, 1));
        assertEquals(0xFF, mmio.read(0xFEB00000L, 1));
        config.write(COMMAND, 1, ConfigSpace.COMMAND_MEMORY);
        assertEquals(0xFF, ports.read(0xC01F, 1));
        assertEquals(0x11, mmio.read(0xFEB00000L, 1));
    }

    @Test
    void aMovedRangeLeavesItsOldPlace() {
        config.write(COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        config.write(BAR1, 4, 0xFEB00000);
        config.write(BAR1, 4, 0xFEC00000);
        assertEquals(0xFF, mmio.read(0xFEB00000L, 1));
        assertEquals(0x11, mmio.read(0xFEC00000L, 1));
        config.write(BAR1 + 2, 1, 0xD0);
        assertEquals(0x11, mmio.read(0xFED00000L, 1), "single bytes move it too");
    }

    @Test
    void aTakenPlaceIsReportedAndTriedAgain() {
        mmio.map(new AddressRange(0xFEB00800L, 16), "other", new Constant(0x99));
        config.write(COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        config.write(BAR1, 4, 0xFEB00000);
        assertFalse(config.isMapped(1));
        assertEquals(1, reports.size());
        assertEquals(0x99, mmio.read(0xFEB00800L, 1), "the owner keeps it");
        mmio.unmap(0xFEB00800L);
        config.write(COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        assertTrue(config.isMapped(1));
    }

    @Test
    void twoRangesCanSwapPlaces() {
        ConfigSpace twins = new ConfigSpace(
                        "twins", new ConfigSpace.Identity(1, 2, 3, 4, 5, 6), ports, mmio, (s, m) -> reports.add(m))
                .bar(0, new ConfigSpace.Bar(ConfigSpace.Space.MEMORY, 4096, new Constant(1)))
                .bar(1, new ConfigSpace.Bar(ConfigSpace.Space.MEMORY, 4096, new Constant(2)))
                .preset(BAR0, 4, 0xE0000000)
                .preset(BAR1, 4, 0xE0001000)
                .preset(COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        ConfigSpace.ConfigState before = twins.state();
        twins.write(COMMAND, 2, 0);
        twins.write(BAR0, 4, 0xE0001000);
        twins.write(BAR1, 4, 0xE0000000);
        twins.write(COMMAND, 2, ConfigSpace.COMMAND_MEMORY);
        assertEquals(2, mmio.read(0xE0000000L, 1));
        twins.restore(before);
        assertEquals(1, mmio.read(0xE0000000L, 1));
        assertTrue(reports.isEmpty(), reports.toString());
    }

    @Test
    void portsBeyond64KbAreNotReached() {
        config.write(COMMAND, 2, ConfigSpace.COMMAND_IO);
        config.write(BAR0, 4, -1);
        assertFalse(config.isMapped(0));
    }

    @Test
    void aForeignHeaderIsNoState() {
        byte[] bytes = config.state().bytes();
        bytes[0] ^= 1;
        ConfigSpace.ConfigState foreign = new ConfigSpace.ConfigState(bytes);
        assertThrows(IllegalArgumentException.class, () -> config.restore(foreign));
    }

    @ParameterizedTest(name = "{0} of {1} bytes")
    @CsvSource({"PORTS, 2", "PORTS, 512", "PORTS, 24", "MEMORY, 8", "MEMORY, 4097"})
    void impossibleSizesAreRefused(ConfigSpace.Space space, long size) {
        Constant registers = new Constant(0);
        assertThrows(IllegalArgumentException.class, () -> new ConfigSpace.Bar(space, size, registers));
    }
}
