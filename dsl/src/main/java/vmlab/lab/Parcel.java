// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.ByteArrayOutputStream;
import java.util.Objects;

/**
 * A file on its way between host and guest. The machine's thread moves it; others look at it when the guest has said that it
 * is done.
 */
final class Parcel {
    /** A bar that is drawn oftener would slow the guest. */
    private static final int REPORTED_OCTETS = 1 << 14;

    /** No file: what a guest writes without being asked goes nowhere. */
    static final Parcel NONE = new Parcel(new byte[0], Progress.silent().begin("nothing", 0), 0);

    private final int most;
    private final byte[] toGuest;
    private final ByteArrayOutputStream toHost = new ByteArrayOutputStream();
    private final Progress.Task task;
    private int taken;

    private Parcel(byte[] toGuest, Progress.Task task, int most) {
        this.most = most;
        this.toGuest = Objects.requireNonNull(toGuest);
        this.task = Objects.requireNonNull(task);
    }

    static Parcel toGuest(byte[] content, Progress.Task task) {
        return new Parcel(content, task, 0);
    }

    /** Of so many octets: what comes behind them is lost. */
    static Parcel toHost(int octets, Progress.Task task) {
        return new Parcel(new byte[0], task, octets);
    }

    /** The same from its beginning, for nobody to look at. */
    Parcel again() {
        return new Parcel(toGuest, Progress.silent().begin("the same", 0), most);
    }

    /** The next octet for the guest; -1 behind the last. */
    int next() {
        if (taken == toGuest.length) {
            return -1;
        }
        int octet = toGuest[taken++] & 0xFF;
        report(taken);
        return octet;
    }

    /** The guest gives an octet. */
    void given(int octet) {
        if (toHost.size() < most) {
            toHost.write(octet);
            report(toHost.size());
        }
    }

    private void report(int octets) {
        if (octets % REPORTED_OCTETS == 0 || octets == toGuest.length || octets == most) {
            task.done(octets);
        }
    }

    /** What the guest gave. */
    byte[] given() {
        return toHost.toByteArray();
    }
}
