// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingLine;
import vmlab.vmm.VmClock;

/** One chip, in the words of the 8259A data sheet (Intel 231468). */
class Pic8259Test implements DeviceContract {
    private static final int SINGLE_WITH_ICW4 = 0x13;
    private static final int SINGLE_LEVEL_WITH_ICW4 = 0x1B;
    private static final int ICW2_BASE_40 = 0x40;
    private static final int ICW4_8086 = 0x01;
    private static final int ICW4_8086_AEOI = 0x03;
    private static final int EOI = 0x20;
    private static final int SPECIFIC_EOI = 0x60;
    private static final int ROTATE_ON_EOI = 0xA0;
    private static final int ROTATE_ON_SPECIFIC_EOI = 0xE0;
    private static final int SET_PRIORITY = 0xC0;
    private static final int ROTATE_ON_AEOI = 0x80;
    private static final int POLL = 0x0C;
    private static final int READ_IRR = 0x0A;
    private static final int READ_ISR = 0x0B;
    private static final int SET_SPECIAL_MASK = 0x68;
    private static final int CLEAR_SPECIAL_MASK = 0x48;

    private final RecordingLine intr = new RecordingLine();
    private final List<String> reports = new ArrayList<>();
    private final Pic8259 pic = new Pic8259("pic", intr, (s, m) -> reports.add(m));

    @Override
    public DeviceRig<?> rig() {
        Pic8259 device = new Pic8259("pic", new RecordingLine(), (s, m) -> {});
        return DeviceRig.of(device, new VmClock()).with(device, 2);
    }

    @BeforeEach
    void initialise() {
        initialise(SINGLE_WITH_ICW4, ICW4_8086);
    }

    private void initialise(int icw1, int icw4) {
        pic.writeByte(0, icw1);
        pic.writeByte(1, ICW2_BASE_40);
        pic.writeByte(1, icw4);
    }

    private void ocw1(int mask) {
        pic.writeByte(1, mask);
    }

    private void command(int ocw) {
        pic.writeByte(0, ocw);
    }

    private int irr() {
        command(READ_IRR);
        return pic.readByte(0);
    }

    private int isr() {
        command(READ_ISR);
        return pic.readByte(0);
    }

    private void edge(int ir) {
        pic.input(ir, false);
        pic.input(ir, true);
    }

    private int acknowledge() {
        return pic.vector(pic.acknowledgeInput());
    }

    @Test
    @DisplayName("Interrupt sequence: IRR, INT, acknowledge, ISR, EOI")
    void anEdgeGoesThroughTheSequence() {
        edge(3);
        assertTrue(intr.level());
        assertEquals(0x08, irr());
        assertEquals(0x43, acknowledge());
        assertFalse(intr.level());
        assertEquals(0, irr(), "the acknowledge clears the request");
        assertEquals(0x08, isr());
        command(EOI);
        assertEquals(0, isr());
        assertFalse(intr.level(), "a level that stays high is no new edge");
    }

    @Test
    void nothingIsAskedForBeforeInitialisation() {
        Pic8259 fresh = new Pic8259("pic", intr, (s, m) -> {});
        fresh.input(1, true);
        assertFalse(intr.level());
        fresh.writeByte(1, 0xFB);
        assertEquals(0xFB, fresh.readByte(1), "the mask can be probed before ICW1, as Linux does");
    }

    @Test
    @DisplayName("ICW1 resets the edge sense, the mask, priorities and the special mask")
    void initialisationForgets() {
        ocw1(0xFF);
        pic.input(5, true);
        command(SET_PRIORITY | 4);
        command(READ_ISR);
        pic.writeByte(0, SINGLE_WITH_ICW4);
        pic.writeByte(1, ICW2_BASE_40);
        pic.writeByte(1, ICW4_8086);
        assertEquals(0, pic.readByte(1), "mask");
        assertEquals(0, pic.readByte(0), "the status read is IRR again, and an old level is no edge");
        assertEquals(7, pic.state().lowest());
    }

    @Test
    @DisplayName("ICW1 without IC4: all of ICW4 is zero")
    void withoutIc4TheChipIsReadyAfterIcw2() {
        initialise(SINGLE_WITH_ICW4, ICW4_8086_AEOI);
        pic.writeByte(0, 0x12);
        pic.writeByte(1, ICW2_BASE_40);
        ocw1(0x55);
        assertEquals(0x55, pic.readByte(1));
        assertEquals(0, pic.state().icw4());
        assertEquals(1, reports.size(), "MCS-80 mode is reported: " + reports);
    }

    @Test
    @DisplayName("Fully nested mode: only higher priorities interrupt a service")
    void higherPrioritiesNest() {
        edge(4);
        acknowledge();
        edge(6);
        assertFalse(intr.level());
        edge(1);
        assertTrue(intr.level());
        assertEquals(0x41, acknowledge());
        assertEquals(0x12, isr());
        command(EOI);
        assertEquals(0x10, isr(), "a non-specific EOI ends the highest");
        command(EOI);
        assertEquals(0x46, acknowledge());
    }

