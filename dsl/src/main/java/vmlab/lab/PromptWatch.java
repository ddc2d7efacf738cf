// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

/**
 * Has something done once when a console shows a login prompt: on the guest's thread, in the middle of the instruction that
 * prints it.
 */
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
                task.run();
                return;
            }
        }
    }
}
