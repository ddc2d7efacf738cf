// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.MachineSnapshot;

/**
 * A VM at some moment: its machine, its memory, what its console has printed, whether a shell is logged in. Any number of VMs of
 * the same equipment can go on from it. Dataports and events belong to the lab: {@link LabSnapshot}.
 *
 * <p>Its memory isn't copied: VMs share it until they write. Threads: any.
 */
public final class VmSnapshot implements AutoCloseable {
    private final String name;
    private final String vm;
    private final MachineSnapshot machine;
    private final CycleState state;

    VmSnapshot(String name, String vm, MachineSnapshot machine, CycleState state) {
        this.name = Objects.requireNonNull(name);
        this.vm = Objects.requireNonNull(vm);
        this.machine = Objects.requireNonNull(machine);
        this.state = Objects.requireNonNull(state);
    }

    public String name() {
        return name;
    }

    /** The name of the VM it was taken of. */
    public String vm() {
        return vm;
    }

    MachineSnapshot machine() {
        return machine;
    }

    CycleState state() {
        return state;
    }

    /** Guest time since power-on. */
    public Duration time() {
        return Duration.ofNanos(machine.state().nanos());
    }

    /** How much of its memory isn't zeros, at most. */
    public long heldBytes() {
        return (long) machine.memory().held().cardinality() * GuestMemory.PAGE_BYTES;
    }

    /** The same, in place of this, of a VM whose console nobody has read. */
    VmSnapshot unread() {
        return new VmSnapshot(name, vm, machine, state.unread());
    }

    /** Keeps it in a file, which {@link LabVm#restore(Path)} takes; its memory is compressed. */
    public Path save(Path file) {
        return SnapshotStore.write(file, name, List.of(this), Optional.empty(), true);
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
        machine.close();
    }

    @Override
    public String toString() {
        return "snapshot '%s' of %s after %s of guest time, %d MB"
                .formatted(name, vm, Spoken.duration(time()), heldBytes() >> 20);
    }
}
