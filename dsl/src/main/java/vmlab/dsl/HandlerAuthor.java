// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.dsl.model.SourceLocation;
import vmlab.lab.Author;

/** The author of a lab's scripts, who is told of handlers where the scripts print. */
final class HandlerAuthor implements Author {
    private static final Logger LOG = LoggerFactory.getLogger(HandlerAuthor.class);

    private final ScriptSources sources;
    private final MistakeReports reports;
    private final PrintWriter out;

    HandlerAuthor(ScriptSources sources, MistakeReports reports, PrintWriter out) {
        this.sources = sources;
        this.reports = reports;
        this.out = out;
    }

    @Override
    public String place() {
        return sources.here("")
                .map(location -> location.file() + ":" + location.line())
                .orElse("");
    }

    /** Where the author's code calls {@code word} now. */
    SourceLocation here(String word) {
        return sources.here(word).orElse(new SourceLocation("script", 0, 0));
    }

    @Override
    public void told(String line) {
        out.println(line);
    }

    @Override
    public void failed(String what, Throwable thrown) {
        reports.reported(thrown)
                .ifPresentOrElse(
                        mistake -> out.println(what + "\n" + mistake.getMessage()),
                        () -> LOG.error("{}", what, thrown));
    }
}
