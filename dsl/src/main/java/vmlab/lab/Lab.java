// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import vmlab.dsl.model.Assembly;
import vmlab.vmm.Machine.Pace;

/** The live VMs of a script or a prompt. Threads: any. */
public final class Lab implements AutoCloseable {
    /** A lab of PCs. */
    public Lab(LabSettings settings) {}

    public LabSettings settings() {
        throw new UnsupportedOperationException();
    }

    /** Which back end is used and, if it was chosen for the user, why: one line. */
    public String backendNote() {
        throw new UnsupportedOperationException();
    }

    /**
     * Adds an assembly's VMs.
     *
     * @return the new VMs, not started
     * @throws AssemblyRefused if the assembly has problems or a VM of that name is there
     */
    public List<LabVm> apply(Assembly assembly) {
        throw new UnsupportedOperationException();
    }

    /** All VMs in the order they came. */
    public List<LabVm> vms() {
        throw new UnsupportedOperationException();
    }

    public Optional<LabVm> vm(String name) {
        throw new UnsupportedOperationException();
    }

    /** Has every VM that is added from now on announced, on the thread that adds it. */
    public void onVm(Consumer<LabVm> listener) {
        throw new UnsupportedOperationException();
    }

    public Pace pace() {
        throw new UnsupportedOperationException();
    }

    /** Changes the pace of all machines. In real time, VMs that were started run freely from now on. */
    public void pace(Pace pace) {
        throw new UnsupportedOperationException();
    }

    /** Ends all VMs. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
