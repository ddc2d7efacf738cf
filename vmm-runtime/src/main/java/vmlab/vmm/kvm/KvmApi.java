// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

/**
 * Numbers and structures of KVM's interface on x86-64, under the kernel's names; offsets are in bytes. A test compares
 * every one with the kernel's headers.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst; include/uapi/linux/kvm.h, arch/x86/include/uapi/asm/kvm.h
 */
final class KvmApi {
    static final int API_VERSION = 12;

    private KvmApi() {}

    /** Requests; on {@code /dev/kvm}, then on a VM, then on a vCPU. */
    static final class Ioctl {
        static final long KVM_GET_API_VERSION = 0xAE00;
        static final long KVM_CREATE_VM = 0xAE01;
        static final long KVM_CHECK_EXTENSION = 0xAE03;
        static final long KVM_GET_VCPU_MMAP_SIZE = 0xAE04;
        static final long KVM_GET_SUPPORTED_CPUID = 0xC008AE05L;

        static final long KVM_CREATE_VCPU = 0xAE41;
        static final long KVM_SET_USER_MEMORY_REGION = 0x4020AE46;
        static final long KVM_SET_TSS_ADDR = 0xAE47;
        static final long KVM_SET_IDENTITY_MAP_ADDR = 0x4008AE48;
        static final long KVM_CREATE_IRQCHIP = 0xAE60;
        static final long KVM_IRQ_LINE = 0x4008AE61;
        static final long KVM_GET_IRQCHIP = 0xC208AE62L;
        static final long KVM_SET_IRQCHIP = 0x8208AE63L;
        static final long KVM_REGISTER_COALESCED_MMIO = 0x4010AE67;
        static final long KVM_IRQFD = 0x4020AE76;
        static final long KVM_IOEVENTFD = 0x4040AE79;
        static final long KVM_CREATE_PIT2 = 0x4040AE77;
        static final long KVM_GET_PIT2 = 0x8070AE9FL;
        static final long KVM_SET_PIT2 = 0x4070AEA0;
        static final long KVM_XEN_HVM_CONFIG = 0x4038AE7A;
        static final long KVM_ENABLE_CAP = 0x4068AEA3;
        static final long KVM_X86_SET_MSR_FILTER = 0x4188AEC6;

        static final long KVM_RUN = 0xAE80;
        static final long KVM_GET_REGS = 0x8090AE81L;
        static final long KVM_SET_REGS = 0x4090AE82;
        static final long KVM_GET_SREGS = 0x8138AE83L;
        static final long KVM_SET_SREGS = 0x4138AE84;
        static final long KVM_TRANSLATE = 0xC018AE85L;
        static final long KVM_INTERRUPT = 0x4004AE86;
        static final long KVM_GET_MSRS = 0xC008AE88L;
        static final long KVM_SET_MSRS = 0x4008AE89;
        static final long KVM_SET_SIGNAL_MASK = 0x4004AE8B;
        static final long KVM_SET_CPUID2 = 0x4008AE90;
        static final long KVM_GET_MP_STATE = 0x8004AE98L;
        static final long KVM_SET_MP_STATE = 0x4004AE99;
        static final long KVM_SET_GUEST_DEBUG = 0x4048AE9B;
        static final long KVM_GET_VCPU_EVENTS = 0x8040AE9FL;
        static final long KVM_SET_VCPU_EVENTS = 0x4040AEA0;
        static final long KVM_GET_DEBUGREGS = 0x8080AEA1L;
        static final long KVM_SET_DEBUGREGS = 0x4080AEA2;
        static final long KVM_SET_TSC_KHZ = 0xAEA2;
        static final long KVM_GET_TSC_KHZ = 0xAEA3;
        static final long KVM_GET_XSAVE = 0x9000AEA4L;
        static final long KVM_SET_XSAVE = 0x5000AEA5;
        static final long KVM_SET_DEVICE_ATTR = 0x4018AEE1;
        static final long KVM_GET_DEVICE_ATTR = 0x4018AEE2;
        static final long KVM_HAS_DEVICE_ATTR = 0x4018AEE3;

        private Ioctl() {}
    }

