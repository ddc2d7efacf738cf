// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.Objects;
import vmlab.vmm.Hypercall;
import vmlab.vmm.HypercallRegisters;

/**
 * A hypercall as its handler sees it. The registers and the time stay readable when the call is over; the result can be set
 * only before. Unless it is set, EAX stays as it is, as under CAmkES.
 *
 * <p>The names of 32 bits ({@code eax}) are signed, those of 64 ({@code rax}) are good as addresses: under a 32-bit guest
 * their upper halves are 0.
 */
public final class GuestCall {
    private final LabVm vm;
    private final HypercallRegisters registers;
    private final int vcpu;
    private final long nanos;

    /** Null when the call is over. */
    private Hypercall call;

    GuestCall(LabVm vm, Hypercall call, long nanos) {
        this.vm = vm;
        this.call = Objects.requireNonNull(call);
        this.nanos = nanos;
        registers = HypercallRegisters.of(call);
        vcpu = call.cpu();
    }

    void over() {
        call = null;
    }

    /** Who calls. */
    public LabVm vm() {
        return vm;
    }

    /** All of the registers, as a value. */
    public HypercallRegisters registers() {
        return registers;
    }

    public int eax() {
        return registers.eax();
    }

    public int ebx() {
        return registers.ebx();
    }

    public int ecx() {
        return registers.ecx();
    }

    public int edx() {
        return registers.edx();
    }

    public int esi() {
        return registers.esi();
    }

    public long rax() {
        return registers.rax();
    }

    public long rbx() {
        return registers.rbx();
    }

    public long rcx() {
        return registers.rcx();
    }

    public long rdx() {
        return registers.rdx();
    }

    public long rsi() {
        return registers.rsi();
    }

    /** The caller's RAM, by physical address. */
    public GuestView memory() {
        return vm.memory();
    }

    /** The caller's memory by its virtual addresses, as long as its handler runs. */
    public GuestView virtual() {
        if (call == null) {
            throw new LabMistake("the call is over", "its caller's addresses may mean something else now");
        }
        return vm.virtual();
    }

    /** The number of the vCPU that calls. */
    public int vcpu() {
        return vcpu;
    }

    /** Guest time since power-on. */
    public Duration time() {
        return Duration.ofNanos(nanos);
    }

    /** Sets EAX: what fits into 32 bits, signed or not. */
    public void result(Number value) {
        long wanted = value.longValue();
        if (value.doubleValue() != wanted || wanted != (int) wanted && wanted >>> 32 != 0) {
            throw new LabMistake("a result of " + value + " doesn't fit into EAX", "EAX has 32 bits");
        }
        if (call == null) {
            throw new LabMistake("the call is over", "set the result before its handler returns");
        }
        call.result((int) wanted);
    }

    @Override
    public String toString() {
        return "hypercall " + VmHypercalls.spoken(eax()) + " of " + vm.name() + ": " + registers;
    }
}
