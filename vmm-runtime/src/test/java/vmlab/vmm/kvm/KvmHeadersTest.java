// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every number of {@link KvmApi} against the kernel's headers, by a C program that is compiled here. */
final class KvmHeadersTest {
    /** How a nested class's constants read in C: the structure whose offsets they are. */
    private static final Map<String, String> STRUCTURES = Map.ofEntries(
            Map.entry("Run", "struct kvm_run"),
            Map.entry("Regs", "struct kvm_regs"),
            Map.entry("Sregs", "struct kvm_sregs"),
            Map.entry("Segment", "struct kvm_segment"),
            Map.entry("Dtable", "struct kvm_dtable"),
            Map.entry("MemoryRegion", "struct kvm_userspace_memory_region"),
            Map.entry("Cpuid", "struct kvm_cpuid_entry2"),
            Map.entry("EnableCap", "struct kvm_enable_cap"),
            Map.entry("MsrFilter", "struct kvm_msr_filter"),
            Map.entry("SignalMask", "struct kvm_signal_mask"),
            Map.entry("VcpuEvents", "struct kvm_vcpu_events"),
            Map.entry("Debugregs", "struct kvm_debugregs"),
            Map.entry("Xsave", "struct kvm_xsave"),
            Map.entry("Translation", "struct kvm_translation"),
            Map.entry("GuestDebug", "struct kvm_guest_debug"),
            Map.entry("DeviceAttr", "struct kvm_device_attr"),
            Map.entry("CoalescedZone", "struct kvm_coalesced_mmio_zone"),
            Map.entry("CoalescedRing", "struct kvm_coalesced_mmio"),
            Map.entry("Ioeventfd", "struct kvm_ioeventfd"),
            Map.entry("Irqfd", "struct kvm_irqfd"),
            Map.entry("IrqLevel", "struct kvm_irq_level"),
            Map.entry("Irqchip", "struct kvm_irqchip"),
            Map.entry("PitConfig", "struct kvm_pit_config"),
            Map.entry("PitState", "struct kvm_pit_state2"),
            Map.entry("PitChannel", "struct kvm_pit_channel_state"),
            Map.entry("XenHvmConfig", "struct kvm_xen_hvm_config"));

    /** Members of members, and what is no offset in that structure. */
    private static final Map<String, String> IN_C = Map.ofEntries(
            Map.entry("Run.HARDWARE_EXIT_REASON", "offsetof(struct kvm_run, hw.hardware_exit_reason)"),
            Map.entry(
                    "Run.HARDWARE_ENTRY_FAILURE_REASON",
                    "offsetof(struct kvm_run, fail_entry.hardware_entry_failure_reason)"),
            Map.entry("CoalescedZone.BYTES", "offsetof(struct kvm_coalesced_mmio_zone, size)"),
            Map.entry("CoalescedRing.FIRST", "offsetof(struct kvm_coalesced_mmio_ring, first)"),
            Map.entry("CoalescedRing.LAST", "offsetof(struct kvm_coalesced_mmio_ring, last)"),
            Map.entry("CoalescedRing.ENTRIES", "offsetof(struct kvm_coalesced_mmio_ring, coalesced_mmio)"),
            Map.entry("CoalescedRing.ENTRY_SIZE", "sizeof(struct kvm_coalesced_mmio)"),
            Map.entry("Run.DEBUG_EXCEPTION", "offsetof(struct kvm_run, debug.arch.exception)"),
            Map.entry("Run.DEBUG_PC", "offsetof(struct kvm_run, debug.arch.pc)"),
            Map.entry("Run.DEBUG_DR6", "offsetof(struct kvm_run, debug.arch.dr6)"),
            Map.entry("GuestDebug.DEBUGREG", "offsetof(struct kvm_guest_debug, arch.debugreg)"),
            Map.entry("Run.REGS", "offsetof(struct kvm_run, s.regs.regs)"),
            Map.entry("Run.XEN_HCALL_INPUT", "offsetof(struct kvm_run, xen.u.hcall.input)"),
            Map.entry("Run.XEN_HCALL_RESULT", "offsetof(struct kvm_run, xen.u.hcall.result)"),
            Map.entry("MsrFilter.RANGE_FLAGS", "offsetof(struct kvm_msr_filter, ranges[0].flags)"),
            Map.entry("MsrFilter.RANGE_NMSRS", "offsetof(struct kvm_msr_filter, ranges[0].nmsrs)"),
            Map.entry("MsrFilter.RANGE_BASE", "offsetof(struct kvm_msr_filter, ranges[0].base)"),
            Map.entry("MsrFilter.RANGE_BITMAP", "offsetof(struct kvm_msr_filter, ranges[0].bitmap)"),
            Map.entry("Cpuid.NENT", "offsetof(struct kvm_cpuid2, nent)"),
            Map.entry("Cpuid.ENTRIES", "offsetof(struct kvm_cpuid2, entries)"),
            Map.entry("Cpuid.ENTRY_SIZE", "sizeof(struct kvm_cpuid_entry2)"),
            Map.entry("SignalMask.SIZE", "(sizeof(struct kvm_signal_mask) + 8)"),
            Map.entry("Msrs.NMSRS", "offsetof(struct kvm_msrs, nmsrs)"),
            Map.entry("Msrs.ENTRIES", "offsetof(struct kvm_msrs, entries)"),
            Map.entry("Msrs.ENTRY_SIZE", "sizeof(struct kvm_msr_entry)"),
            Map.entry("Msrs.INDEX", "offsetof(struct kvm_msr_entry, index)"),
            Map.entry("Msrs.DATA", "offsetof(struct kvm_msr_entry, data)"),
            Map.entry("VcpuEvents.EXCEPTION_INJECTED", "offsetof(struct kvm_vcpu_events, exception.injected)"),
            Map.entry("VcpuEvents.EXCEPTION_NR", "offsetof(struct kvm_vcpu_events, exception.nr)"),
            Map.entry(
                    "VcpuEvents.EXCEPTION_HAS_ERROR_CODE",
                    "offsetof(struct kvm_vcpu_events, exception.has_error_code)"),
            Map.entry("VcpuEvents.EXCEPTION_ERROR_CODE", "offsetof(struct kvm_vcpu_events, exception.error_code)"),
            Map.entry("VcpuEvents.INTERRUPT_INJECTED", "offsetof(struct kvm_vcpu_events, interrupt.injected)"),
            Map.entry("VcpuEvents.INTERRUPT_NR", "offsetof(struct kvm_vcpu_events, interrupt.nr)"),
            Map.entry("VcpuEvents.INTERRUPT_SHADOW", "offsetof(struct kvm_vcpu_events, interrupt.shadow)"),
            Map.entry("Timer.SIGEVENT_SIZE", "sizeof(struct sigevent)"),
            Map.entry("Timer.SIGEV_SIGNO", "offsetof(struct sigevent, sigev_signo)"),
            Map.entry("Timer.SIGEV_NOTIFY", "offsetof(struct sigevent, sigev_notify)"),
            Map.entry("Timer.SIGEV_THREAD_ID_FIELD", "offsetof(struct sigevent, _sigev_un)"),
            Map.entry("Timer.SIGEV_THREAD_ID", "SIGEV_THREAD_ID"),
            Map.entry("Timer.ITIMERSPEC_SIZE", "sizeof(struct itimerspec)"),
            Map.entry("Timer.IT_VALUE_SECONDS", "offsetof(struct itimerspec, it_value.tv_sec)"),
            Map.entry("Timer.IT_VALUE_NANOS", "offsetof(struct itimerspec, it_value.tv_nsec)"),
            Map.entry("Timer.SIGSET_SIZE", "sizeof(sigset_t)"));

