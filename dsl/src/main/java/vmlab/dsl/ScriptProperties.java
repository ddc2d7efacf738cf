// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.Console;
import vmlab.lab.ConsoleMatch;
import vmlab.lab.Lab;
import vmlab.lab.LabCpu;
import vmlab.lab.LabVm;
import vmlab.lab.ShellResult;
import vmlab.vmm.CpuState;
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

    public static CpuState getRegisters(LabVm self) {
        return self.registers();
    }

    public static CpuState getRegisters(LabCpu self) {
        return self.registers();
    }

    public static List<LabVm.GuestEvent> getEvents(LabVm self) {
        return self.events();
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