    /** Capabilities. */
    static final class Cap {
        static final int KVM_CAP_IRQCHIP = 0;
        static final int KVM_CAP_USER_MEMORY = 3;
        static final int KVM_CAP_SET_TSS_ADDR = 4;
        static final int KVM_CAP_EXT_CPUID = 7;
        static final int KVM_CAP_MP_STATE = 14;
        static final int KVM_CAP_COALESCED_MMIO = 15;
        static final int KVM_CAP_DESTROY_MEMORY_REGION_WORKS = 21;
        static final int KVM_CAP_IRQFD = 32;
        static final int KVM_CAP_PIT2 = 33;
        static final int KVM_CAP_PIT_STATE2 = 35;
        static final int KVM_CAP_MAX_VCPUS = 66;
        static final int KVM_CAP_IOEVENTFD = 36;
        static final int KVM_CAP_SET_IDENTITY_MAP_ADDR = 37;
        static final int KVM_CAP_XEN_HVM = 38;
        static final int KVM_CAP_VCPU_EVENTS = 41;
        static final int KVM_CAP_SYNC_REGS = 74;
        static final int KVM_CAP_DEBUGREGS = 50;
        static final int KVM_CAP_XSAVE = 55;
        static final int KVM_CAP_IMMEDIATE_EXIT = 136;
        static final int KVM_CAP_COALESCED_PIO = 162;
        static final int KVM_CAP_X86_USER_SPACE_MSR = 188;
        static final int KVM_CAP_X86_MSR_FILTER = 189;
        static final int KVM_CAP_SET_GUEST_DEBUG2 = 195;

        private Cap() {}
    }

    /** Values of {@code kvm_run.exit_reason}. */
    static final class Exit {
        static final int KVM_EXIT_UNKNOWN = 0;
        static final int KVM_EXIT_IO = 2;
        static final int KVM_EXIT_DEBUG = 4;
        static final int KVM_EXIT_HLT = 5;
        static final int KVM_EXIT_MMIO = 6;
        static final int KVM_EXIT_IRQ_WINDOW_OPEN = 7;
        static final int KVM_EXIT_SHUTDOWN = 8;
        static final int KVM_EXIT_FAIL_ENTRY = 9;
        static final int KVM_EXIT_INTR = 10;
        static final int KVM_EXIT_INTERNAL_ERROR = 17;
        static final int KVM_EXIT_X86_RDMSR = 29;
        static final int KVM_EXIT_X86_WRMSR = 30;
        static final int KVM_EXIT_XEN = 34;

        private Exit() {}
    }

    /** Other values that the structures hold. */
    static final class Value {
        static final int KVM_EXIT_IO_OUT = 1;
        static final int KVM_SYNC_X86_REGS = 1;
        static final int KVM_IOEVENTFD_FLAG_PIO = 2;
        static final int KVM_IOEVENTFD_FLAG_DEASSIGN = 4;
        static final int KVM_IRQFD_FLAG_DEASSIGN = 1;
        static final int KVM_INTERNAL_ERROR_EMULATION = 1;
        static final int KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES = 1;
        static final int KVM_EXIT_XEN_HCALL = 1;
        static final int KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL = 2;
        static final int KVM_MSR_EXIT_REASON_INVAL = 1;
        static final int KVM_MSR_EXIT_REASON_UNKNOWN = 2;
        static final int KVM_MSR_EXIT_REASON_FILTER = 4;
        static final int KVM_MSR_FILTER_READ = 1;
        static final int KVM_MSR_FILTER_WRITE = 2;
        static final int KVM_VCPUEVENT_VALID_SHADOW = 4;
        static final int KVM_X86_SHADOW_INT_MOV_SS = 1;
        static final int KVM_X86_SHADOW_INT_STI = 2;
        static final int KVM_GUESTDBG_ENABLE = 1;
        static final int KVM_GUESTDBG_SINGLESTEP = 2;
        static final int KVM_GUESTDBG_USE_SW_BP = 0x10000;
        static final int KVM_GUESTDBG_USE_HW_BP = 0x20000;
        static final int KVM_GUESTDBG_INJECT_DB = 0x40000;
        static final int KVM_GUESTDBG_INJECT_BP = 0x80000;
        static final int KVM_GUESTDBG_BLOCKIRQ = 0x100000;
        static final int KVM_VCPU_TSC_CTRL = 0;
        static final int KVM_VCPU_TSC_OFFSET = 0;
        static final int KVM_MP_STATE_RUNNABLE = 0;
        static final int KVM_MP_STATE_HALTED = 3;
        static final int KVM_PIT_SPEAKER_DUMMY = 1;
        static final int KVM_PIT_FLAGS_SPEAKER_DATA_ON = 2;