    @Test
    @DisplayName("OCW1 masks requests but not IRR")
    void aMaskedRequestWaits() {
        ocw1(0x08);
        edge(3);
        assertFalse(intr.level());
        assertEquals(0x08, irr());
        ocw1(0);
        assertTrue(intr.level(), "an edge isn't lost while it is masked");
    }

    @Test
    @DisplayName("Edge mode: an input that falls before the acknowledge leaves a default IR7")
    void aVanishedRequestIsSpurious() {
        edge(3);
        pic.input(3, false);
        assertFalse(intr.level());
        assertEquals(0, irr());
        assertEquals(0x47, acknowledge());
        assertEquals(0, isr(), "a default IR7 sets no ISR bit");
    }

    @Test
    @DisplayName("Level mode (LTIM): a level that stays is a new request after EOI")
    void aLevelAsksAgain() {
        initialise(SINGLE_LEVEL_WITH_ICW4, ICW4_8086);
        pic.input(3, true);
        acknowledge();
        assertEquals(0x08, irr(), "IRR follows the level");
        command(EOI);
        assertTrue(intr.level());
        pic.input(3, false);
        assertFalse(intr.level());
    }

    @Test
    void elcrMakesSingleInputsLevelTriggered() {
        pic.elcr(0x08);
        pic.input(3, true);
        edge(4);
        acknowledge();
        command(EOI);
        assertTrue(intr.level(), "input 3 asks again");
        ocw1(0x08);
        acknowledge();
        command(EOI);
        assertFalse(intr.level(), "input 4 had one edge");
    }

    @Test
    @DisplayName("OCW2: specific EOI")
    void specificEoiEndsOneLevel() {
        edge(4);
        acknowledge();
        edge(1);
        acknowledge();
        command(SPECIFIC_EOI | 4);
        assertEquals(0x02, isr());
    }

    @Test
    @DisplayName("Automatic rotation: the level just served gets the lowest priority (figure 8)")
    void rotateOnNonSpecificEoi() {
        edge(4);
        acknowledge();
        command(ROTATE_ON_EOI);
        assertEquals(0, isr());
        edge(4);
        edge(5);
        assertEquals(0x45, acknowledge());
    }

    @Test
    @DisplayName("Specific rotation: set priority, rotate on specific EOI")
    void specificRotation() {
        command(SET_PRIORITY | 5);
        edge(0);
        edge(6);
        assertEquals(0x46, acknowledge(), "6 is above 7 and 0");
        command(ROTATE_ON_SPECIFIC_EOI | 6);
        edge(7);
        assertEquals(0x47, acknowledge(), "7 is the highest now");
        assertEquals(6, pic.state().lowest());
    }

    @Test
    @DisplayName("AEOI: nothing stays in service; rotation in AEOI mode")
    void automaticEoi() {
        initialise(SINGLE_WITH_ICW4, ICW4_8086_AEOI);
        edge(2);
        edge(5);
        assertEquals(0x42, acknowledge());
        assertEquals(0, isr());
        assertTrue(intr.level());
        command(ROTATE_ON_AEOI);
        assertEquals(0x45, acknowledge());
        edge(5);
        edge(7);
        assertEquals(0x47, acknowledge(), "5 has become the lowest");
        assertEquals(0x45, acknowledge());
        command(0x00);
        edge(1);
        acknowledge();
        assertEquals(5, pic.state().lowest(), "rotation is off again");
    }

    @Test
    @DisplayName("Special mask mode: a masked level in service lets lower ones through")
    void specialMask() {
        edge(2);
        acknowledge();
        ocw1(0x04);
        edge(6);
        assertFalse(intr.level());
        command(SET_SPECIAL_MASK);
        assertTrue(intr.level());
        assertEquals(0x46, acknowledge());
        command(EOI);
        assertEquals(0x04, isr(), "a non-specific EOI passes over a masked level");
        command(CLEAR_SPECIAL_MASK);
        edge(6);
        assertFalse(intr.level());
    }

    @Test
    @DisplayName("Poll command: the next read is an acknowledge")
    void poll() {
        edge(4);
        command(POLL);
        assertEquals(0x84, pic.readByte(0));
        assertEquals(0x10, isr());
        command(POLL);
        assertEquals(0, pic.readByte(0) & 0x80, "nothing is left");
        assertEquals(0, pic.readByte(1), "one read only");
    }

    @ParameterizedTest(name = "OCW3 {0}: bit RIS only counts with RR")
    @CsvSource({"0x08", "0x09"})
    void readSelectionIsKept(String ocw3) {
        edge(1);
        acknowledge();
        command(READ_ISR);
        command(Integer.decode(ocw3));
        assertEquals(0x02, pic.readByte(0));
    }

    @Test
    void restoringAsksAgain() {
        edge(3);
        RecordingLine other = new RecordingLine();
        new Pic8259("pic", other, (s, m) -> {}).restore(pic.state());
        assertTrue(other.level());
    }

    @Test
    void anEdgeWithoutItsLevelIsNoState() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Pic8259.PicState(
                        0, 1, 0, 0, 0, Pic8259.Step.READY, 0, 0, 0, 0, 7, false, false, false, false));
    }
}
