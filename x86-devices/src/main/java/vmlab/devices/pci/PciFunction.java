// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import vmlab.vmm.Device;

/**
 * One function on a PCI bus, as configuration cycles see it. An access lies within one aligned group of four bytes. Most
 * functions pass both on to a {@link ConfigSpace}.
 */
public interface PciFunction extends Device {
    /** Reads {@code bytes} (1, 2 or 4) bytes at {@code offset}, 0 to 255. */
    int configRead(int offset, int bytes);

    /** Writes {@code bytes} (1, 2 or 4) bytes at {@code offset}, 0 to 255. */
    void configWrite(int offset, int bytes, int value);
}