        private Value() {}
    }

    /** {@code struct kvm_run}, the page that is shared with the kernel. */
    static final class Run {
        static final int REQUEST_INTERRUPT_WINDOW = 0;
        static final int IMMEDIATE_EXIT = 1;
        static final int EXIT_REASON = 8;
        static final int READY_FOR_INTERRUPT_INJECTION = 12;
        static final int IF_FLAG = 13;
        static final int IO_DIRECTION = 32;
        static final int IO_SIZE = 33;
        static final int IO_PORT = 34;
        static final int IO_COUNT = 36;
        static final int IO_DATA_OFFSET = 40;
        static final int MMIO_PHYS_ADDR = 32;
        static final int MMIO_DATA = 40;
        static final int MMIO_LEN = 48;
        static final int MMIO_IS_WRITE = 52;
        static final int HARDWARE_EXIT_REASON = 32;
        static final int HARDWARE_ENTRY_FAILURE_REASON = 32;
        static final int INTERNAL_SUBERROR = 32;
        static final int INTERNAL_NDATA = 36;
        static final int INTERNAL_DATA = 40;
        static final int EMULATION_FAILURE_FLAGS = 40;
        static final int EMULATION_FAILURE_INSN_SIZE = 48;
        static final int EMULATION_FAILURE_INSN_BYTES = 49;
        static final int DEBUG_EXCEPTION = 32;
        static final int DEBUG_PC = 40;
        static final int DEBUG_DR6 = 48;
        static final int MSR_ERROR = 32;
        static final int MSR_INDEX = 44;
        static final int MSR_DATA = 48;
        static final int KVM_VALID_REGS = 288;
        static final int REGS = 304;
        static final int XEN_TYPE = 32;
        static final int XEN_HCALL_INPUT = 48;
        static final int XEN_HCALL_RESULT = 56;

        private Run() {}
    }

    /** {@code struct kvm_regs}: sixteen registers, RIP and RFLAGS, eight bytes each. */
    static final class Regs {
        static final int SIZE = 144;
        static final int RAX = 0;
        static final int RBX = 8;
        static final int RCX = 16;
        static final int RDX = 24;
        static final int RSI = 32;
        static final int RDI = 40;
        static final int RSP = 48;
        static final int RBP = 56;
        static final int R8 = 64;
        static final int RIP = 128;
        static final int RFLAGS = 136;

        private Regs() {}
    }

    /** {@code struct kvm_sregs}. */
    static final class Sregs {
        static final int SIZE = 312;
        static final int CS = 0;
        static final int DS = 24;
        static final int ES = 48;
        static final int FS = 72;
        static final int GS = 96;
        static final int SS = 120;
        static final int TR = 144;
        static final int LDT = 168;
        static final int GDT = 192;
        static final int IDT = 208;
        static final int CR0 = 224;
        static final int CR2 = 232;
        static final int CR3 = 240;
        static final int CR4 = 248;
        static final int EFER = 264;
        static final int APIC_BASE = 272;

        private Sregs() {}
    }

    /** {@code struct kvm_segment} within {@link Sregs}. */
    static final class Segment {
        static final int BASE = 0;
        static final int LIMIT = 8;
        static final int SELECTOR = 12;
        static final int TYPE = 14;
        static final int PRESENT = 15;
        static final int DPL = 16;
        static final int DB = 17;
        static final int S = 18;
        static final int L = 19;
        static final int G = 20;
        static final int AVL = 21;
        static final int UNUSABLE = 22;

        private Segment() {}
    }

