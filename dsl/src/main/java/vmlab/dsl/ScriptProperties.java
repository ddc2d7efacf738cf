// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.Console;
import vmlab.lab.ConsoleMatch;
import vmlab.lab.GuestCall;
import vmlab.lab.GuestView;
import vmlab.lab.Lab;
import vmlab.lab.LabCpu;
import vmlab.lab.LabSnapshot;
import vmlab.lab.LabVm;
import vmlab.lab.ShellResult;
import vmlab.lab.SnapshotDiff;
import vmlab.lab.VmHypercalls;
import vmlab.lab.VmSnapshot;
import vmlab.lab.VmSymbols;
import vmlab.vmm.CpuState;
import vmlab.vmm.HypercallRegisters;
import vmlab.vmm.MachineEnd;

/**
 * A Groovy extension: what Java says as {@code vm.console()} is {@code vm.console} in scripts. Java's names stay without
 * {@code get} that way.
 */
public final class ScriptProperties {
    private ScriptProperties() {}

    public static List<LabVm> getVms(Lab self) {
        return self.vms();
    }

    public static String getName(LabVm self) {
        return self.name();
    }

    public static VmSpec getSpec(LabVm self) {
        return self.spec();
    }

    public static VmHypercalls getHypercalls(LabVm self) {
        return self.hypercalls();
    }

    public static boolean isStrict(VmHypercalls self) {
        return self.strict();
    }

    public static void setStrict(VmHypercalls self, boolean strict) {
        self.strict(strict);
    }

    public static VmHypercalls.Entry getAt(VmHypercalls self, Number token) {
        return self.at(token);
    }

    public static LabVm.State getState(LabVm self) {
        return self.state();
    }

    public static Console getConsole(LabVm self) {
        return self.console();
    }

    /** How it ended; null, as Groovy says "nothing", as long as it hasn't. */
    public static MachineEnd getEnd(LabVm self) {
        return orNothing(self.end());
    }

    public static Duration getTime(LabVm self) {
        return self.time();
    }

    public static String getBackend(LabVm self) {
        return self.backend();
    }

    public static CpuState getRegisters(LabVm self) {
        return self.registers();
    }

    public static CpuState getRegisters(LabCpu self) {
        return self.registers();
    }

    public static List<LabVm.GuestEvent> getEvents(LabVm self) {
        return self.events();
    }

    public static LabVm getVm(GuestCall self) {
        return self.vm();
    }

    public static HypercallRegisters getRegisters(GuestCall self) {
        return self.registers();
    }

    public static int getEax(GuestCall self) {
        return self.eax();
    }

    public static int getEbx(GuestCall self) {
        return self.ebx();
    }

    public static int getEcx(GuestCall self) {
        return self.ecx();
    }

    public static int getEdx(GuestCall self) {
        return self.edx();
    }

    public static int getEsi(GuestCall self) {
        return self.esi();
    }

    public static long getRax(GuestCall self) {
        return self.rax();
    }

    public static long getRbx(GuestCall self) {
        return self.rbx();
    }

    public static long getRcx(GuestCall self) {
        return self.rcx();
    }

    public static long getRdx(GuestCall self) {
        return self.rdx();
    }

    public static long getRsi(GuestCall self) {
        return self.rsi();
    }

    public static int getVcpu(GuestCall self) {
        return self.vcpu();
    }

    public static Duration getTime(GuestCall self) {
        return self.time();
    }

    public static void setResult(GuestCall self, Number value) {
        self.result(value);
    }

    public static GuestView getMemory(LabVm self) {
        return self.memory();
    }

    public static GuestView getVirtual(LabVm self) {
        return self.virtual();
    }

    public static VmSymbols getSymbols(LabVm self) {
        return self.symbols();
    }

    public static GuestView getMemory(GuestCall self) {
        return self.memory();
    }

    public static GuestView getVirtual(GuestCall self) {
        return self.virtual();
    }

    public static long getAt(VmSymbols self, String name) {
        return self.address(name);
    }

    public static Map<String, VmSnapshot> getSnapshots(LabVm self) {
        return self.snapshots();
    }

    public static Map<String, LabSnapshot> getSnapshots(Lab self) {
        return self.snapshots();
    }

    public static Duration getTime(VmSnapshot self) {
        return self.time();
    }

    public static String getRegisters(SnapshotDiff self) {
        return self.registers();
    }

    public static List<String> getDevices(SnapshotDiff self) {
        return self.devices();
    }

    public static List<SnapshotDiff.Piece> getMemory(SnapshotDiff self) {
        return self.memory();
    }

    public static String getPrinted(SnapshotDiff self) {
        return self.printed();
    }

    public static List<Long> getAddresses(GuestView.Places self) {
        return self.addresses();
    }

    public static long getAt(GuestView.Places self, int index) {
        return self.addresses().get(index);
    }

    public static String getText(Console self) {
        return self.text();
    }

    public static List<String> getLines(Console self) {
        return self.lines();
    }

    public static String getOut(ShellResult self) {
        return self.out();
    }

    public static int getStatus(ShellResult self) {
        return self.status();
    }

    public static boolean isOk(ShellResult self) {
        return self.ok();
    }

    public static String getText(ConsoleMatch self) {
        return self.text();
    }

    public static String getBefore(ConsoleMatch self) {
        return self.before();
    }

    public static List<String> getGroups(ConsoleMatch self) {
        return self.groups();
    }

    private static <T> T orNothing(Optional<T> value) {
        return value.orElse(null);
    }
}
