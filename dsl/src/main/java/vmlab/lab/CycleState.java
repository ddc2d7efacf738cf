// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import vmlab.vmm.Hypercalls;

/**
 * What a lab knows of a running VM, besides its machine.
 *
 * @param consumed up to where the console has been read by {@code expect}
 * @param calls hypercalls since power-on
 */
record CycleState(
        ConsoleLog.State console,
        KernelMessages.State kernel,
        TypedInput.State typed,
        long consumed,
        List<Hypercalls.Count> calls,
        OfVm vm) {
    /**
     * What isn't the machine's.
     *
     * @param seenCalls how many hypercalls, by token, waits have seen
     * @param events what the guest did oddly
     */
    record OfVm(ShellDialogue.State shell, Map<Integer, Long> seenCalls, List<LabVm.GuestEvent> events) {
        OfVm {
            Objects.requireNonNull(shell);
            seenCalls = Map.copyOf(seenCalls);
            events = List.copyOf(events);
        }
    }

    CycleState {
        Objects.requireNonNull(console);
        Objects.requireNonNull(kernel);
        Objects.requireNonNull(typed);
        Objects.requireNonNull(vm);
        calls = List.copyOf(calls);
    }

    /** The same, of a VM whose console nobody has read, and whose login nobody has seen. */
    CycleState unread() {
        OfVm fresh = new OfVm(new ShellDialogue.State(false, 0), Map.of(), vm.events);
        return new CycleState(console, kernel, typed, 0, calls, fresh);
    }
}
