// SPDX-License-Identifier: Apache-2.0
package vmlab.junit;

/** What guests printed last, told beside the failure of a test. It has no trace of its own. */
final class GuestConsoles extends RuntimeException {
    private static final long serialVersionUID = 1;

    private GuestConsoles(String text) {
        super(text, null, false, false);
    }

    /** Adds them to a failure. */
    static void tell(TestLab lab, Throwable failure) {
        String text = lab.consoles();
        if (!text.isEmpty()) {
            failure.addSuppressed(new GuestConsoles(text));
        }
    }
}
