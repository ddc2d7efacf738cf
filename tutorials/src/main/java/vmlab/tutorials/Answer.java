// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import vmlab.dsl.ScriptRunner;
import vmlab.vmm.HostMistake;

/**
 * What a learner could give for a step, right or wrong: files for their folder, what they type at the prompt, or both.
 *
 * @param files a folder; what is typed stands beside it in a Groovy script of its name. One of them may be missing
 */
public record Answer(Path files) {
    public Answer {
        Objects.requireNonNull(files);
    }

    /** The script of what is typed; it needn't be there. */
    public Path typed() {
        return files.resolveSibling(files.getFileName() + ".groovy");
    }

    boolean isThere() {
        return Files.isDirectory(files) || isTyped();
    }

    /** Whether something is typed. */
    public boolean isTyped() {
        return Files.isRegularFile(typed());
    }

    /**
     * Lays the files over the learner's folder, and types the rest.
     *
     * @param prompt where it is typed
     */
    void give(Path folder, Optional<ScriptRunner> prompt) {
        FileTree.lay(files, folder);
        if (isTyped()) {
            prompt.orElseThrow(Answer::noPrompt).rehearse(typed());
        }
    }

    static HostMistake noPrompt() {
        return new HostMistake(
                "this step is done at vmlab's prompt", "start vmlab, and there /tutorial check, /tutorial hint …");
    }
}