    /** {@code struct kvm_dtable} within {@link Sregs}. */
    static final class Dtable {
        static final int BASE = 0;
        static final int LIMIT = 8;

        private Dtable() {}
    }

    /** {@code struct kvm_userspace_memory_region}. */
    static final class MemoryRegion {
        static final int SIZE = 32;
        static final int SLOT = 0;
        static final int GUEST_PHYS_ADDR = 8;
        static final int MEMORY_SIZE = 16;
        static final int USERSPACE_ADDR = 24;

        private MemoryRegion() {}
    }

    /** {@code struct kvm_cpuid2} and the {@code kvm_cpuid_entry2} that follow it. */
    static final class Cpuid {
        static final int NENT = 0;
        static final int ENTRIES = 8;
        static final int ENTRY_SIZE = 40;
        static final int FUNCTION = 0;
        static final int INDEX = 4;
        static final int EAX = 12;
        static final int EBX = 16;
        static final int ECX = 20;
        static final int EDX = 24;

        private Cpuid() {}
    }

    /** {@code struct kvm_enable_cap}. */
    static final class EnableCap {
        static final int SIZE = 104;
        static final int CAP = 0;
        static final int ARGS = 8;

        private EnableCap() {}
    }

    /** {@code struct kvm_msr_filter} and its first range. */
    static final class MsrFilter {
        static final int SIZE = 392;
        static final int RANGE_FLAGS = 8;
        static final int RANGE_NMSRS = 12;
        static final int RANGE_BASE = 16;
        static final int RANGE_BITMAP = 24;

        private MsrFilter() {}
    }

    /** {@code struct kvm_signal_mask}, with the kernel's eight bytes of signals. */
    static final class SignalMask {
        static final int SIZE = 12;
        static final int LEN = 0;
        static final int SIGSET = 4;

        private SignalMask() {}
    }

    /** {@code struct kvm_vcpu_events}. */
    static final class VcpuEvents {
        static final int SIZE = 64;
        static final int EXCEPTION_INJECTED = 0;
        static final int EXCEPTION_NR = 1;
        static final int EXCEPTION_HAS_ERROR_CODE = 2;
        static final int EXCEPTION_ERROR_CODE = 4;
        static final int INTERRUPT_INJECTED = 8;
        static final int INTERRUPT_NR = 9;
        static final int INTERRUPT_SHADOW = 11;
        static final int FLAGS = 20;

        private VcpuEvents() {}
    }

    /** {@code struct kvm_debugregs}. */
    static final class Debugregs {
        static final int SIZE = 128;
        static final int DB = 0;
        static final int DR6 = 32;
        static final int DR7 = 40;

        private Debugregs() {}
    }

    /** {@code struct kvm_coalesced_mmio_zone}. */
    static final class CoalescedZone {
        static final int SIZE = 16;
        static final int ADDR = 0;
        static final int BYTES = 8;
        static final int PIO = 12;

        private CoalescedZone() {}
    }

    /** {@code struct kvm_coalesced_mmio_ring} and the {@code kvm_coalesced_mmio} in it. */
    static final class CoalescedRing {
        static final int FIRST = 0;
        static final int LAST = 4;
        static final int ENTRIES = 8;
        static final int ENTRY_SIZE = 24;
        static final int PHYS_ADDR = 0;
        static final int LEN = 8;
        static final int DATA = 16;

        private CoalescedRing() {}
    }

    /** {@code struct kvm_ioeventfd}. */
    static final class Ioeventfd {
        static final int SIZE = 64;
        static final int ADDR = 8;
        static final int LEN = 16;
        static final int FD = 20;
        static final int FLAGS = 24;

        private Ioeventfd() {}
    }

    /** {@code struct kvm_irqfd}. */
    static final class Irqfd {
        static final int SIZE = 32;
        static final int FD = 0;
        static final int GSI = 4;
        static final int FLAGS = 8;

        private Irqfd() {}
    }

    /** {@code struct kvm_irq_level}. */
    static final class IrqLevel {
        static final int SIZE = 8;
        static final int IRQ = 0;
        static final int LEVEL = 4;

        private IrqLevel() {}
    }

