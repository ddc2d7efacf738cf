// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.VmClock;
import vmlab.vmm.kvm.KvmApi.DeviceAttr;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * Time of a guest that runs at the host's speed: {@link VmClock} moves by the host's monotonic clock while the guest is
 * being run, and by idle time; the guest's time stamp counter follows.
 *
 * <p>The counter is the host's and goes on while the guest is held or idle. Before the guest runs again its offset is set so
 * that it has moved by as much as the clock: a hold leaves no gap, and idle time that was skipped has passed for the counter,
 * too. Otherwise Linux, which reads time from it, would wait for the rest of every timer that came early.
 *
 * <p>Not modelled: the Java CPU's rate of 1 GHz; the counter has the host's. Where KVM can't set the offset (before Linux
 * 5.16) the counter is left alone. Threads: the vCPU's. Units: nanoseconds.
 *
 * @spec Linux, Documentation/virt/kvm/devices/vcpu.rst, 4.1 KVM_VCPU_TSC_OFFSET
 */
final class GuestTime implements AutoCloseable {
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private final KvmDescriptor vcpu;
    private final VmClock clock;
    private final NativeStruct attribute = new NativeStruct(DeviceAttr.SIZE);
    private final NativeStruct offset = new NativeStruct(8);
    private final long ticksPerMillisecond;
    private final boolean followed;

    private boolean inside;
    private long enteredAt;
    private long worked;

    /** When the counter and the clock were last brought together: the clock's time, and the host's. */
    private long togetherAt;

    private long togetherAtHost;

    GuestTime(KvmDescriptor vcpu, VmClock clock) {
        this.vcpu = vcpu;
        this.clock = clock;
        attribute.put32(DeviceAttr.GROUP, Value.KVM_VCPU_TSC_CTRL);
        attribute.put64(DeviceAttr.ATTR, Value.KVM_VCPU_TSC_OFFSET);
        attribute.put64(DeviceAttr.ADDR, offset.address());
        int kilohertz = vcpu.attempt(Ioctl.KVM_GET_TSC_KHZ, 0);
        ticksPerMillisecond = Math.max(0, kilohertz);
        followed = kilohertz > 0
                && vcpu.attempt(Ioctl.KVM_HAS_DEVICE_ATTR, attribute.address()) == 0
                && vcpu.attempt(Ioctl.KVM_GET_DEVICE_ATTR, attribute.address()) == 0;
        clock.useSource(this::nanosWorked, () -> {});
        togetherAt = clock.nanos();
        togetherAtHost = System.nanoTime();
    }

    private long nanosWorked() {
        return inside ? worked + System.nanoTime() - enteredAt : worked;
    }

    /** The guest is going to be run; does nothing if it is being run. */
    void enter() {
        if (inside) {
            return;
        }
        enteredAt = System.nanoTime();
        inside = true;
        if (followed) {
            bringTogether();
        }
    }

    /** The guest isn't run any more. */
    void leave() {
        worked = nanosWorked();
        inside = false;
    }

    private void bringTogether() {
        long now = clock.nanos();
        long host = System.nanoTime();
        long ahead = now - togetherAt - (host - togetherAtHost);
        togetherAt = now;
        togetherAtHost = host;
        offset.put64(0, offset.get64(0) + ticks(ahead));
        vcpu.call("KVM_VCPU_TSC_OFFSET", Ioctl.KVM_SET_DEVICE_ATTR, attribute.address());
    }

    /** In two steps: days of skipped time times a rate in kHz don't fit into a long. */
    private long ticks(long nanos) {
        long milliseconds = Math.floorDiv(nanos, NANOS_PER_MILLISECOND);
        long rest = Math.floorMod(nanos, NANOS_PER_MILLISECOND);
        return milliseconds * ticksPerMillisecond + rest * ticksPerMillisecond / NANOS_PER_MILLISECOND;
    }

    @Override
    public void close() {
        attribute.close();
        offset.close();
    }
}
