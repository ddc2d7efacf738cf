// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pci;

import java.util.Objects;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IoBus;
import vmlab.vmm.Stateful;

/**
 * The bridge from the CPU to PCI bus 0, known as an Intel 82441FX (8086:1237).
 *
 * <p>Not modelled: its registers for memory timing and for the memory between 640 KB and 1 MB, which is plain RAM; they
 * read 0. Threads: the machine's only. Errors: none.
 *
 * @spec Intel 290549 (82441FX), PCI configuration registers
 */
public final class HostBridge implements PciFunction, Stateful<ConfigSpace.ConfigState> {
    private static final ConfigSpace.Identity I440FX = new ConfigSpace.Identity(0x8086, 0x1237, 2, 0x060000, 0, 0);

    private final String name;
    private final ConfigSpace config;

    public HostBridge(String name, IoBus ports, IoBus mmio, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        config = new ConfigSpace(name, I440FX, ports, mmio, events)
                .preset(ConfigSpace.COMMAND, 2, ConfigSpace.COMMAND_IO | ConfigSpace.COMMAND_MEMORY | 4);
    }

    @Override
    public String name() {
        return name;
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
    public int configRead(int offset, int bytes) {
        return config.read(offset, bytes);
    }

    @Override
    public void configWrite(int offset, int bytes, int value) {
        config.write(offset, bytes, value);
    }
}
