// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.serial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingLine;
import vmlab.vmm.VmClock;

/** Sections and tables are those of the PC16550D data sheet. */
class Uart16550Test implements DeviceContract {
    private static final int ERBFI = 1;
    private static final int ETBEI = 2;
    private static final int ELSI = 4;
    private static final int EDSSI = 8;
    private static final int OUT2 = 8;
    private static final int LOOP = 0x10;

    private final RecordingLine irq = new RecordingLine();
    private final List<Integer> sent = new ArrayList<>();
    private final ArrayDeque<Integer> typed = new ArrayDeque<>();
    private final List<String> reports = new ArrayList<>();
    private final Uart16550 uart = newUart(irq);

    private Uart16550 newUart(RecordingLine line) {
        return new Uart16550(
                "uart0", line, sent::add, () -> typed.isEmpty() ? -1 : typed.remove(), (s, m) -> reports.add(m));
    }

    @Override
    public DeviceRig<?> rig() {
        Uart16550 device = newUart(new RecordingLine());
        return DeviceRig.of(device, new VmClock()).with(device, Uart16550.REGISTERS);
    }

    private void type(int count) {
        for (int i = 0; i < count; i++) {
            typed.add('a' + i);
        }
        uart.inputAvailable();
    }

    private int read(int register) {
        return uart.readByte(register);
    }

    private void write(int register, int value) {
        uart.writeByte(register, value);
    }

    @Test
    @DisplayName("Table II: reset state")
    void resetStateIsTheDataSheets() {
        assertEquals(0, read(Uart16550.IER));
        assertEquals(0x01, read(Uart16550.IIR_FCR), "no interrupt is pending");
        assertEquals(0, read(Uart16550.LCR));
        assertEquals(0, read(Uart16550.MCR));
        assertEquals(0x60, read(Uart16550.LSR), "transmitter empty");
        assertEquals(0, read(Uart16550.MSR) & 0x0F, "no deltas");
    }

    @Test
    @DisplayName("8.1: DLAB puts the divisor in place of DATA and IER")
    void dlabSelectsTheDivisor() {
        write(Uart16550.LCR, 0x83);
        write(Uart16550.DATA, 0x34);
        write(Uart16550.IER, 0x12);
        assertEquals(0x34, read(Uart16550.DATA));
        assertEquals(0x12, read(Uart16550.IER));
        write(Uart16550.LCR, 0x03);
        assertEquals(0, read(Uart16550.IER));
        assertTrue(sent.isEmpty(), "a divisor isn't transmitted");
    }

    @Test
    void everyOctetIsTransmittedUnchanged() {
        for (int octet = 0; octet < 256; octet++) {
            write(Uart16550.DATA, octet);
        }
        assertEquals(256, sent.size());
        assertEquals(255, sent.get(255));
    }

    @Test
    @DisplayName("8.7: THRE interrupt when it is enabled with an empty holder; IIR read clears it")
    void enablingThriWithEmptyHolderRaisesAtOnce() {
        write(Uart16550.MCR, OUT2);
        write(Uart16550.IER, ETBEI);
        assertTrue(irq.level());
        assertEquals(0x02, read(Uart16550.IIR_FCR));
        assertFalse(irq.level(), "reading IIR is the reset of this interrupt");
        assertEquals(0x01, read(Uart16550.IIR_FCR));
        write(Uart16550.IER, 0);
        write(Uart16550.IER, ETBEI);
        assertEquals(0x02, read(Uart16550.IIR_FCR), "enabling it again raises it again");
    }

    @Test
    void everyTransmittedCharacterMakesAnInterruptEdge() {
        write(Uart16550.MCR, OUT2);
        write(Uart16550.IER, ETBEI);
        int before = irq.rises();
        write(Uart16550.DATA, 'x');
        assertEquals(before + 1, irq.rises());
    }

    @Test
    @DisplayName("8.6: OUT2 gates the interrupt on a PC")
    void withoutOut2TheLineStaysLow() {
        write(Uart16550.IER, ETBEI);
        assertFalse(irq.level());
        write(Uart16550.MCR, OUT2);
        assertTrue(irq.level());
        write(Uart16550.MCR, OUT2 | LOOP);
        assertFalse(irq.level(), "loopback forces OUT2 inactive");
    }

    @ParameterizedTest(name = "8.5: FCR {0} triggers at {1}")
    @CsvSource({"0x01, 1", "0x41, 4", "0x81, 8", "0xC1, 14"})
    void triggerLevelIsReachedNotExceeded(String fcr, int level) {
        write(Uart16550.IER, ERBFI);
        write(Uart16550.IIR_FCR, Integer.decode(fcr));
        if (level > 1) {
            type(level - 1);
            assertEquals(0xCC, read(Uart16550.IIR_FCR), "below the level: character time-out");
        }
        type(1);
        assertEquals(0xC4, read(Uart16550.IIR_FCR), "at the level: data available");
    }

    @Test
    @DisplayName("Table IV: line status, data, transmitter, modem status")
    void causesAppearByPriority() {
        write(Uart16550.MCR, LOOP | 4);
        read(Uart16550.MSR);
        write(Uart16550.MCR, LOOP);
        write(Uart16550.DATA, 1);
        write(Uart16550.DATA, 2);
        write(Uart16550.IER, ERBFI | ETBEI | ELSI | EDSSI);
        assertEquals(0x06, read(Uart16550.IIR_FCR));
        assertEquals(0x63, read(Uart16550.LSR), "overrun, data ready");
        assertEquals(0x04, read(Uart16550.IIR_FCR));
        assertEquals(2, read(Uart16550.DATA), "without FIFOs the newer character stays");
        assertEquals(0x02, read(Uart16550.IIR_FCR));
        assertEquals(0x00, read(Uart16550.IIR_FCR));
        assertEquals(0x04, read(Uart16550.MSR) & 0x0F, "trailing edge of RI");
        assertEquals(0x01, read(Uart16550.IIR_FCR));
    }

