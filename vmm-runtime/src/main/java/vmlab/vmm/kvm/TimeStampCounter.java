// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.kvm.KvmApi.DeviceAttr;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Msrs;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * One vCPU's time stamp counter: the host's, at an offset.
 *
 * <p>Threads: the vCPU's, or any while it doesn't run. Units: ticks.
 *
 * @spec Linux, Documentation/virt/kvm/devices/vcpu.rst, 4.1 KVM_VCPU_TSC_OFFSET
 */
final class TimeStampCounter implements AutoCloseable {
    private static final int TSC = 0x10;

    private final KvmDescriptor vcpu;
    private final NativeStruct attribute = new NativeStruct(DeviceAttr.SIZE);
    private final NativeStruct offset = new NativeStruct(8);
    private final NativeStruct counter = new NativeStruct(Msrs.ENTRIES + Msrs.ENTRY_SIZE);
    private final boolean movable;

    TimeStampCounter(KvmDescriptor vcpu) {
        this.vcpu = vcpu;
        attribute.put32(DeviceAttr.GROUP, Value.KVM_VCPU_TSC_CTRL);
        attribute.put64(DeviceAttr.ATTR, Value.KVM_VCPU_TSC_OFFSET);
        attribute.put64(DeviceAttr.ADDR, offset.address());
        movable = kilohertz() > 0
                && vcpu.attempt(Ioctl.KVM_HAS_DEVICE_ATTR, attribute.address()) == 0
                && vcpu.attempt(Ioctl.KVM_GET_DEVICE_ATTR, attribute.address()) == 0;
    }

    /** Whether KVM can set the offset (since Linux 5.16). */
    boolean isMovable() {
        return movable;
    }

    /** 0 if KVM doesn't tell. */
    long kilohertz() {
        return Math.max(0, vcpu.attempt(Ioctl.KVM_GET_TSC_KHZ, 0));
    }

    /** Sets the rate, if the host's CPU can scale. */
    void kilohertz(long wanted) {
        if (wanted != 0 && wanted != kilohertz()) {
            vcpu.attempt(Ioctl.KVM_SET_TSC_KHZ, wanted);
        }
    }

    /** Of one that is movable. */
    long offset() {
        return offset.get64(0);
    }

    void offset(long ticks) {
        if (ticks != offset()) {
            offset.put64(0, ticks);
            vcpu.call("KVM_VCPU_TSC_OFFSET", Ioctl.KVM_SET_DEVICE_ATTR, attribute.address());
        }
    }

    /** As the guest would read it now. */
    long ticks() {
        counter.put32(Msrs.NMSRS, 1);
        counter.put32(Msrs.ENTRIES + Msrs.INDEX, TSC);
        vcpu.call("KVM_GET_MSRS", Ioctl.KVM_GET_MSRS, counter.address());
        return counter.get64(Msrs.ENTRIES + Msrs.DATA);
    }

    /** Has one that isn't movable go on from there. */
    void ticks(long value) {
        counter.put32(Msrs.NMSRS, 1);
        counter.put32(Msrs.ENTRIES + Msrs.INDEX, TSC);
        counter.put64(Msrs.ENTRIES + Msrs.DATA, value);
        vcpu.call("KVM_SET_MSRS", Ioctl.KVM_SET_MSRS, counter.address());
    }

    @Override
    public void close() {
        attribute.close();
        offset.close();
        counter.close();
    }
}
