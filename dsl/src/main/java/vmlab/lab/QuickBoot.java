// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Machine.Pace;

/**
 * Has a VM begin where its guest's boot has come to an end before, by the lab's {@link BootCache}, and keeps what isn't known yet.
 *
 * <p>At virtual pace nobody can tell the difference but by the host's clock: a boot is the same to the nanosecond each time. So the
 * boot is put off until somebody needs the guest, and only {@link #login} goes on from where that login has led before; who does
 * anything else first sees the guest boot. In real time a start leads to the login prompt, with the console's text.
 *
 * <p>Kept is the boot of a guest that nobody touched meanwhile, that made no hypercall and stood alone: its handlers and the other VMs would not
 * have had their part.
 */
final class QuickBoot {
    private static final Logger LOG = LoggerFactory.getLogger(QuickBoot.class);
    private static final String COLD = "coldBoot";
    private static final String BOOTED = "booted";
    private static final String PROMPT = "at the login prompt";

    /** What a login types: the user's name and the password. */
    private static final int LOGIN_LINES = 2;

    private final LabVm vm;

    /** What the present guest's boot depends on; empty if it isn't to be kept or gone on from. */
    private Optional<String> guest = Optional.empty();

    QuickBoot(LabVm vm) {
        this.vm = vm;
    }

    /** Whether the options of a start say so. */
    static boolean isCold(Map<String, ?> options) {
        for (String option : options.keySet()) {
            if (!option.equals(COLD) || !(options.get(option) instanceof Boolean)) {
                throw new LabMistake(
                        "start knows no " + option + ": " + options.get(option), COLD + ": true has the guest boot");
            }
        }
        return Boolean.TRUE.equals(options.get(COLD));
    }

    private BootCache cache() {
        return vm.lab().settings().boots();
    }

    /** Starts a machine: its guest boots now, later, or has booted. */
    void begin(PowerCycle fresh, boolean cold) {
        boolean alone = vm.standsAlone();
        vm.lab().vms().stream().filter(other -> other != vm).forEach(LabVm::beginNow);
        guest = cold || !alone || !cache().isUsed()
                ? Optional.empty()
                : vm.lab().machines().identity(vm.spec());
        boolean realTime = vm.lab().pace() == Pace.REAL_TIME;
        if (guest.isPresent() && realTime) {
            beginInRealTime(fresh);
            return;
        }
        if (guest.isEmpty() || !cache().knows(guest.get())) {
            fresh.load();
        }
        vm.begins(fresh);
    }

    private void beginInRealTime(PowerCycle fresh) {
        Optional<VmSnapshot> prompt = read(fresh, PROMPT);
        if (prompt.isEmpty()) {
            fresh.load();
            String booting = guest.get();
            PromptWatch.over(vm.console(), () -> atPrompt(fresh, booting));
            vm.begins(fresh);
            return;
        }
        vm.begins(fresh);
        resume(fresh, prompt.get());
    }

    /** Logs in, or goes on from where this login has led before. */
    void login(PowerCycle now, ShellDialogue shell, String user, String password) {
        boolean fromTheStart = guest.isPresent() && now.isUntouched() && now.pace() == Pace.VIRTUAL && vm.standsAlone();
        String moment = "logged in as " + user + ":" + password;
        if (fromTheStart && now.isPostponed()) {
            Optional<VmSnapshot> known = read(now, moment);
            if (known.isPresent()) {
                resume(now, known.get());
                return;
            }
        }
        shell.login(user, password);
        if (fromTheStart
                && now.disturbances() <= LOGIN_LINES
                && now.hypercalls().counts().isEmpty()) {
            cache().keep(guest.get(), moment, vm.snapshotsOf().take(BOOTED, now));
        }
    }

    private Optional<VmSnapshot> read(PowerCycle cycle, String moment) {
        Optional<SnapshotStore> store = cache().find(guest.orElseThrow(), moment);
        if (store.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(store.get().read(vm.name(), vm.snapshotsOf().parts(cycle)));
        } catch (HostMistake e) {
            cache().drop(store.get().path(), e);
            return Optional.empty();
        }
    }

    private void resume(PowerCycle cycle, VmSnapshot known) {
        try (known) {
            cycle.startFrom(known.machine(), known.state());
            vm.knows(known.state().vm());
            cycle.replayConsole();
        }
    }

    /** What somebody does from now on, as an answer to the prompt, comes behind the task. */
    private void atPrompt(PowerCycle cycle, String booted) {
        if (cycle.disturbances() == 0) {
            cycle.post(() -> keepPrompt(cycle, booted));
        }
    }

    private void keepPrompt(PowerCycle cycle, String booted) {
        if (!cycle.hypercalls().counts().isEmpty()) {
            return;
        }
        try {
            // Its user may have read the console meanwhile.
            VmSnapshot prompt = vm.snapshotsOf().present(BOOTED, cycle).unread();
            cache().keep(booted, PROMPT, prompt);
        } catch (LabMistake e) {
            LOG.info("the boot of {} isn't kept: {}", vm.name(), e.getMessage());
        }
    }
}
