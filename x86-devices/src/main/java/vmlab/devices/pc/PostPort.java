// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.Stateful;

/**
 * The port of the power-on self test's codes, 0x80. Systems write to it to pass a microsecond; here that takes no time.
 * As on a board whose DMA page registers answer there, the last code reads back.
 *
 * <p>Threads: the machine's only. Errors: none.
 */
public final class PostPort implements Device, ByteIoDevice, Stateful<PostPort.PortState> {
    /**
     * What is kept.
     *
     * @param code the last one written
     */
    public record PortState(int code) {
        public PortState {
            if ((code & ~0xFF) != 0) {
                throw new IllegalArgumentException("no POST code: %#x".formatted(code));
            }
        }
    }

    private final String name;
    private int code;

    public PostPort(String name) {
        this.name = Objects.requireNonNull(name);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        code = 0;
    }

    @Override
    public PortState state() {
        return new PortState(code);
    }

    @Override
    public void restore(PortState state) {
        code = state.code;
    }

    @Override
    public int readByte(int offset) {
        return code;
    }

    @Override
    public void writeByte(int offset, int value) {
        code = value;
    }
}