    /** {@code struct kvm_irqchip} and the {@code kvm_pic_state} in it. */
    static final class Irqchip {
        static final int SIZE = 520;
        static final int CHIP_ID = 0;
        static final int LAST_IRR = 8;
        static final int IRR = 9;
        static final int IMR = 10;
        static final int ISR = 11;
        static final int PRIORITY_ADD = 12;
        static final int IRQ_BASE = 13;
        static final int READ_REG_SELECT = 14;
        static final int POLL = 15;
        static final int SPECIAL_MASK = 16;
        static final int INIT_STATE = 17;
        static final int AUTO_EOI = 18;
        static final int ROTATE_ON_AUTO_EOI = 19;
        static final int SPECIAL_FULLY_NESTED_MODE = 20;
        static final int INIT4 = 21;
        static final int ELCR = 22;

        private Irqchip() {}
    }

    /** {@code struct kvm_pit_config}. */
    static final class PitConfig {
        static final int SIZE = 64;
        static final int FLAGS = 0;

        private PitConfig() {}
    }

    /** {@code struct kvm_pit_state2}. */
    static final class PitState {
        static final int SIZE = 112;
        static final int CHANNELS = 0;
        static final int FLAGS = 72;

        private PitState() {}
    }

    /** {@code struct kvm_pit_channel_state} within {@link PitState}. */
    static final class PitChannel {
        static final int SIZE = 24;
        static final int COUNT = 0;
        static final int LATCHED_COUNT = 4;
        static final int COUNT_LATCHED = 6;
        static final int STATUS_LATCHED = 7;
        static final int STATUS = 8;
        static final int READ_STATE = 9;
        static final int WRITE_STATE = 10;
        static final int WRITE_LATCH = 11;
        static final int RW_MODE = 12;
        static final int MODE = 13;
        static final int BCD = 14;
        static final int GATE = 15;
        static final int COUNT_LOAD_TIME = 16;

        private PitChannel() {}
    }

    /** {@code struct kvm_xsave}: an FXSAVE image, then the header of XSAVE. */
    static final class Xsave {
        static final int SIZE = 4096;
        static final int REGION = 0;

        private Xsave() {}
    }

    /** {@code struct kvm_msrs} and the {@code kvm_msr_entry} that follow it. */
    static final class Msrs {
        static final int NMSRS = 0;
        static final int ENTRIES = 8;
        static final int ENTRY_SIZE = 16;
        static final int INDEX = 0;
        static final int DATA = 8;

        private Msrs() {}
    }

    /** {@code struct kvm_translation}. */
    static final class Translation {
        static final int SIZE = 24;
        static final int LINEAR_ADDRESS = 0;
        static final int PHYSICAL_ADDRESS = 8;
        static final int VALID = 16;

        private Translation() {}
    }

    /** {@code struct kvm_guest_debug}. */
    static final class GuestDebug {
        static final int SIZE = 72;
        static final int CONTROL = 0;
        static final int DEBUGREG = 8;

        private GuestDebug() {}
    }

    /** {@code struct kvm_device_attr}. */
    static final class DeviceAttr {
        static final int SIZE = 24;
        static final int GROUP = 4;
        static final int ATTR = 8;
        static final int ADDR = 16;

        private DeviceAttr() {}
    }

    /** {@code struct kvm_xen_hvm_config}. */
    static final class XenHvmConfig {
        static final int SIZE = 56;
        static final int FLAGS = 0;

        private XenHvmConfig() {}
    }

    /** {@code struct sigevent} and {@code struct itimerspec} of POSIX timers, with glibc and musl alike. */
    static final class Timer {
        static final int SIGEVENT_SIZE = 64;
        static final int SIGEV_SIGNO = 8;
        static final int SIGEV_NOTIFY = 12;
        static final int SIGEV_THREAD_ID_FIELD = 16;
        static final int SIGEV_THREAD_ID = 4;
        static final int ITIMERSPEC_SIZE = 32;
        static final int IT_VALUE_SECONDS = 16;
        static final int IT_VALUE_NANOS = 24;
        static final int SIGSET_SIZE = 128;

        private Timer() {}
    }
}
