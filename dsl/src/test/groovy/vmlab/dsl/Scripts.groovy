// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import vmlab.lab.FakeGuest
import vmlab.lab.Lab
import vmlab.lab.Labs
import vmlab.vmm.Machine.Pace

/** Runs scripts against fake guests, and keeps what they print. */
class Scripts implements AutoCloseable {
    final FakeGuest guest = new FakeGuest()
    final Lab lab
    final StringWriter printed = new StringWriter()
    final ScriptRunner runner

    Scripts(Pace pace = Pace.VIRTUAL) {
        lab = Labs.of(guest, pace)
        runner = new ScriptRunner(lab, new PrintWriter(printed, true))
    }

    Object run(String text) {
        runner.run('lab.groovy', text.stripIndent(), [])
    }

    /** What the author of the script is told. */
    String mistake(String text) {
        failure { run(text) }.message
    }

    static UserMistake failure(Closure<?> work) {
        try {
            work()
        } catch (UserMistake e) {
            return e
        }
        throw new AssertionError((Object) 'nothing went wrong')
    }

    @Override
    void close() {
        lab.close()
        guest.close()
    }
}
