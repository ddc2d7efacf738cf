// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Who wants to be told of changes in dataports. Costs nothing while nobody does. Threads: any. */
final class Watches {
    private final CopyOnWriteArrayList<Watch> watches = new CopyOnWriteArrayList<>();
    private final BiConsumer<String, Throwable> failed;

    /**
     * Nobody's.
     *
     * @param failed is told what failed when a watcher throws
     */
    Watches(BiConsumer<String, Throwable> failed) {
        this.failed = Objects.requireNonNull(failed);
    }

    private final class Watch {
        private final LabDataport dataport;
        private final Consumer<LabDataport> watcher;

        /** Guarded by this object, as is the other. */
        private byte[] seen;

        private boolean telling;

        Watch(LabDataport dataport, Consumer<LabDataport> watcher) {
            this.dataport = dataport;
            this.watcher = Objects.requireNonNull(watcher);
            seen = dataport.bytes();
        }

        /** A watcher that has things happen isn't told of them while it is at it. */
        synchronized void look() {
            if (telling) {
                return;
            }
            byte[] now = dataport.bytes();
            if (Arrays.equals(seen, now)) {
                return;
            }
            seen = now;
            telling = true;
            try {
                watcher.accept(dataport);
            } catch (Throwable e) {
                // Whatever somebody's code throws, neither guest nor lab has done it; and it isn't called again.
                watches.remove(this);
                failed.accept("the watch of " + dataport.path() + " failed and has ended", e);
            } finally {
                telling = false;
            }
        }
    }

    Runnable add(LabDataport dataport, Consumer<LabDataport> watcher) {
        Watch watch = new Watch(dataport, watcher);
        watches.add(watch);
        return () -> watches.remove(watch);
    }

    /** Tells those whose dataports have changed. */
    void look() {
        watches.forEach(Watch::look);
    }
}
