// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.vmm.IrqLine;
import vmlab.vmm.VmClock;

/** The cascade, as the 8259A data sheet (Intel 231468) describes it and Linux programs it. */
class PicPairTest implements DeviceContract {
    private static final int MASTER_BASE = 0x30;
    private static final int SLAVE_BASE = 0x38;
    private static final int EOI = 0x20;

    private final PicPair pics = new PicPair("pic", (s, m) -> {});

    @Override
    public DeviceRig<?> rig() {
        PicPair pair = new PicPair("pic", (s, m) -> {});
        return DeviceRig.of(pair, new VmClock())
                .with(pair.master(), 2)
                .with(pair.slave(), 2)
                .with(pair.elcr(), 2);
    }

    @BeforeEach
    void initialise() {
        initialise(0x01, 0x01);
    }

    private void initialise(int masterIcw4, int slaveIcw4) {
        int[] master = {0x11, MASTER_BASE, 1 << PicPair.CASCADE, masterIcw4};
        int[] slave = {0x11, SLAVE_BASE, PicPair.CASCADE, slaveIcw4};
        for (int i = 0; i < 4; i++) {
            pics.master().writeByte(i == 0 ? 0 : 1, master[i]);
            pics.slave().writeByte(i == 0 ? 0 : 1, slave[i]);
        }
    }

    private void edge(int irq) {
        pics.line(irq).pulse();
        pics.line(irq).set(true);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void everyLineHasItsVector(int irq) {
        edge(irq);
        assertTrue(pics.pending());
        assertEquals(MASTER_BASE + irq, pics.acknowledge());
        assertFalse(pics.pending());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, 16})
    void otherLinesAreRefused(int irq) {
        assertThrows(IllegalArgumentException.class, () -> pics.line(irq));
    }

    @Test
    @DisplayName("Cascade mode: a slave's interrupt needs an EOI at both chips, in either order")
    void slaveNeedsTwoEois() {
        edge(12);
        pics.acknowledge();
        edge(14);
        assertFalse(pics.pending());
        pics.slave().writeByte(0, EOI);
        assertFalse(pics.pending(), "the master still has the cascade in service");
        pics.master().writeByte(0, EOI);
        assertTrue(pics.pending());
        assertEquals(SLAVE_BASE + 6, pics.acknowledge());
        pics.master().writeByte(0, EOI);
        pics.slave().writeByte(0, EOI);
        edge(12);
        assertEquals(SLAVE_BASE + 4, pics.acknowledge());
    }

    @Test
    @DisplayName("Special fully nested mode: a higher line of the same slave is not locked out")
    void specialFullyNested() {
        edge(12);
        pics.acknowledge();
        edge(8);
        assertFalse(pics.pending(), "locked out in normal mode");
        pics.line(12).set(false);
        pics.line(8).set(false);
        initialise(0x11, 0x01);
        edge(12);
        pics.acknowledge();
        edge(8);
        assertTrue(pics.pending());
        assertEquals(SLAVE_BASE, pics.acknowledge());
    }

    @Test
    void twoRequestsOfAnAutomaticSlaveBothArrive() {
        initialise(0x03, 0x03);
        edge(10);
        edge(11);
        assertEquals(SLAVE_BASE + 2, pics.acknowledge());
        assertTrue(pics.pending(), "INT of the slave makes a new edge");
        assertEquals(SLAVE_BASE + 3, pics.acknowledge());
        assertFalse(pics.pending());
    }

    @Test
    @DisplayName("Default IR7: spurious interrupts 7 and 15")
    void spuriousInterrupts() {
        assertEquals(MASTER_BASE + 7, pics.acknowledge());
        IrqLine line = pics.line(9);
        line.set(true);
        line.set(false);
        assertFalse(pics.pending(), "the slave's INT fell with its input, and the master's request with it");
        pics.slave().writeByte(0, 0x0B);
        assertEquals(0, pics.slave().readByte(0));
    }

    @Test
    @DisplayName("Poll command on both chips: a slave masked between the two polls has nothing to say")
    void aSlaveMaskedBeforeItsPollHasNothing() {
        edge(9);
        pics.master().writeByte(0, 0x0C);
        assertEquals(0x82, pics.master().readByte(0), "the master's poll takes the cascade");
        pics.slave().writeByte(1, 0xFF);
        pics.slave().writeByte(0, 0x0C);
        assertEquals(0, pics.slave().readByte(0) & 0x80);
        pics.master().writeByte(0, EOI);
        assertFalse(pics.pending());
    }

    @Test
    void linuxSilencesBothChips() {
        edge(0);
        pics.master().writeByte(1, 0xFF);
        pics.slave().writeByte(1, 0xFF);
        assertFalse(pics.pending());
        pics.master().writeByte(1, 0xFE);
        assertTrue(pics.pending(), "the tick's edge has waited");
    }

    @Test
    @DisplayName("82371SB, ELCR1/2: 0, 1, 2, 8 and 13 stay edge-triggered")
    void elcrHasFixedBits() {
        pics.elcr().write(0, 2, 0xFFFF);
        assertEquals(0xDEF8, pics.elcr().read(0, 2));
        IrqLine line = pics.line(11);
        line.set(true);
        pics.acknowledge();
        pics.slave().writeByte(0, EOI);
        pics.master().writeByte(0, EOI);
        assertTrue(pics.pending(), "a level asks again");
    }

    @Test
    void aWrongSlaveNumberLeavesTheBusFloating() {
        pics.slave().writeByte(0, 0x11);
        pics.slave().writeByte(1, SLAVE_BASE);
        pics.slave().writeByte(1, 3);
        pics.slave().writeByte(1, 1);
        edge(9);
        assertEquals(0xFF, pics.acknowledge());
    }

    @Test
    void aSharedLineIsHighWhileAnyDriverIs() {
        SharedIrqLine shared = new SharedIrqLine(pics.line(4));
        IrqLine one = shared.input();
        IrqLine other = shared.input();
        one.set(true);
        one.set(true);
        other.set(true);
        one.set(false);
        assertTrue(pics.pending());
        other.set(false);
        assertFalse(pics.pending());
    }
}
