// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

/** What the process ends with. The table of the README; scripts rely on it. */
public enum ExitCode {
    OK(0, "all went well"),
    SCENARIO_FAILED(1, "an assertion failed, or the guest ended before what was waited for"),
    USAGE(2, "wrong usage, a mistake in a script, or something missing on this machine"),
    BACKEND_UNAVAILABLE(3, "the back end that was asked for can't be used here"),
    ALL_SKIPPED(4, "every scenario was skipped"),
    VMLAB_FAILED(70, "a bug of vmlab"),
    TIMED_OUT(124, "a wait took longer than its limit"),
    INTERRUPTED(130, "Ctrl-C"),
    GUEST_PANIC(255, "the guest's kernel panicked, or the guest crashed with a triple fault");

    private final int status;
    private final String meaning;

    ExitCode(int status, String meaning) {
        this.status = status;
        this.meaning = meaning;
    }

    public int status() {
        return status;
    }

    /** For the help text. */
    public String meaning() {
        return meaning;
    }
}
