// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.Objects;
import vmlab.devices.serial.CharSink;
import vmlab.devices.serial.CharSource;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;

/**
 * A window of ports through which files go between host and guest. A read of any port in it takes the next octet from the
 * host, a write gives one to the host. Linux reads and writes so many ports in a row by one call on {@code /dev/port},
 * so that {@code dd if=/dev/port bs=16384 skip=2 count=1} takes 16 KB: no driver is needed.
 *
 * <p>Not on any real board. It has no state: what is on its way is the host's. Without anything on its way it is an open
 * bus. Threads: the machine's only. Errors: none.
 */
public final class FilePort implements Device, ByteIoDevice {
    private static final int OPEN_BUS = 0xFF;

    private final String name;
    private final CharSource toGuest;
    private final CharSink toHost;

    public FilePort(String name, CharSource toGuest, CharSink toHost) {
        this.name = Objects.requireNonNull(name);
        this.toGuest = Objects.requireNonNull(toGuest);
        this.toHost = Objects.requireNonNull(toHost);
    }

    @Override
    public String name() {
        return name;
    }

    /** Does nothing: there is no state. */
    @Override
    public void reset() {
        // stateless
    }

    @Override
    public int readByte(int offset) {
        int octet = toGuest.poll();
        return octet < 0 ? OPEN_BUS : octet;
    }

    @Override
    public void writeByte(int offset, int value) {
        toHost.write(value);
    }
}
