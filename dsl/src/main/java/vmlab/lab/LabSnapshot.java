// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * All VMs of a lab that were on, at some moment, and what the connections between them held. Components that are no VMs aren't
 * part of it: their runs go on as they are.
 *
 * <p>Threads: any.
 */
public final class LabSnapshot implements AutoCloseable {
    private final String name;
    private final List<VmSnapshot> vms;
    private final WiringState wiring;

    LabSnapshot(String name, List<VmSnapshot> vms, WiringState wiring) {
        this.name = Objects.requireNonNull(name);
        this.vms = List.copyOf(vms);
        this.wiring = Objects.requireNonNull(wiring);
    }

    public String name() {
        return name;
    }

    /** Those of its VMs, in their order. */
    public List<VmSnapshot> vms() {
        return vms;
    }

    /** The VM's, if it was on. */
    public Optional<VmSnapshot> vm(String vm) {
        return vms.stream().filter(one -> one.vm().equals(vm)).findFirst();
    }

    WiringState wiring() {
        return wiring;
    }

    /** Keeps it in a file, which {@link Lab#restore(Path)} takes; memory is compressed. */
    public Path save(Path file) {
        return SnapshotStore.write(file, name, vms, Optional.of(wiring), true);
    }

    /** {@link #save(Path)} for a path as text. */
    public Path save(String file) {
        return save(Path.of(file));
    }

    /** {@link #save(Path)} for a file. */
    public Path save(File file) {
        return save(file.toPath());
    }

    @Override
    public void close() {
        vms.forEach(VmSnapshot::close);
    }

    @Override
    public String toString() {
        return "snapshot '%s': ".formatted(name)
                + vms.stream()
                        .map(vm -> vm.vm() + " after " + Spoken.duration(vm.time()))
                        .collect(Collectors.joining(", "));
    }
}