    @Test
    @DisplayName("8.4: an overrun of the FIFO loses the newest character")
    void fifoOverrunKeepsWhatIsThere() {
        write(Uart16550.IIR_FCR, 1);
        write(Uart16550.MCR, LOOP);
        for (int i = 0; i < 17; i++) {
            write(Uart16550.DATA, i);
        }
        assertEquals(0x63, read(Uart16550.LSR));
        assertEquals(0x61, read(Uart16550.LSR), "reading LSR clears the error");
        for (int i = 0; i < 16; i++) {
            assertEquals(i, read(Uart16550.DATA));
        }
        assertEquals(0x60, read(Uart16550.LSR));
    }

    @Test
    void inputWaitsInTheSourceUntilThereIsRoom() {
        write(Uart16550.IIR_FCR, 1);
        type(40);
        assertEquals(24, typed.size(), "16 are in the FIFO");
        StringBuilder got = new StringBuilder();
        while ((read(Uart16550.LSR) & 1) != 0) {
            got.append((char) read(Uart16550.DATA));
        }
        assertEquals(40, got.length());
        assertEquals('a' + 39, got.charAt(39));
    }

    @Test
    void withoutFifosThereIsRoomForOne() {
        type(2);
        assertEquals(1, typed.size());
        assertEquals('a', read(Uart16550.DATA));
        assertEquals('b', read(Uart16550.DATA));
    }

    @Test
    @DisplayName("8.5: changing the FIFO enable bit empties the FIFO; without it no other bit counts")
    void fifoControlNeedsTheEnableBit() {
        write(Uart16550.IIR_FCR, 0xC0);
        assertEquals(0x01, read(Uart16550.IIR_FCR));
        type(1);
        write(Uart16550.IIR_FCR, 0x01);
        assertEquals(0x60, read(Uart16550.LSR));
        assertEquals(0xC1, read(Uart16550.IIR_FCR));
        type(3);
        write(Uart16550.IIR_FCR, 0x03);
        assertEquals(0x60, read(Uart16550.LSR), "the receiver was reset");
    }

    @Test
    @DisplayName("8.6: loopback cuts the line and joins the modem's outputs to its inputs")
    void loopbackIsLocal() {
        write(Uart16550.MCR, LOOP | 0x0A);
        assertEquals(0x90, read(Uart16550.MSR) & 0xF0, "RTS is CTS, OUT2 is DCD: what Linux looks for");
        type(1);
        assertEquals(1, typed.size(), "the line is cut off");
        write(Uart16550.DATA, 'x');
        assertTrue(sent.isEmpty());
        assertEquals('x', read(Uart16550.DATA));
        write(Uart16550.MCR, 0);
        assertEquals('a', read(Uart16550.DATA), "what was typed meanwhile comes afterwards");
    }

    @Test
    void linuxFindsA16550A() {
        write(Uart16550.IER, 0);
        assertEquals(0, read(Uart16550.IER) & 0x0F);
        write(Uart16550.IER, 0x0F);
        assertEquals(0x0F, read(Uart16550.IER) & 0x0F);
        write(Uart16550.IER, 0);
        write(Uart16550.SCR, 0xA5);
        assertEquals(0xA5, read(Uart16550.SCR), "the scratch register tells an 8250 from its successors");
        write(Uart16550.LCR, 0xBF);
        write(Uart16550.IIR_FCR, 0);
        write(Uart16550.LCR, 0);
        write(Uart16550.IIR_FCR, 1);
        assertEquals(3, read(Uart16550.IIR_FCR) >> 6, "working FIFOs");
        write(Uart16550.IIR_FCR, 0x21);
        write(Uart16550.LCR, 0x80);
        write(Uart16550.IIR_FCR, 0x21);
        assertEquals(6, read(Uart16550.IIR_FCR) >> 5, "no 64-byte FIFOs");
    }

    @Test
    void readOnlyRegistersAreReported() {
        write(Uart16550.LSR, 0xFF);
        write(Uart16550.MSR, 0xFF);
        assertEquals(2, reports.size());
        assertEquals(0x60, read(Uart16550.LSR));
    }

    @Test
    void restoringRaisesThePendingInterrupt() {
        write(Uart16550.MCR, OUT2);
        write(Uart16550.IER, ERBFI);
        type(1);
        RecordingLine line = new RecordingLine();
        newUart(line).restore(uart.state());
        assertTrue(line.level());
    }

    @Test
    void anOverlongFifoIsNoState() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Uart16550.UartState(0, 0, 0, 0, 0, 0, 0, 0, false, false, new byte[2]));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Uart16550.UartState(0, 1, 0, 0, 0, 0, 0, 0, false, false, new byte[17]));
    }

    @Test
    void aStateKeepsItsOwnArray() {
        byte[] waiting = {1};
        Uart16550.UartState state = new Uart16550.UartState(0, 0, 0, 0, 0, 0, 0, 0, false, false, waiting);
        waiting[0] = 2;
        state.received()[0] = 3;
        assertEquals(1, state.received()[0]);
    }
}
