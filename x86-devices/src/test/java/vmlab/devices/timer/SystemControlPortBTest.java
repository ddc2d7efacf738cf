// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingLine;
import vmlab.vmm.VmClock;

/** 82371SB data sheet (Intel 290562), NMISC; what Linux's TSC calibration relies on. */
class SystemControlPortBTest implements DeviceContract {
    private final VmClock clock = new VmClock();
    private final Pit8254 pit = new Pit8254("pit", clock, new RecordingLine(), (s, m) -> {});
    private final SystemControlPortB port = new SystemControlPortB("port61", pit, clock);

    @Override
    public DeviceRig<?> rig() {
        VmClock time = new VmClock();
        Pit8254 timer = new Pit8254("pit", time, new RecordingLine(), (s, m) -> {});
        SystemControlPortB device = new SystemControlPortB("port61", timer, time);
        return DeviceRig.of(device, time).with(device, 1);
    }

    @Test
    void onlyTheLowHalfIsWritable() {
        port.writeByte(0, 0xFF);
        assertEquals(0x0F, port.readByte(0) & 0xCF);
    }

    @Test
    void theGateStartsCounterTwoAndItsOutputIsBitFive() {
        port.writeByte(0, 0x01);
        pit.writeByte(Pit8254.CONTROL, 0xB0);
        pit.writeByte(2, 0x9C);
        pit.writeByte(2, 0x2E);
        int reads = 0;
        while ((port.readByte(0) & 0x20) == 0 && reads < 100_000) {
            clock.skipTo(clock.nanos() + 1000);
            reads++;
        }
        assertTrue(reads > 9_990 && reads < 10_010, "11932 pulses are 10 ms: " + reads);
    }

    @Test
    void theRefreshToggles() {
        int changes = 0;
        int last = port.readByte(0) & 0x10;
        for (int micros = 0; micros < 15_085; micros++) {
            clock.skipTo(clock.nanos() + 1000);
            int now = port.readByte(0) & 0x10;
            changes += now != last ? 1 : 0;
            last = now;
        }
        assertTrue(changes >= 998 && changes <= 1001, "every 15.085 microseconds: " + changes);
    }

    @Test
    void restoringSetsTheGateAgain() {
        port.writeByte(0, 0x01);
        SystemControlPortB.PortState state = port.state();
        port.writeByte(0, 0x00);
        port.restore(state);
        assertTrue(pit.gate2());
    }
}
