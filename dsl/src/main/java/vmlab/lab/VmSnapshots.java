// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Machine;
import vmlab.vmm.MachineSnapshot;
import vmlab.vmm.MachineState;

/**
 * A VM's snapshots by name, and how they are taken and gone back to. They stay over power-ons, and end with the lab.
 *
 * <p>Threads: the VM's user's. Errors: {@link LabMistake}; of files {@link HostMistake}.
 */
final class VmSnapshots implements AutoCloseable {
    private final LabVm vm;
    private final Map<String, VmSnapshot> named = new LinkedHashMap<>();

    VmSnapshots(LabVm vm) {
        this.vm = vm;
    }

    synchronized Map<String, VmSnapshot> named() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(named));
    }

    /** Takes one, in place of one of its name. */
    VmSnapshot take(String name) {
        VmSnapshot taken = take(name, vm.poweredOn());
        keep(name, taken);
        return taken;
    }

    /** Remembers it, and closes it some day. */
    synchronized void keep(String name, VmSnapshot taken) {
        VmSnapshot earlier = named.put(name, taken);
        if (earlier != null) {
            earlier.close();
        }
    }

    /** Takes one for the caller, who closes it. */
    VmSnapshot take(String name, PowerCycle cycle) {
        refuse(cycle);
        return vm.interruptibly("its snapshot", () -> cycle.ask(() -> present(name, cycle)));
    }

    /** The same in a task of the machine's. */
    VmSnapshot present(String name, PowerCycle cycle) {
        CycleState.OfVm known = vm.known();
        try {
            MachineSnapshot machine = cycle.machine().snapshot();
            return new VmSnapshot(name, vm.name(), machine, cycle.state(known));
        } catch (HostMistake e) {
            throw new LabMistake(vm.name() + " can't be kept: " + e.getMessage(), e.remedy());
        }
    }

    private void refuse(PowerCycle cycle) {
        if (cycle.handlerRun().isCaller()) {
            throw new LabMistake(
                    "a handler can't do that to " + vm.name() + ", whose CPU is in the middle of its call",
                    "do it outside of the handler, behind " + vm.name() + ".waitForHypercall(…)");
        }
        if (cycle.isDebugged()) {
            throw new LabMistake(vm.name() + " is in gdb's hands", "leave gdb first (detach, quit)");
        }
        if (vm.spec().numVcpus() > 1) {
            throw new LabMistake(
                    vm.name() + " has " + vm.spec().numVcpus() + " CPUs, and what their local APICs hold can't be kept",
                    "snapshots need num_vcpus = 1");
        }
        cycle.end().ifPresent(end -> {
            throw new LabMistake(vm.name() + " is off: it " + Spoken.end(end), vm.name() + ".start() begins anew");
        });
    }

    /** Goes back to, or on from, the one of that name. */
    void restore(String name) {
        restore(named(name));
    }

    SnapshotDiff diff(String first, String second) {
        return SnapshotDiff.of(named(first), named(second), vm.symbols());
    }

    private VmSnapshot named(String name) {
        VmSnapshot wanted;
        synchronized (this) {
            wanted = named.get(name);
        }
        if (wanted == null) {
            throw new LabMistake(
                    vm.name() + " has no snapshot '" + name + "'",
                    named().isEmpty()
                            ? vm.name() + ".snapshot('" + name + "') takes one"
                            : "it has " + String.join(", ", named().keySet()));
        }
        return wanted;
    }

    void restore(VmSnapshot snapshot) {
        vm.lab().travel().during(vm, () -> goTo(snapshot));
    }

    private void goTo(VmSnapshot snapshot) {
        PowerCycle cycle = ready();
        if (cycle.isPostponed()) {
            fit(snapshot, SnapshotStore.Parts.of(cycle.machineToBe().state()), cycle.machineToBe());
            cycle.startFrom(snapshot.machine(), snapshot.state());
        } else {
            Optional<LabMistake> refused =
                    vm.interruptibly("its snapshot", () -> cycle.ask(() -> restored(cycle, snapshot)));
            refused.ifPresent(mistake -> {
                throw mistake;
            });
            cycle.retimed();
        }
        vm.knows(snapshot.state().vm());
    }

    private Optional<LabMistake> restored(PowerCycle cycle, VmSnapshot snapshot) {
        Machine machine = cycle.machine();
        try {
            fit(snapshot, SnapshotStore.Parts.of(machine.state()), machine);
            machine.restore(snapshot.machine());
        } catch (LabMistake e) {
            return Optional.of(e);
        } catch (HostMistake e) {
            return Optional.of(new LabMistake(vm.name() + " can't go there: " + e.getMessage(), e.remedy()));
        }
        cycle.restore(snapshot.state());
        return Optional.empty();
    }

    private void fit(VmSnapshot snapshot, SnapshotStore.Parts parts, Machine machine) {
        MachineState state = snapshot.machine().state();
        long ram = snapshot.machine().memory().sizeBytes();
        boolean fits = ram == machine.memory().sizeBytes()
                && state.devices().keySet().equals(parts.types().keySet())
                && (state.cpus().get(0).beyond32Bits().isEmpty()
                        || !machine.hypervisor().name().equals("soft"));
        if (!fits) {
            throw new LabMistake(
                    "the snapshot '%s' is of a VM with other equipment: %d MB RAM, %s"
                            .formatted(
                                    snapshot.name(), ram >> 20, state.devices().keySet()),
                    vm.name()
                            + " has %d MB and %s"
                                    .formatted(
                                            machine.memory().sizeBytes() >> 20,
                                            parts.types().keySet()));
        }
    }

    /** Goes on from the snapshot in a file: this VM's, or of another name if it is the only one in it. */
    void restore(Path file) {
        SnapshotStore store = SnapshotStore.open(file);
        List<String> vms = store.vms();
        String wanted = vms.contains(vm.name()) || vms.size() != 1 ? vm.name() : vms.get(0);
        if (!vms.contains(wanted)) {
            throw new LabMistake(file + " has no " + wanted, "it has " + String.join(", ", vms));
        }
        try (VmSnapshot read = store.read(wanted, parts(ready()))) {
            restore(read);
        }
    }

    /** The VM's time of being on, which begins with what is restored if it is off. */
    private PowerCycle ready() {
        PowerCycle cycle = vm.onOrPostponed();
        refuse(cycle);
        return cycle;
    }

    SnapshotStore.Parts parts(PowerCycle cycle) {
        if (cycle.isPostponed()) {
            return SnapshotStore.Parts.of(cycle.machineToBe().state());
        }
        return vm.interruptibly(
                "its parts",
                () -> cycle.ask(() -> SnapshotStore.Parts.of(cycle.machine().state())));
    }

    @Override
    public synchronized void close() {
        named.values().forEach(VmSnapshot::close);
        named.clear();
    }
}
