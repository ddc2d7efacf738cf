// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jline.terminal.Terminal;
import vmlab.shell.docs.TerminalMarkdown;

/**
 * Where a learner reads and types: what commands begin with there, and how wide the text is.
 *
 * @param tutorial what stands before an action, with the blank: {@code ./vmlab tutorial }
 * @param edit what stands before a file to be edited
 */
record Classroom(String tutorial, String edit, int width, boolean coloured) {
    /** Lines that are longer are hard to read. */
    private static final int WIDEST = 100;

    private static final int NARROWEST = 20;
    private static final int USUAL = 80;

    /** How the launcher was called. */
    private static final String CALLED = "vmlab.called";

    /** What a lesson's text says, whatever the command is called here. */
    private static final String IN_TEXT = "./vmlab ";

    Classroom {
        Objects.requireNonNull(tutorial);
        Objects.requireNonNull(edit);
        width = width <= 0 ? USUAL : Math.max(NARROWEST, Math.min(width, WIDEST));
    }

    static Classroom ofCommandLine(Surroundings surroundings) {
        return new Classroom(
                called() + "tutorial ", called() + "tutorial edit ", width(surroundings), surroundings.coloursOut());
    }

    /** @param width of the terminal; 0 if there is none */
    static Classroom ofPrompt(Surroundings surroundings, int width) {
        return new Classroom("/tutorial ", "/edit ", width, surroundings.coloursOut());
    }

    private static String called() {
        return System.getProperty(CALLED, "vmlab") + " ";
    }

    private static int width(Surroundings surroundings) {
        if (!surroundings.terminalOut() || surroundings.isPlain()) {
            return 0;
        }
        try (Terminal terminal = Terminals.system(surroundings)) {
            return terminal.getWidth();
        } catch (IOException e) {
            return 0;
        }
    }

    /** What starts vmlab. */
    String launcher() {
        return called().strip();
    }

    /** A command as it is typed here. */
    String typed(String action) {
        return tutorial + action;
    }

    /**
     * A lesson's Markdown, with its commands as they are typed here.
     *
     * @param name of the lesson, which in its text is its folder as well
     */
    String shown(String markdown, String name, Path folder) {
        String said = markdown.replace(IN_TEXT + "tutorial ", tutorial)
                .replace(IN_TEXT + "-i " + name + "/", called() + "-i " + seenFromHere(folder) + "/")
                .replace("`./vmlab`", "`" + launcher() + "`");
        return TerminalMarkdown.shown(said, width, coloured);
    }

    /** As short as it can be typed. */
    static Path seenFromHere(Path folder) {
        Path here = Path.of("").toAbsolutePath();
        return folder.startsWith(here) && !folder.equals(here) ? here.relativize(folder) : folder;
    }
}
