// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.List;
import vmlab.vmm.AddressRange;

/**
 * Where everything is in a PC: ports, interrupt lines, places on the PCI bus. The only place where such numbers are
 * written down.
 *
 * @spec IBM PC AT and PS/2 technical references; Intel 290562 (82371FB/SB), I/O map; Intel 242016, sections 3.4 and 4.1
 */
public final class PcLayout {
    public static final AddressRange PIC_MASTER = new AddressRange(0x20, 2);
    public static final AddressRange PIT = new AddressRange(0x40, 4);
    public static final AddressRange KEYBOARD_DATA = new AddressRange(0x60, 1);
    public static final AddressRange SYSTEM_CONTROL_B = new AddressRange(0x61, 1);
    public static final AddressRange KEYBOARD_COMMAND = new AddressRange(0x64, 1);
    public static final AddressRange CMOS = new AddressRange(0x70, 2);
    public static final AddressRange POST = new AddressRange(0x80, 1);
    public static final AddressRange SYSTEM_CONTROL_A = new AddressRange(0x92, 1);
    public static final AddressRange PIC_SLAVE = new AddressRange(0xA0, 2);
    public static final AddressRange DEBUG_EXIT = new AddressRange(0xF4, 4);
    public static final AddressRange PIC_ELCR = new AddressRange(0x4D0, 2);
    /** PCI's configuration address as a whole; the reset control register is the byte at 0xCF9. */
    public static final AddressRange PCI_ADDRESS = new AddressRange(0xCF8, 4);

    public static final AddressRange PCI_DATA = new AddressRange(0xCFC, 4);

    /** The serial ports in their traditional order. */
    public static final List<AddressRange> SERIAL = List.of(
            new AddressRange(0x3F8, 8),
            new AddressRange(0x2F8, 8),
            new AddressRange(0x3E8, 8),
            new AddressRange(0x2E8, 8));

    /** Where files go between host and guest: {@code dd}'s third block of 16 KB on {@code /dev/port}. */
    public static final AddressRange FILE_WINDOW = new AddressRange(0x8000, 0x4000);

    /** Their interrupt lines: the third and fourth share those of the first two. */
    public static final List<Integer> SERIAL_IRQ = List.of(4, 3, 4, 3);

    public static final int TIMER_IRQ = 0;
    public static final int KEYBOARD_IRQ = 1;
    public static final int CMOS_IRQ = 8;

    /** The host bridge's place on PCI bus 0. */
    public static final int HOST_BRIDGE_DEVICE = 0;

    /** Where both APICs are in every PC; a part of KVM, which answers there itself. */
    public static final long LOCAL_APIC = 0xFEE00000L;

    public static final long IO_APIC = 0xFEC00000L;

    /** CPUs of a PC: more than two is rare enough here. */
    public static final int MOST_CPUS = 8;

    /** Where the BIOS area begins, a place where kernels look for it. */
    public static final long MP_TABLE = 0xF0000;

    private PcLayout() {}
}
