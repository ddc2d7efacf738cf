// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.HexFormat;
import vmlab.vmm.RawMemory;
import vmlab.vmm.kvm.KvmApi.Regs;
import vmlab.vmm.kvm.KvmApi.Run;
import vmlab.vmm.kvm.KvmApi.Value;

/** The page shared with KVM as questions and orders: {@code struct kvm_run}. Not thread-safe. */
final class RunPage {
    private static final int MOST_INSTRUCTION_BYTES = 15;
    private static final int MOST_INTERNAL_DATA = 16;

    private final long address;

    /** A view; the memory is its owner's. */
    RunPage(long address) {
        this.address = address;
    }

    int exitReason() {
        return RawMemory.get32(address + Run.EXIT_REASON);
    }

    // ---- interrupts

    boolean readyForInterrupt() {
        return get8(Run.READY_FOR_INTERRUPT_INJECTION) != 0;
    }

    /** Known before KVM says so: after an injection, or when registers were set. */
    void notReadyForInterrupt() {
        put8(Run.READY_FOR_INTERRUPT_INJECTION, 0);
    }

    boolean interruptFlag() {
        return get8(Run.IF_FLAG) != 0;
    }

    void interruptFlag(boolean set) {
        put8(Run.IF_FLAG, set ? 1 : 0);
    }

    /** Whether KVM shall come back as soon as the guest can take an interrupt. */
    void requestInterruptWindow(boolean wanted) {
        put8(Run.REQUEST_INTERRUPT_WINDOW, wanted ? 1 : 0);
    }

    /** Whether KVM_RUN shall only finish the access that the last exit began. */
    void immediateExit(boolean wanted) {
        put8(Run.IMMEDIATE_EXIT, wanted ? 1 : 0);
    }

    // ---- registers

    /** Whether KVM shall leave the general registers here at every exit. */
    void syncRegisters(boolean wanted) {
        RawMemory.put64(address + Run.KVM_VALID_REGS, wanted ? Value.KVM_SYNC_X86_REGS : 0);
    }

    /** Copies them, as the last exit left them, into a kvm_regs. */
    void registers(NativeStruct regs) {
        RawMemory.copy(address + Run.REGS, regs.address(), Regs.SIZE);
    }

    // ---- port I/O

    boolean ioIsOut() {
        return get8(Run.IO_DIRECTION) == Value.KVM_EXIT_IO_OUT;
    }

    int ioBytes() {
        return get8(Run.IO_SIZE);
    }

    int ioPort() {
        return RawMemory.get16(address + Run.IO_PORT) & 0xFFFF;
    }

    /** More than one for string instructions. */
    int ioCount() {
        return RawMemory.get32(address + Run.IO_COUNT);
    }

    long ioValue(int index) {
        return load(ioElement(index), ioBytes());
    }

    void ioValue(int index, long value) {
        store(ioElement(index), ioBytes(), value);
    }

    private long ioElement(int index) {
        return address + RawMemory.get64(address + Run.IO_DATA_OFFSET) + (long) index * ioBytes();
    }

    // ---- memory-mapped I/O

    boolean mmioIsWrite() {
        return get8(Run.MMIO_IS_WRITE) != 0;
    }

    long mmioAddress() {
        return RawMemory.get64(address + Run.MMIO_PHYS_ADDR);
    }

    /** 1 to 8, also 3: what of an unaligned access is on one side of a page's end. */
    int mmioBytes() {
        return RawMemory.get32(address + Run.MMIO_LEN);
    }

    long mmioValue(int from, int bytes) {
        return load(address + Run.MMIO_DATA + from, bytes);
    }

    void mmioValue(int from, int bytes, long value) {
        store(address + Run.MMIO_DATA + from, bytes, value);
    }

    // ---- debugging

    /** The vector: 1 or 3. */
    int debugException() {
        return RawMemory.get32(address + Run.DEBUG_EXCEPTION);
    }

    /** The linear address of the instruction that comes next, or of an INT3. */
    long debugAddress() {
        return RawMemory.get64(address + Run.DEBUG_PC);
    }

    /** DR6. */
    long debugStatus() {
        return RawMemory.get64(address + Run.DEBUG_DR6);
    }

    // ---- model-specific registers

    int msrIndex() {
        return RawMemory.get32(address + Run.MSR_INDEX);
    }

    long msrValue() {
        return RawMemory.get64(address + Run.MSR_DATA);
    }

    void msrValue(long value) {
        RawMemory.put64(address + Run.MSR_DATA, value);
    }

    /** Whether the access ends in a general protection fault. */
    void msrFault(boolean fault) {
        put8(Run.MSR_ERROR, fault ? 1 : 0);
    }

    // ---- hypercalls that KVM takes for Xen's

    boolean xenIsHypercall() {
        return RawMemory.get32(address + Run.XEN_TYPE) == Value.KVM_EXIT_XEN_HCALL;
    }

    /** What EAX will be. */
    void xenResult(int value) {
        RawMemory.put64(address + Run.XEN_HCALL_RESULT, value & 0xFFFFFFFFL);
    }

    // ---- what went wrong

    /** Why the CPU refused the guest's state: VMX or SVM's own code. */
    long entryFailure() {
        return RawMemory.get64(address + Run.HARDWARE_ENTRY_FAILURE_REASON);
    }

    long hardwareExit() {
        return RawMemory.get64(address + Run.HARDWARE_EXIT_REASON);
    }

    /** KVM's account of its own failure, for people. */
    String internalError() {
        int suberror = RawMemory.get32(address + Run.INTERNAL_SUBERROR);
        int words = RawMemory.get32(address + Run.INTERNAL_NDATA);
        if (suberror == Value.KVM_INTERNAL_ERROR_EMULATION) {
            return "KVM can't emulate the instruction" + instruction(words);
        }
        StringBuilder text = new StringBuilder("KVM internal error ").append(suberror);
        for (int i = 0; i < Math.min(words, MOST_INTERNAL_DATA); i++) {
            text.append(i == 0 ? ": " : " ")
                    .append("%#x".formatted(RawMemory.get64(address + Run.INTERNAL_DATA + 8L * i)));
        }
        return text.toString();
    }

    private String instruction(int words) {
        long flags = RawMemory.get64(address + Run.EMULATION_FAILURE_FLAGS);
        int length = get8(Run.EMULATION_FAILURE_INSN_SIZE);
        boolean known = words > 0 && (flags & Value.KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) != 0;
        if (!known || length == 0 || length > MOST_INSTRUCTION_BYTES) {
            return "";
        }
        byte[] bytes = new byte[length];
        RawMemory.copy(address + Run.EMULATION_FAILURE_INSN_BYTES, bytes, 0, length);
        return " " + HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    // ---- memory

    private int get8(int offset) {
        return RawMemory.get8(address + offset) & 0xFF;
    }

    private void put8(int offset, int value) {
        RawMemory.put8(address + offset, (byte) value);
    }

    private static long load(long at, int bytes) {
        return switch (bytes) {
            case 1 -> RawMemory.get8(at) & 0xFF;
            case 2 -> RawMemory.get16(at) & 0xFFFF;
            case 4 -> RawMemory.get32(at) & 0xFFFFFFFFL;
            default -> RawMemory.get64(at);
        };
    }

    private static void store(long at, int bytes, long value) {
        switch (bytes) {
            case 1 -> RawMemory.put8(at, (byte) value);
            case 2 -> RawMemory.put16(at, (short) value);
            case 4 -> RawMemory.put32(at, (int) value);
            default -> RawMemory.put64(at, value);
        }
    }
}
