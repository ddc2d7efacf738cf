// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.vmm.AddressRange;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.kvm.ExitHandler.Verdict;
import vmlab.vmm.kvm.KvmApi.Exit;
import vmlab.vmm.kvm.KvmApi.Run;

/** Exits made by hand, without KVM (Linux, Documentation/virt/kvm/api.rst, section 5). */
final class ExitHandlerTest {
    private static final int DATA = 0x1000;

    private final NativeStruct page = new NativeStruct(0x2000);
    private final List<String> log = new ArrayList<>();
    private final ExitHandler handler = new ExitHandler(
            new RunPage(page.address()),
            bus("port", 0x20, 8),
            bus("memory", 0xF0000000L, 0x100),
            new ModelSpecificRegisters((source, message) -> log.add(source + ": " + message)));

    @AfterEach
    void free() {
        page.close();
    }

    private IoBus bus(String name, long base, long size) {
        IoBus bus = new IoBus(name, (source, message) -> log.add(message));
        bus.map(new AddressRange(base, size), "device", new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                log.add("read %s %d %x".formatted(name, bytes, offset));
                return 0x8877665544332211L;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                log.add("write %s %d %x %x".formatted(name, bytes, offset, value));
            }
        });
        return bus;
    }

    static Stream<Arguments> exits() {
        return Stream.of(
                row("OUT of a byte", p -> io(p, true, 1, 0x21, 1, 0xAB), Verdict.ACCESS_DONE, "write port 1 1 ab"),
                row("OUT of a word", p -> io(p, true, 2, 0x20, 1, 0xFFFE), Verdict.ACCESS_DONE, "write port 2 0 fffe"),
                row(
                        "OUT of a doubleword with the top bit set",
                        p -> io(p, true, 4, 0x20, 1, 0x80000001L),
                        Verdict.ACCESS_DONE,
                        "write port 4 0 80000001"),
                row(
                        "REP OUTSB of three",
                        p -> io(p, true, 1, 0x20, 3, 0x030201),
                        Verdict.ACCESS_DONE,
                        "write port 1 0 1",
                        "write port 1 0 2",
                        "write port 1 0 3"),
                row(
                        "REP OUTSW of two",
                        p -> io(p, true, 2, 0x20, 2, 0x44332211),
                        Verdict.ACCESS_DONE,
                        "write port 2 0 2211",
                        "write port 2 0 4433"),
                row(
                        "IN from nobody",
                        p -> io(p, false, 2, 0x300, 1, 0),
                        Verdict.ACCESS_DONE,
                        "read from unclaimed address 0x300"),
                row("the doorbell", p -> io(p, true, 1, Hypercalls.DOORBELL_PORT, 1, 7), Verdict.DOORBELL),
                row(
                        "a write of four bytes to memory",
                        p -> mmio(p, true, 0xF0000010L, 4, 0x80706050L),
                        Verdict.ACCESS_DONE,
                        "write memory 4 10 80706050"),
                row(
                        "a write of eight bytes to memory",
                        p -> mmio(p, true, 0xF0000018L, 8, 0x8877665544332211L),
                        Verdict.ACCESS_DONE,
                        "write memory 8 18 8877665544332211"),
                row(
                        "three bytes before a page's end",
                        p -> mmio(p, true, 0xF000001DL, 3, 0x332211),
                        Verdict.ACCESS_DONE,
                        "write memory 2 1d 2211",
                        "write memory 1 1f 33"),
                row("HLT", p -> reason(p, Exit.KVM_EXIT_HLT), Verdict.HALTED),
                row("an interrupt window", p -> reason(p, Exit.KVM_EXIT_IRQ_WINDOW_OPEN), Verdict.LOOK),
                row("a signal", p -> reason(p, Exit.KVM_EXIT_INTR), Verdict.LOOK),
                row("a triple fault", p -> reason(p, Exit.KVM_EXIT_SHUTDOWN), Verdict.SHUTDOWN),
                row("a hypercall", p -> reason(p, Exit.KVM_EXIT_XEN).put32(Run.XEN_TYPE, 1), Verdict.XEN_HYPERCALL),
                row("something else of Xen", p -> reason(p, Exit.KVM_EXIT_XEN).put32(Run.XEN_TYPE, 9), Verdict.FAILED),
                row("a refused entry", p -> reason(p, Exit.KVM_EXIT_FAIL_ENTRY), Verdict.FAILED),
                row("an unknown reason", p -> reason(p, Exit.KVM_EXIT_UNKNOWN), Verdict.FAILED),
                row("a reason of later kernels", p -> reason(p, 12345), Verdict.FAILED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("exits")
    void anExitIsDoneAndJudged(String what, Consumer<NativeStruct> exit, Verdict verdict, List<String> accesses) {
        exit.accept(page);

        assertEquals(verdict, handler.handle());
        assertEquals(accesses, log);
    }

    @Test
    void whatWasReadStandsInThePageForEveryElement() {
        io(page, false, 4, 0x20, 2, 0);

        handler.handle();

        assertEquals(0x4433221144332211L, page.get64(DATA));
        assertEquals(List.of("read port 4 0", "read port 4 0"), log);
    }

    @Test
    void aReadOfThreeBytesTouchesNoFourth() {
        mmio(page, false, 0xF0000001L, 3, 0xEEEEEEEEEEEEEEEEL);

        handler.handle();

        assertEquals(0xEEEEEEEEEE112211L, page.get64(Run.MMIO_DATA));
    }

    @Test
    void openMemoryReadsOnes() {
        mmio(page, false, 0xE0000000L, 2, 0);

        handler.handle();

        assertEquals(0xFFFF, page.get64(Run.MMIO_DATA));
    }

    @Test
    void theVendorsRegisterKeepsWhatWasWritten() {
        msr(Exit.KVM_EXIT_X86_WRMSR, ModelSpecificRegisters.FCR, 0x9A12345678L);
        assertEquals(0, page.get8(Run.MSR_ERROR));
        msr(Exit.KVM_EXIT_X86_RDMSR, ModelSpecificRegisters.FCR, 0);

        assertEquals(0x9A12345678L, page.get64(Run.MSR_DATA));
        assertEquals(0, page.get8(Run.MSR_ERROR));
    }

    @Test
    void anUnknownRegisterFaultsAndIsReportedOnceInEachDirection() {
        msr(Exit.KVM_EXIT_X86_RDMSR, 0x12345, 0);
        msr(Exit.KVM_EXIT_X86_RDMSR, 0x12345, 0);
        msr(Exit.KVM_EXIT_X86_WRMSR, 0x12345, 1);

        assertEquals(1, page.get8(Run.MSR_ERROR));
        assertEquals(List.of("cpu: RDMSR of unknown register 0x12345", "cpu: WRMSR of unknown register 0x12345"), log);
    }

    @Test
    void thereAreNoMachineCheckBanksAndTheirNumberCantBeWritten() {
        msr(Exit.KVM_EXIT_X86_RDMSR, ModelSpecificRegisters.MCG_CAP, -1);
        assertEquals(0, page.get64(Run.MSR_DATA));
        assertEquals(0, page.get8(Run.MSR_ERROR));
        msr(Exit.KVM_EXIT_X86_WRMSR, ModelSpecificRegisters.MCG_CAP, 0);

        assertEquals(1, page.get8(Run.MSR_ERROR));
    }

    @Test
    void aFailedEmulationNamesTheInstruction() {
        reason(page, Exit.KVM_EXIT_INTERNAL_ERROR)
                .put32(Run.INTERNAL_SUBERROR, 1)
                .put32(Run.INTERNAL_NDATA, 3)
                .put64(Run.EMULATION_FAILURE_FLAGS, 1)
                .put8(Run.EMULATION_FAILURE_INSN_SIZE, 2)
                .put8(Run.EMULATION_FAILURE_INSN_BYTES, 0xD9)
                .put8(Run.EMULATION_FAILURE_INSN_BYTES + 1, 0xEB);

        assertEquals(Verdict.FAILED, handler.handle());
        assertEquals("KVM can't emulate the instruction d9 eb", handler.failure());
    }

    @Test
    void anotherInternalErrorShowsItsData() {
        reason(page, Exit.KVM_EXIT_INTERNAL_ERROR)
                .put32(Run.INTERNAL_SUBERROR, 3)
                .put32(Run.INTERNAL_NDATA, 2)
                .put64(Run.INTERNAL_DATA, 0x80000B0E)
                .put64(Run.INTERNAL_DATA + 8, 0x31);

        assertEquals("KVM internal error 3: 0xffffffff80000b0e 0x31", handler.failure());
    }

    @Test
    void aRefusedEntryShowsTheCpusReason() {
        reason(page, Exit.KVM_EXIT_FAIL_ENTRY).put64(Run.HARDWARE_ENTRY_FAILURE_REASON, 0x80000021L);

        assertEquals("the host's CPU refuses the guest's state: reason 0x80000021", handler.failure());
    }

    private void msr(int reason, int index, long data) {
        reason(page, reason).put32(Run.MSR_INDEX, index).put64(Run.MSR_DATA, data);
        assertEquals(Verdict.ACCESS_DONE, handler.handle());
    }

    private static Arguments row(String what, Consumer<NativeStruct> exit, Verdict verdict, String... accesses) {
        return Arguments.of(what, exit, verdict, List.of(accesses));
    }

    private static NativeStruct reason(NativeStruct page, int reason) {
        return page.put32(Run.EXIT_REASON, reason);
    }

    private static void io(NativeStruct page, boolean out, int size, int port, int count, long data) {
        reason(page, Exit.KVM_EXIT_IO)
                .put8(Run.IO_DIRECTION, out ? 1 : 0)
                .put8(Run.IO_SIZE, size)
                .put16(Run.IO_PORT, port)
                .put32(Run.IO_COUNT, count)
                .put64(Run.IO_DATA_OFFSET, DATA)
                .put64(DATA, data);
    }

    private static void mmio(NativeStruct page, boolean write, long address, int bytes, long data) {
        reason(page, Exit.KVM_EXIT_MMIO)
                .put64(Run.MMIO_PHYS_ADDR, address)
                .put64(Run.MMIO_DATA, data)
                .put32(Run.MMIO_LEN, bytes)
                .put8(Run.MMIO_IS_WRITE, write ? 1 : 0);
    }
}
