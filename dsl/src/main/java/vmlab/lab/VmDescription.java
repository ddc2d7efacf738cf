// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import vmlab.dsl.model.VmSpec;

/** What people read of a VM: what it is, how it is, what it can do. Threads: any. */
final class VmDescription {
    private final LabVm vm;

    VmDescription(LabVm vm) {
        this.vm = vm;
    }

    String lines() {
        return String.join(
                "\n",
                vm.name() + " (" + vm.spec().component() + "): " + condition(),
                "  " + equipment(),
                "  " + vm.console() + "; " + vm.events().size() + " guest events",
                "  can: start() stop() pause() resume() snapshot('a') restore('a') moveTo('kvm') login() sh('…') run(2.seconds) awaitEnd()",
                "       hypercall(4) { call -> … }  waitForHypercall(4)  step() disassemble() where() ps()",
                "       put('file', '/path') get('/path') install('hello') insmod('poke')",
                "       gdb(1234) symbolFile() cpu(0)",
                "  has: console hypercalls memory virtual symbols state end time backend registers events spec");
    }

    String line() {
        return vm.name() + ": " + condition() + "; " + equipment()
                + " (start stop pause resume snapshot restore moveTo login sh run awaitEnd hypercall waitForHypercall put get install insmod; console hypercalls state end time backend registers events describe)";
    }

    String condition() {
        String time = Spoken.duration(vm.time()) + " of guest time";
        return switch (vm.state()) {
            case CREATED -> "not started";
            case RUNNING -> (isInGdb() ? "stopped in gdb after " : "running, ") + time;
            case HELD -> "paused after " + time;
            case ENDED -> Spoken.end(vm.end().orElseThrow()) + " after " + time;
        };
    }

    private boolean isInGdb() {
        return vm.lastCycle().map(PowerCycle::isStoppedByDebugger).orElse(false);
    }

    private String equipment() {
        VmSpec spec = vm.spec();
        String cpus = spec.numVcpus() == 1 ? "" : spec.numVcpus() + " CPUs, ";
        return cpus + spec.guestRamMb() + " MB RAM, kernel " + spec.kernelImage()
                + spec.initrdImage().map(image -> ", initrd " + image).orElse("");
    }
}
