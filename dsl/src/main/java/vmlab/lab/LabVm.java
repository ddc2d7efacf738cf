// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.CpuState;
import vmlab.vmm.MachineEnd;

/** A VM of a lab, as a script or a person at the prompt handles it. Threads: any, one wait at a time. */
public final class LabVm {
    /** Limit of waits that aren't given one. */
    public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(60);

    /** Limit for a guest's way from power-on to its login. */
    public static final Duration LOGIN_LIMIT = Duration.ofMinutes(5);

    /** Where a VM is in its life. */
    public enum State {
        /** Not started. */
        CREATED,
        /** Started. At virtual pace its guest moves on only while somebody waits for it. */
        RUNNING,
        /** Paused by {@link #pause()}. */
        HELD,
        /** Over; {@link #start()} begins anew. */
        ENDED
    }

    /** Something odd the machine saw its guest do. */
    public record GuestEvent(String source, String message) {}

    LabVm() {}

    public String name() {
        throw new UnsupportedOperationException();
    }

    public VmSpec spec() {
        throw new UnsupportedOperationException();
    }

    public State state() {
        throw new UnsupportedOperationException();
    }

    /** Its first serial line. */
    public Console console() {
        throw new UnsupportedOperationException();
    }

    /** Powers it on; does nothing if it is on. One that has ended begins anew, with an empty console. */
    public LabVm start() {
        throw new UnsupportedOperationException();
    }

    /** Takes its power; does nothing if it is off. */
    public LabVm stop() {
        throw new UnsupportedOperationException();
    }

    /** Holds it until {@link #resume()}, also through waits. */
    public LabVm pause() {
        throw new UnsupportedOperationException();
    }

    public LabVm resume() {
        throw new UnsupportedOperationException();
    }

    /** Lets it run for so much time (guest time at virtual pace, else host time). */
    public LabVm run(Duration time) {
        throw new UnsupportedOperationException();
    }

    /** Waits until it ends of itself. */
    public MachineEnd awaitEnd(Duration limit) {
        throw new UnsupportedOperationException();
    }

    /** Logs in as root with the password root; starts the VM if nobody has. */
    public LabVm login() {
        throw new UnsupportedOperationException();
    }

    /** Waits for {@code login:} and logs in, up to the shell's prompt. */
    public LabVm login(String user, String password) {
        throw new UnsupportedOperationException();
    }

    /** Has the logged-in shell do a command, and waits for its end. */
    public ShellResult sh(String command) {
        throw new UnsupportedOperationException();
    }

    public ShellResult sh(String command, Duration limit) {
        throw new UnsupportedOperationException();
    }

    /** How it ended; empty as long as it hasn't. */
    public Optional<MachineEnd> end() {
        throw new UnsupportedOperationException();
    }

    /** Guest time since power-on. */
    public Duration time() {
        throw new UnsupportedOperationException();
    }

    /** The CPU's registers, between two instructions. */
    public CpuState registers() {
        throw new UnsupportedOperationException();
    }

    /** What its guest did oddly, oldest first; the newest thousand are kept. */
    public List<GuestEvent> events() {
        throw new UnsupportedOperationException();
    }

    /** Several lines for people: what it is, how it is, what it can do. */
    @Override
    public String toString() {
        return "";
    }
}
