// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingControl;
import vmlab.devices.RecordingLine;
import vmlab.vmm.VmClock;

/** IBM PS/2 Hardware Interface Technical Reference, keyboard and auxiliary device controller. */
class I8042Test implements DeviceContract {
    private final RecordingLine irq = new RecordingLine();
    private final RecordingControl machine = new RecordingControl();
    private final List<String> reports = new ArrayList<>();
    private final I8042 controller = new I8042("i8042", irq, machine, (s, m) -> reports.add(m));

    @Override
    public DeviceRig<?> rig() {
        I8042 device = new I8042("i8042", new RecordingLine(), new RecordingControl(), (s, m) -> {});
        return DeviceRig.of(device, new VmClock()).with(device.dataPort(), 1).with(device.commandPort(), 1);
    }

    private void command(int value) {
        controller.commandPort().writeByte(0, value);
    }

    private void data(int value) {
        controller.dataPort().writeByte(0, value);
    }

    private int status() {
        return controller.commandPort().readByte(0);
    }

    private int fetch() {
        assertEquals(1, status() & 1, "there is an answer");
        int octet = controller.dataPort().readByte(0);
        assertEquals(0, status() & 1, "fetching empties the buffer");
        return octet;
    }

    @ParameterizedTest(name = "command {0} answers {1}")
    @CsvSource({"0xAA, 0x55", "0xAB, 0x00", "0xA9, 0x01", "0x20, 0x64", "0xC0, 0xA0", "0xD0, 0x03", "0xE0, 0x00"})
    void commandsThatAnswer(String command, String answer) {
        command(Integer.decode(command));
        assertEquals(Integer.decode(answer), fetch());
    }

    @Test
    void theCommandByteIsKept() {
        command(0x60);
        data(0x47);
        command(0x20);
        assertEquals(0x47, fetch());
        command(0xAD);
        command(0xA7);
        command(0x20);
        assertEquals(0x77, fetch());
        command(0xAE);
        command(0xA8);
        command(0x20);
        assertEquals(0x47, fetch());
    }

    @Test
    @DisplayName("A device that doesn't answer: 0xFE with the time-out bit")
    void theKeyboardTimesOutAtOnce() {
        command(0x60);
        data(0x65);
        data(0xF2);
        assertEquals(0x41, status() & 0x41);
        assertTrue(irq.level());
        assertEquals(0xFE, fetch());
        assertEquals(0, status() & 0x40);
        assertFalse(irq.level());
    }

    @Test
    void theMouseTimesOutToo() {
        command(0xD4);
        data(0xF2);
        assertEquals(0x41, status() & 0x41);
    }

    @Test
    void theMouseLoopAnswersAsTheKeyboard() {
        command(0xD3);
        data(0x5A);
        assertEquals(0x01, status() & 0x21, "not marked as from the mouse");
        assertEquals(0x5A, fetch());
    }

    @Test
    void statusShowsWhatWasWrittenLast() {
        command(0x60);
        assertEquals(0x08, status() & 0x08);
        data(0);
        assertEquals(0, status() & 0x08);
        assertEquals(0x10, status() & 0x10, "the lock is open");
    }

    @ParameterizedTest
    @ValueSource(ints = {0xF0, 0xFC, 0xFE})
    void pulsingBitZeroResets(int command) {
        command(command);
        assertEquals(List.of("reset"), machine.requests());
    }

    @Test
    void otherPulsesDoNothing() {
        command(0xFF);
        command(0xFD);
        assertTrue(machine.requests().isEmpty());
    }

    @Test
    void theOutputPortKeepsA20AndResets() {
        command(0xD1);
        data(0xDD);
        command(0xD0);
        assertEquals(0xCD, fetch() & 0xEF);
        command(0xD1);
        data(0xDE);
        assertEquals(List.of("reset"), machine.requests());
    }

    @Test
    void unknownCommandsAreReported() {
        command(0xB7);
        assertEquals(1, reports.size());
        assertEquals(0, status() & 1);
    }

    @Test
    void restoringRaisesTheLine() {
        command(0x60);
        data(0x65);
        data(0xF2);
        RecordingLine line = new RecordingLine();
        new I8042("i8042", line, machine, (s, m) -> {}).restore(controller.state());
        assertTrue(line.level());
    }
}
