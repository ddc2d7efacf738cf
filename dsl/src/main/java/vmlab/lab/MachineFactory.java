// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import vmlab.crossvm.ConnectionFunction;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;

/** Makes a machine ready to be started: wired, with a CPU, its kernel loaded. The seam tests put a small machine behind. */
@FunctionalInterface
public interface MachineFactory {
    /** The host's end of a UART. Called on the machine's thread. */
    interface Line {
        /**
         * The guest has sent an octet.
         *
         * @param polled sent with the UART's interrupts off, as a kernel prints its own messages; programs' output goes
         *     out by interrupts
         */
        void sent(int octet, boolean polled);

        /** The next octet for the guest; -1 if there is none now. */
        int next();

        /** The next octet of the file that is copied into the guest; -1 if there is none. */
        int nextOfFile();

        /** The guest gives an octet of a file that is copied out of it. */
        void ofFile(int octet);
    }

    /**
     * What was made.
     *
     * @param inputAvailable tells the UART that {@link Line#next()} has something; for the machine's thread
     * @param eventIrq the interrupt line of events that others emit for this machine
     * @param functions takes connections that are PCI functions, before the machine's start, and what does tasks for them on
     *     the machine's thread
     */
    record Made(
            Machine machine,
            Runnable inputAvailable,
            IrqLine eventIrq,
            BiFunction<Executor, List<ConnectionFunction.Ends>, List<ConnectionFunction>> functions) {}

    /** What these machines can't be, of a VM that is described soundly. */
    default List<Problem> problems(VmSpec spec) {
        return List.of();
    }

    /** Which back end such a machine gets and, if it was chosen for the user, why: one line; empty if there is none. */
    default String backendNote(VmSpec spec) {
        return "machines of its user's own making";
    }

    /** Makes the machine; the first UART talks to {@code console}. */
    Made make(VmSpec spec, Line console, GuestEvents events);

    /**
     * A machine whose kernel may be loaded later, or never, if it goes on from a snapshot.
     *
     * @param load loads the kernel, before the machine is started
     */
    record Prepared(Made made, Runnable load) {}

    /** {@link #make} in two steps; the second does nothing where the first does all. */
    default Prepared prepare(VmSpec spec, Line console, GuestEvents events) {
        return new Prepared(make(spec, console, events), () -> {});
    }

    /**
     * All that a guest's boot depends on, as text: two machines with the same one boot to the same state at virtual pace. Empty if
     * there are none such.
     */
    default Optional<String> identity(VmSpec spec) {
        return Optional.empty();
    }
}
