// SPDX-License-Identifier: Apache-2.0
package vmlab.devices;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import vmlab.vmm.Device;
import vmlab.vmm.IoDevice;
import vmlab.vmm.Stateful;
import vmlab.vmm.VmClock;

/** A device on the test bench: its registers, its state and the clock it lives by. */
public final class DeviceRig<S extends Record> {
    private static final int[] WIDTHS = {1, 2, 4};

    private record Registers(IoDevice device, int sizeBytes) {}

    private final Device device;
    private final Stateful<S> stateful;
    private final VmClock clock;
    private final List<Registers> registers = new ArrayList<>();

    private DeviceRig(Device device, Stateful<S> stateful, VmClock clock) {
        this.device = device;
        this.stateful = stateful;
        this.clock = clock;
    }

    public static <S extends Record, D extends Device & Stateful<S>> DeviceRig<S> of(D device, VmClock clock) {
        return new DeviceRig<>(device, device, clock);
    }

    public DeviceRig<S> with(IoDevice device, int sizeBytes) {
        registers.add(new Registers(device, sizeBytes));
        return this;
    }

    public Device device() {
        return device;
    }

    public S state() {
        return stateful.state();
    }

    public void restore(S state) {
        stateful.restore(state);
    }

    /** One access, at random, within the registers. */
    public void access(Random random) {
        Registers chosen = registers.get(random.nextInt(registers.size()));
        int bytes = WIDTHS[random.nextInt(WIDTHS.length)];
        while (bytes > chosen.sizeBytes) {
            bytes /= 2;
        }
        int offset = random.nextInt(chosen.sizeBytes - bytes + 1);
        if (random.nextBoolean()) {
            chosen.device.read(offset, bytes);
        } else {
            chosen.device.write(offset, bytes, random.nextLong() & (1L << 8 * bytes) - 1);
        }
    }

    /** Lets time pass, from nothing to hours. */
    public void pass(Random random) {
        clock.skipTo(clock.nanos() + (1L << random.nextInt(44)));
        clock.fireDue();
    }
}
