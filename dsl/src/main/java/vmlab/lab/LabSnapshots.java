// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vmlab.vmm.Machine.Pace;

/**
 * A lab's snapshots by name, how they are taken and gone back to, and labs that go on from this one's present.
 *
 * <p>Threads: the lab's user's. Errors: {@link LabMistake}; of files {@link vmlab.vmm.HostMistake}.
 */
final class LabSnapshots implements AutoCloseable {
    private static final int MOST_FORKS = 1000;

    private final Lab lab;
    private final Map<String, LabSnapshot> named = new LinkedHashMap<>();
    private final List<Lab> forks = new ArrayList<>();

    LabSnapshots(Lab lab) {
        this.lab = lab;
    }

    synchronized Map<String, LabSnapshot> named() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(named));
    }

    private List<LabVm> on() {
        return lab.vms().stream()
                .filter(vm -> vm.state() == LabVm.State.RUNNING || vm.state() == LabVm.State.HELD)
                .toList();
    }

    /** Takes one, in place of one of its name. */
    LabSnapshot take(String name) {
        LabSnapshot taken = present(name);
        synchronized (this) {
            LabSnapshot earlier = named.put(name, taken);
            if (earlier != null) {
                earlier.close();
            }
        }
        return taken;
    }

    private LabSnapshot present(String name) {
        return standingStill(() -> {
            List<VmSnapshot> taken = new ArrayList<>();
            try {
                on().forEach(vm -> taken.add(vm.snapshotsOf().take(name, vm.poweredOn())));
                return new LabSnapshot(name, taken, lab.wiring().state());
            } catch (RuntimeException | Error e) {
                taken.forEach(VmSnapshot::close);
                throw e;
            }
        });
    }

    private interface Work<T> {
        T done();
    }

    /** In real time VMs have to be held, so that they are all kept at one moment. */
    private <T> T standingStill(Work<T> work) {
        List<LabVm> paused = lab.pace() == Pace.VIRTUAL
                ? List.of()
                : on().stream().filter(vm -> vm.state() == LabVm.State.RUNNING).toList();
        paused.forEach(LabVm::pause);
        try {
            return work.done();
        } finally {
            paused.stream().filter(vm -> vm.state() == LabVm.State.HELD).forEach(LabVm::resume);
        }
    }

    void restore(String name) {
        restore(named(name));
    }

    /** What differs in the VMs that both have. */
    List<SnapshotDiff> diff(LabSnapshot first, LabSnapshot second) {
        List<SnapshotDiff> diffs = new ArrayList<>();
        for (VmSnapshot one : first.vms()) {
            second.vm(one.vm())
                    .ifPresent(other -> diffs.add(SnapshotDiff.of(
                            one, other, lab.vm(one.vm()).orElseThrow().symbols())));
        }
        return diffs;
    }

    LabSnapshot named(String name) {
        LabSnapshot wanted;
        synchronized (this) {
            wanted = named.get(name);
        }
        if (wanted == null) {
            throw new LabMistake(
                    "the lab has no snapshot '" + name + "'",
                    named().isEmpty()
                            ? "lab.snapshot('" + name + "') takes one"
                            : "it has " + String.join(", ", named().keySet()));
        }
        return wanted;
    }

    /** VMs that weren't on are off then. */
    void restore(LabSnapshot snapshot) {
        for (VmSnapshot vm : snapshot.vms()) {
            if (lab.vm(vm.vm()).isEmpty()) {
                throw new LabMistake(
                        "the snapshot '" + snapshot.name() + "' has a " + vm.vm() + ", the lab hasn't",
                        "describe the VMs as they were, with lab { }");
            }
        }
        standingStill(() -> {
            on().stream().filter(vm -> snapshot.vm(vm.name()).isEmpty()).forEach(LabVm::stop);
            snapshot.vms().forEach(vm -> lab.vm(vm.vm()).orElseThrow().restore(vm));
            lab.wiring().restore(snapshot.wiring());
            return snapshot;
        });
    }

    void restore(Path file) {
        SnapshotStore store = SnapshotStore.open(file);
        Optional<WiringState> wiring = store.wiring();
        if (wiring.isEmpty()) {
            throw new LabMistake(file + " is a VM's, not a lab's", store.vms().get(0) + ".restore(…) goes on from it");
        }
        List<VmSnapshot> vms = new ArrayList<>();
        for (String name : store.vms()) {
            LabVm vm = lab.vm(name)
                    .orElseThrow(() -> new LabMistake(
                            file + " has a " + name + ", the lab hasn't",
                            "describe the VMs as they were, with lab { }"));
            vms.add(store.read(name, vm.snapshotsOf().parts(vm.onOrPostponed())));
        }
        try (LabSnapshot read = new LabSnapshot("", vms, wiring.get())) {
            restore(read);
        }
    }

    /** So many labs that go on from this one's present; they end with it. */
    List<Lab> fork(int count) {
        if (count < 1 || count > MOST_FORKS) {
            throw new LabMistake(count + " is no number of forks", "give 1 to " + MOST_FORKS);
        }
        refuseRuns();
        try (LabSnapshot present = present("fork")) {
            List<Lab> made = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                made.add(fork(present));
            }
            return List.copyOf(made);
        }
    }

    private void refuseRuns() {
        for (LabComponent component : lab.components()) {
            if (component.state() == LabComponent.State.RUNNING) {
                throw new LabMistake(
                        "the component " + component.name() + " runs, and where it is can't be copied",
                        "fork labs of VMs, or of components without a run");
            }
        }
    }

    private Lab fork(LabSnapshot present) {
        Lab fork = new Lab(lab.settings(), lab.machines());
        try {
            fork.pace(lab.pace());
            fork.author(lab.author());
            fork.apply(lab.assembly());
            lab.vms()
                    .forEach(vm -> fork.vm(vm.name()).orElseThrow().hypercalls().registerAll(vm.hypercalls()));
            fork.restore(present);
        } catch (RuntimeException | Error e) {
            fork.close();
            throw e;
        }
        synchronized (this) {
            forks.add(fork);
        }
        return fork;
    }

    @Override
    public void close() {
        List<Lab> open;
        synchronized (this) {
            named.values().forEach(LabSnapshot::close);
            named.clear();
            open = List.copyOf(forks);
            forks.clear();
        }
        open.forEach(Lab::close);
    }
}
