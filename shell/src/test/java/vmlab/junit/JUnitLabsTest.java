// SPDX-License-Identifier: Apache-2.0
package vmlab.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A lab in a field, and one in a parameter. */
final class JUnitLabsTest {

    @Lab(seed = 7)
    private TestLab lab;

    @Test
    void aScriptMakesWhatTheTestLooksAt() {
        lab.run("lab { component('Teller') { run { println 'hello' } }; composition { component Teller, 'teller' } }");
        lab.run("eventually(5.seconds) { assert lab.component('teller').get().lines() == ['hello'] }");
        assertEquals("Teller", lab.component("teller").type());
        assertEquals(7L, lab.run("seed"));
    }

    @Test
    void eachFieldAndParameterHasItsOwn(@Lab TestLab other) {
        assertNotSame(lab.lab(), other.lab());
        assertTrue(lab.lab().components().isEmpty());
    }

    /** Run by a launcher of its own below. */
    static final class Failing {
        @Lab
        private TestLab lab;

        @Test
        void fails() {
            lab.run("cleanup { println 'cleaned' }; assert 1 == 2");
        }
    }

    @Test
    void aFailureIsTheScriptsOwn() {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(Failing.class))
                                .build(),
                        listener);
        Throwable failure = listener.getSummary().getFailures().get(0).getException();
        assertTrue(failure.getMessage().contains("test:1:32: the assertion failed"), failure.getMessage());
    }
}
