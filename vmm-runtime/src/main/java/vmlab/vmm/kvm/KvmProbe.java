// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import vmlab.vmm.AddressRange;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.VmClock;

/**
 * Finds out what this host's KVM can do by running guests of a few instructions: para-virtual ones open like any other, then
 * shut down the first guest that uses 32-bit paging, and interpret the kernel of a 64-bit one, but not all its instructions.
 *
 * <p>Takes some milliseconds, at most {@link #LIMIT_NANOS} for each of the three guests. Threads: any.
 */
public final class KvmProbe {
    /** What there is. */
    public enum Kind {
        /** Runs everything a 32-bit kernel needs. */
        HARDWARE,
        /** Runs guests, but none with 32-bit paging. */
        NO_PAGING,
        /** There is no KVM, it may not be opened or it runs nothing. */
        NONE
    }

    /**
     * The finding.
     *
     * @param reason why not, or what makes sure; one line without a full stop
     * @param remedy what would do; empty if nothing is missing
     * @param hypercalls how hypercalls reach us; of no meaning for {@code NONE}
     * @param no64Bit why 64-bit kernels can't be expected to run; empty if they can
     */
    public record Result(Kind kind, String reason, String remedy, HypercallTransport hypercalls, String no64Bit) {
        public Result {
            Objects.requireNonNull(kind);
            Objects.requireNonNull(reason);
            Objects.requireNonNull(remedy);
            Objects.requireNonNull(hypercalls);
            Objects.requireNonNull(no64Bit);
        }

        /** Whether a 64-bit kernel can be expected to run. */
        public boolean runs64Bit() {
            return no64Bit.isEmpty();
        }

        /** Whether a 32-bit kernel can be expected to run. */
        public boolean usable() {
            return kind == Kind.HARDWARE;
        }
    }

    static final long LIMIT_NANOS = 2_000_000_000L;

    private static final int RAM_BYTES = 0x10000;
    private static final int CODE = 0x1000;
    private static final int PAGE_DIRECTORY = 0x2000;
    private static final int PAGE_TABLE = 0x3000;
    private static final int DATA = 0x4000;
    private static final int MAGIC = 0x4D4C4D56;
    private static final int PORT = 0x60;
    private static final int PRESENT_WRITABLE = 3;
    private static final int LARGE_PAGE = 1 << 7;

    /** The tables of 64-bit paging, of levels 4, 3 and 2. */
    private static final int[] LONG_TABLES = {0x5000, 0x6000, 0x7000};

    /** Reads the magic number where only paging has it, at 0x400000, and tells it. */
    private static final byte[] PAGED = bytes(
            0xB8, 0x00, 0x20, 0x00, 0x00, // mov $PAGE_DIRECTORY, %eax
            0x0F, 0x22, 0xD8, // mov %eax, %cr3
            0x0F, 0x20, 0xC0, // mov %cr0, %eax
            0x0D, 0x00, 0x00, 0x00, 0x80, // or $0x80000000, %eax
            0x0F, 0x22, 0xC0, // mov %eax, %cr0
            0xA1, 0x00, 0x00, 0x40, 0x00, // mov 0x400000, %eax
            0xE7, PORT, // out %eax, $PORT
            0xF4); // hlt

    /** The same without paging. */
    private static final byte[] UNPAGED = bytes(
            0xA1, 0x00, 0x40, 0x00, 0x00, // mov DATA, %eax
            0xE7, PORT, // out %eax, $PORT
            0xF4); // hlt

    /**
     * 64-bit code that reads the magic number where only paging has it. The locked instruction is one that KVM's interpreter
     * doesn't know and Linux needs for its memory allocator.
     */
    private static final byte[] LONG = bytes(
            0xF0, 0x48, 0x0F, 0xC7, 0x0C, 0x25, 0x10, 0x40, 0x40, 0x00, // lock cmpxchg16b 0x404010
            0x8B, 0x04, 0x25, 0x00, 0x40, 0x40, 0x00, // mov 0x404000, %eax
            0xE7, PORT, // out %eax, $PORT
            0xF4); // hlt

    private KvmProbe() {}

