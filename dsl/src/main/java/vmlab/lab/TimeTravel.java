// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import vmlab.vmm.Machine.Pace;

/**
 * Going back in a lab whose only VM that is on has a {@link History}.
 *
 * <p>Threads: the lab's user's. Errors: {@link LabMistake}.
 */
final class TimeTravel implements AutoCloseable {
    private static final Set<String> WORDS = Set.of("hypercall", "nth", "time");

    private final Lab lab;
    private History history;
    private LabVm of;

    TimeTravel(Lab lab) {
        this.lab = lab;
    }

    /** From now on the VM's past is known. */
    synchronized void remember(Duration every) {
        LabVm vm = only();
        if (every.compareTo(Duration.ofMillis(1)) < 0) {
            throw new LabMistake(Spoken.duration(every) + " is too often", "lab.remember(1.second)");
        }
        if (lab.pace() != Pace.VIRTUAL) {
            throw new LabMistake("in real time nothing happens the same again", "lab.pace to virtual time first");
        }
        if (!vm.backend().equals("soft")) {
            throw new LabMistake(
                    vm.name() + " runs on " + vm.backend() + ", where nothing happens the same again",
                    "moveTo('soft') first, or start vmlab with --backend soft");
        }
        if (!vm.spec().interfaces().isEmpty() || vm.spec().crossvmConnections().isPresent()) {
            throw new LabMistake(
                    vm.name() + " is connected, and what others do to it isn't kept",
                    "describe it without connections");
        }
        close();
        history = new History(vm, every);
        of = vm;
    }

    private LabVm only() {
        List<LabVm> on = lab.vms().stream()
                .filter(vm -> vm.state() == LabVm.State.RUNNING || vm.state() == LabVm.State.HELD)
                .toList();
        if (on.size() != 1) {
            throw new LabMistake(
                    "time travel is for one VM that is on, and " + on.size() + " are", "start one, or stop the others");
        }
        return on.get(0);
    }

    /** Has a VM go to a snapshot. */
    synchronized void during(LabVm vm, Runnable restore) {
        if (of == vm) {
            history.during(restore);
        } else {
            restore.run();
        }
    }

    synchronized void back(Duration time) {
        History known = known();
        known.goTo(of.time().minus(time));
    }

    synchronized void goTo(Map<String, ?> where) {
        History known = known();
        boolean byCall = where.get("hypercall") instanceof Number;
        if (!WORDS.containsAll(where.keySet()) || byCall == where.containsKey("time")) {
            throw new LabMistake("goTo knows no " + where, "goTo(hypercall: 4, nth: 3) or goTo(time: 2.seconds)");
        }
        if (byCall) {
            Object nth = where.containsKey("nth") ? where.get("nth") : 1;
            known.goTo(VmHypercalls.token((Number) where.get("hypercall")), ((Number) nth).longValue());
        } else {
            known.goTo((Duration) where.get("time"));
        }
    }

    private History known() {
        if (history == null) {
            throw new LabMistake("the lab's past isn't known", "lab.remember() keeps it from then on");
        }
        return history;
    }

    @Override
    public synchronized void close() {
        if (history != null) {
            history.close();
            history = null;
            of = null;
        }
    }
}
