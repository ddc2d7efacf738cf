// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Set;
import org.junit.jupiter.api.Test;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;

final class GroovyStartTest {
    private final PrintWriter nowhere = new PrintWriter(Writer.nullWriter());

    @Test
    void whatIsNamedBeforeGroovyIsThereIsWhatEverySessionBeginsWith() {
        try (Lab lab = EchoGuest.lab()) {
            GroovyStart start = GroovyStart.begin(lab, nowhere);
            Set<String> early = start.names();

            assertSame(lab, start.runner().lab());
            assertEquals(ScriptRunner.FIRST_NAMES, early);
            assertEquals(ScriptRunner.FIRST_NAMES, start.names());
        }
    }

    @Test
    void aStartThatFailsIsToldAtTheFirstInput() {
        try (Lab lab = EchoGuest.lab()) {
            GroovyStart start = GroovyStart.begin(lab, null);

            assertThrows(NullPointerException.class, start::runner);
        }
    }
}