    /** Looks at this host. */
    public static Result run() {
        HypercallTransport transport = HypercallTransport.DOORBELL;
        try {
            try (KvmDescriptor system = KvmDescriptor.system()) {
                transport = HypercallTransport.of(system);
            }
            String no64Bit = failure64();
            String paged = failure(PAGED);
            if (paged.isEmpty()) {
                return new Result(Kind.HARDWARE, "a guest with 32-bit paging ran", "", transport, no64Bit);
            }
            String unpaged = failure(UNPAGED);
            return unpaged.isEmpty()
                    ? new Result(
                            Kind.NO_PAGING,
                            "KVM here is para-virtual: it runs guests without paging, but one with 32-bit paging ended in: "
                                    + paged,
                            "use a host with hardware KVM (VMX or SVM, nested if it is a VM itself)",
                            transport,
                            no64Bit)
                    : new Result(
                            Kind.NONE,
                            "KVM here opens but runs no guest: " + unpaged,
                            "see the kernel's messages (dmesg)",
                            transport,
                            no64Bit);
        } catch (HostMistake e) {
            return new Result(Kind.NONE, e.getMessage(), e.remedy(), transport, e.getMessage());
        }
    }

    /** Runs a guest; empty if it did what it should. */
    private static String failure(byte[] code) {
        CpuState start = CpuState.flat(CODE, 0x08, 0x10, new CpuState.Table(0, 0));
        return failure(CpuModel.I386, code, start, memory -> {
            memory.write32(PAGE_DIRECTORY, PAGE_TABLE | PRESENT_WRITABLE);
            memory.write32(PAGE_DIRECTORY + 4, PAGE_TABLE | PRESENT_WRITABLE);
            memory.write32(PAGE_TABLE, DATA | PRESENT_WRITABLE);
            for (int page = 1; page < RAM_BYTES / GuestMemory.PAGE_BYTES; page++) {
                memory.write32(PAGE_TABLE + 4 * page, page * GuestMemory.PAGE_BYTES | PRESENT_WRITABLE);
            }
        });
    }

    private static String failure64() {
        CpuState flat = CpuState.flat(CODE, 0x08, 0x10, new CpuState.Table(0, 0));
        CpuState start = flat.with(flat.segments().withCode(new CpuState.Segment(0x08, 0, -1, 0xA09B00)))
                .with(new CpuState.Control(
                        0x80000011L, 0, LONG_TABLES[0], 1 << 5, CpuState.Control.EFER_LME | CpuState.Control.EFER_LMA));
        try {
            String why = failure(CpuModel.AMD64, LONG, start, memory -> {
                memory.write64(LONG_TABLES[0], LONG_TABLES[1] | PRESENT_WRITABLE);
                memory.write64(LONG_TABLES[1], LONG_TABLES[2] | PRESENT_WRITABLE);
                // All RAM once at 0 and once at 4 MB, by pages of 2 MB.
                memory.write64(LONG_TABLES[2], LARGE_PAGE | PRESENT_WRITABLE);
                memory.write64(LONG_TABLES[2] + 2 * Long.BYTES, LARGE_PAGE | PRESENT_WRITABLE);
            });
            return why.isEmpty() ? "" : "a 64-bit guest ended in: " + why;
        } catch (HostMistake e) {
            return e.getMessage();
        }
    }

    private static String failure(CpuModel cpu, byte[] code, CpuState start, Consumer<GuestMemory> tables) {
        AtomicLong told = new AtomicLong();
        try (GuestMemory memory = GuestMemory.allocate(RAM_BYTES)) {
            memory.write(CODE, code);
            tables.accept(memory);
            memory.write32(DATA, MAGIC);
            Board board = board(cpu, memory, told);
            try (Vm vm = new KvmHypervisor().create(board)) {
                Vcpu vcpu = vm.vcpu();
                vcpu.restore(start);
                board.clock().alarm(vcpu::kick).at(LIMIT_NANOS);
                return verdict(vcpu.run(), (int) told.get());
            }
        }
    }

    private static String verdict(VcpuExit exit, int told) {
        return switch (exit.kind()) {
            case STOPPED -> told == MAGIC ? "" : "the wrong number from memory, %#x".formatted(told);
            case KICKED -> "nothing within two seconds";
            default -> exit.kind() + ": " + exit.detail().lines().findFirst().orElse("");
        };
    }

    private static Board board(CpuModel cpu, GuestMemory memory, AtomicLong told) {
        GuestEvents events = (source, message) -> {};
        IoBus ports = new IoBus("port", events);
        ports.map(new AddressRange(PORT, 4), "probe", new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return -1;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                told.set(value);
            }
        });
        InterruptController none = new InterruptController() {
            @Override
            public boolean pending() {
                return false;
            }

            @Override
            public int acknowledge() {
                throw new IllegalStateException("no interrupt is pending");
            }
        };
        return new Board(
                cpu, memory, ports, new IoBus("memory", events), none, new VmClock(), new Hypercalls(events), events);
    }

    private static byte[] bytes(int... values) {
        StringBuilder text = new StringBuilder();
        for (int value : values) {
            text.append((char) value);
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
