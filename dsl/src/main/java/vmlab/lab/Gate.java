// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.function.BooleanSupplier;

/**
 * Where threads wait for something of a component: an event, a lock. A component that waits isn't at work; who wakes it
 * counts it as at work again before anybody can find everything quiet.
 *
 * <p>Threads: any.
 */
final class Gate {
    private final Activity activity;

    /** How often it was opened; guarded by this object, as is the other. */
    private long openings;

    private int parkedComponents;

    Gate(Activity activity) {
        this.activity = activity;
    }

    /** Waits until something could be taken. */
    synchronized void await(BooleanSupplier take) throws InterruptedException {
        while (!take.getAsBoolean()) {
            park();
        }
    }

    private void park() throws InterruptedException {
        boolean component = activity.isCounted();
        long before = openings;
        if (component) {
            parkedComponents++;
            activity.end();
        }
        try {
            while (openings == before) {
                wait();
            }
        } catch (InterruptedException e) {
            if (component && openings == before) {
                parkedComponents--;
                activity.begin();
            }
            throw e;
        }
    }

    /** Has all who wait look again. */
    synchronized void open() {
        openings++;
        for (; parkedComponents > 0; parkedComponents--) {
            activity.begin();
        }
        notifyAll();
    }
}
