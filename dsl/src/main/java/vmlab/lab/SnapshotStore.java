// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import vmlab.vmm.CpuState;
import vmlab.vmm.HostMistake;
import vmlab.vmm.MachineSnapshot;
import vmlab.vmm.MachineState;
import vmlab.vmm.snapshot.SnapshotFile;
import vmlab.vmm.snapshot.SnapshotWriter;

/** Snapshots of VMs in a {@link SnapshotFile}. What devices keep is said by the machine that is to go on from it. */
final class SnapshotStore {
    private static final String ABOUT = "snapshot";
    private static final String WIRING = "connections";

    /** What the file is of. */
    private record About(String name, List<String> vms, boolean ofLab) {}

    /** A machine without its devices. */
    private record Bare(long nanos, List<CpuState> cpus, List<String> devices) {}

    /** Which record each device of a machine keeps, by the device's name. */
    record Parts(Map<String, Class<? extends Record>> types) {
        static Parts of(MachineState state) {
            Map<String, Class<? extends Record>> types = new LinkedHashMap<>();
            state.devices().forEach((device, record) -> types.put(device, record.getClass()));
            return new Parts(types);
        }
    }

    private final Path path;
    private final SnapshotFile file;
    private final About about;

    private SnapshotStore(Path path) {
        this.path = Objects.requireNonNull(path);
        file = SnapshotFile.open(path);
        about = file.record(ABOUT, About.class);
    }

    static SnapshotStore open(Path path) {
        return new SnapshotStore(path);
    }

    /**
     * Writes a file, in place of one of its name.
     *
     * @param packed compressed; else VMs go on from the file itself
     */
    static Path write(Path path, String name, List<VmSnapshot> vms, Optional<WiringState> wiring, boolean packed) {
        SnapshotWriter writer = new SnapshotWriter(Build.version());
        writer.record(ABOUT, new About(name, vms.stream().map(VmSnapshot::vm).toList(), wiring.isPresent()));
        wiring.ifPresent(state -> writer.record(WIRING, state));
        for (VmSnapshot vm : vms) {
            MachineState machine = vm.machine().state();
            List<String> devices = new ArrayList<>(machine.devices().keySet());
            writer.record(vm.vm(), new Bare(machine.nanos(), machine.cpus(), devices));
            machine.devices().forEach((device, record) -> writer.record(vm.vm() + "/" + device, record));
            writer.record(vm.vm() + " in its lab", vm.state());
            writer.memory(vm.vm() + "'s memory", vm.machine().memory());
        }
        writer.write(path, packed);
        return path;
    }

    /** The names of the VMs in it. */
    List<String> vms() {
        return about.vms;
    }

    /** What the connections of the lab held; empty if it is a VM's. */
    Optional<WiringState> wiring() {
        return about.ofLab ? Optional.of(file.record(WIRING, WiringState.class)) : Optional.empty();
    }

    /** A VM, for a machine of such parts; closed by the caller. */
    VmSnapshot read(String vm, Parts parts) {
        Bare bare = file.record(vm, Bare.class);
        if (!parts.types.keySet().equals(java.util.Set.copyOf(bare.devices))) {
            throw new HostMistake(
                    "%s is of a machine with other parts: %s; this one has %s"
                            .formatted(path, bare.devices, parts.types.keySet()),
                    "describe the VM as it was, or take the snapshot anew");
        }
        Map<String, Record> devices = new LinkedHashMap<>();
        bare.devices.forEach(device -> devices.put(device, file.record(vm + "/" + device, parts.types.get(device))));
        CycleState state = file.record(vm + " in its lab", CycleState.class);
        MachineState machine = new MachineState(bare.nanos, bare.cpus, devices);
        return new VmSnapshot(about.name, vm, new MachineSnapshot(machine, file.memory(vm + "'s memory")), state);
    }

    Path path() {
        return path;
    }
}
