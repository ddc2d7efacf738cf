// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.CpuState;
import vmlab.vmm.VmClock;
import vmlab.vmm.kvm.KvmApi.DeviceAttr;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Msrs;
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
    private static final int TSC = 0x10;
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private final KvmDescriptor vcpu;
    private final VmClock clock;
    private final NativeStruct attribute = new NativeStruct(DeviceAttr.SIZE);
    private final NativeStruct offset = new NativeStruct(8);
    private final NativeStruct counter = new NativeStruct(Msrs.ENTRIES + Msrs.ENTRY_SIZE);
    private final boolean followed;

    private long ticksPerMillisecond;
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
        ticksPerMillisecond = kilohertz();
        followed = ticksPerMillisecond > 0
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

    /** The counter as the guest would read it now. */
    CpuState.TimeStamp state() {
        if (followed) {
            bringTogether();
        }
        return new CpuState.TimeStamp(ticks(), kilohertz());
    }

    /**
     * Has the counter go on from there; at the rate it had if the host's CPU can scale.
     *
     * @return whether it has that rate
     */
    boolean restore(CpuState.TimeStamp state) {
        if (state.kilohertz() != 0 && state.kilohertz() != kilohertz()) {
            vcpu.attempt(Ioctl.KVM_SET_TSC_KHZ, state.kilohertz());
            ticksPerMillisecond = kilohertz();
        }
        if (followed) {
            offset.put64(0, offset.get64(0) + state.ticks() - ticks());
            vcpu.call("KVM_VCPU_TSC_OFFSET", Ioctl.KVM_SET_DEVICE_ATTR, attribute.address());
        } else {
            counter.put64(Msrs.ENTRIES + Msrs.DATA, state.ticks());
            vcpu.call("KVM_SET_MSRS", Ioctl.KVM_SET_MSRS, counter.address());
        }
        togetherAt = clock.nanos();
        togetherAtHost = System.nanoTime();
        return state.kilohertz() == 0 || state.kilohertz() == kilohertz();
    }

    private long kilohertz() {
        return Math.max(0, vcpu.attempt(Ioctl.KVM_GET_TSC_KHZ, 0));
    }

    private long ticks() {
        counter.put32(Msrs.NMSRS, 1);
        counter.put32(Msrs.ENTRIES + Msrs.INDEX, TSC);
        vcpu.call("KVM_GET_MSRS", Ioctl.KVM_GET_MSRS, counter.address());
        return counter.get64(Msrs.ENTRIES + Msrs.DATA);
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
        counter.close();
    }
}
