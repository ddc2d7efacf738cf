// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

/** Has something done once, on a thread of its own, when a console shows a login prompt. */
final class PromptWatch implements Console.Listener {
    private static final String PROMPT = "login: ";

    private final Console console;
    private final Runnable task;
    private int matched;

    private PromptWatch(Console console, Runnable task) {
        this.console = console;
        this.task = task;
    }

    static void over(Console console, Runnable task) {
        console.listen(new PromptWatch(console, task));
    }

    @Override
    public void printed(byte[] octets) {
        for (byte octet : octets) {
            matched = octet == PROMPT.charAt(matched) ? matched + 1 : octet == PROMPT.charAt(0) ? 1 : 0;
            if (matched == PROMPT.length()) {
                console.listeners().remove(this);
                begin();
                return;
            }
        }
    }

    /** Not here: this is the guest's thread, in the middle of an instruction. */
    private void begin() {
        Thread thread = new Thread(task, "boot-prompt");
        thread.setDaemon(true);
        thread.start();
    }
}