    /** Members of one of these are written with a dot in C. */
    private static final String[] MEMBERS = {"io", "mmio", "internal", "emulation_failure", "msr", "xen"};

    @TempDir
    private Path folder;

    @Test
    void everyNumberIsTheKernels() throws Exception {
        Map<String, Long> ours = ours();
        StringBuilder program = new StringBuilder("""
                #define _GNU_SOURCE
                #include <signal.h>
                #include <stddef.h>
                #include <stdio.h>
                #include <time.h>
                #include <linux/kvm.h>
                int main(void) {
                """);
        ours.keySet()
                .forEach(name -> program.append(
                        "printf(\"%s=%%llu\\n\", (unsigned long long) (%s));%n".formatted(name, inC(name))));
        program.append("return 0; }\n");

        assertEquals(lines(ours), compiledAndRun(program.toString()));
    }

    private static String lines(Map<String, Long> numbers) {
        StringBuilder text = new StringBuilder();
        numbers.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.toString();
    }

    private static Map<String, Long> ours() throws IllegalAccessException {
        Map<String, Long> ours = new TreeMap<>();
        ours.put("KVM_API_VERSION", (long) KvmApi.API_VERSION);
        for (Class<?> group : KvmApi.class.getDeclaredClasses()) {
            for (Field field : group.getDeclaredFields()) {
                ours.put(group.getSimpleName() + "." + field.getName(), ((Number) field.get(null)).longValue());
            }
        }
        return ours;
    }

    private static String inC(String name) {
        int dot = name.indexOf('.');
        String group = name.substring(0, Math.max(0, dot));
        String member = name.substring(dot + 1);
        if (IN_C.containsKey(name)) {
            return IN_C.get(name);
        }
        String structure = STRUCTURES.get(group);
        if (structure == null) {
            return member;
        }
        return member.equals("SIZE")
                ? "sizeof(%s)".formatted(structure)
                : "offsetof(%s, %s)".formatted(structure, path(group, member.toLowerCase(Locale.ROOT)));
    }

    private static String path(String group, String member) {
        if (group.equals("Irqchip") && !member.equals("chip_id")) {
            return "chip.pic." + member;
        }
        for (String outer : MEMBERS) {
            if (group.equals("Run") && member.startsWith(outer + "_")) {
                return outer + "." + member.substring(outer.length() + 1);
            }
        }
        return member;
    }

    private String compiledAndRun(String program) throws IOException, InterruptedException {
        if (!Files.exists(Path.of("/usr/include/linux/kvm.h"))) {
            KvmHere.missing("kvm", "the kernel's headers aren't installed (linux-libc-dev)");
        }
        Path source = folder.resolve("kvm-api.c");
        Path binary = folder.resolve("kvm-api");
        Files.writeString(source, program);
        try {
            assertEquals("", output("gcc", "-o", binary.toString(), source.toString()));
        } catch (IOException e) {
            KvmHere.missing("kvm", "there is no gcc: " + e.getMessage());
            return abort();
        }
        return output(binary.toString());
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text;
    }
}
