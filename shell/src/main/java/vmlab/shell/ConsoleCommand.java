// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

/** One command of the prompt, typed as {@code /name} or {@code :name}. */
interface ConsoleCommand {
    /** What its argument is, for usage, checks and Tab. */
    enum Argument {
        NONE(""),
        VM(" VM"),
        FILE(" FILE"),
        /** A word of the language, or none. */
        WORD(" [WORD]"),
        /** What to do, and perhaps with what; or nothing. */
        ACTION(" [ACTION]");

        private final String usage;

        Argument(String usage) {
            this.usage = usage;
        }

        /** Whether the command can be typed with it, or without if it is empty. */
        boolean allows(String argument) {
            return this == WORD || this == ACTION || (this == NONE) == argument.isEmpty();
        }
    }

    String name();

    Argument argument();

    /** One line for the help. */
    String summary();

    /**
     * Does it.
     *
     * @param argument trimmed; empty if none was typed
     * @return what is shown; empty for nothing
     */
    String run(Session session, String argument);

    /** Whether the terminal is somebody else's while it goes on. */
    default boolean isAttached() {
        return name().equals("console") || name().equals("edit");
    }

    default String usage() {
        return "/" + name() + argument().usage;
    }
}
