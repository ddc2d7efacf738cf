// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;

/** Takes calls from those who use a procedure to who provides it. Threads: any. */
final class CallCarrier implements LabConnection.Carrier {
    private final String name;
    private final List<LabProcedure> users;
    private final LabProcedure provider;
    private final BiFunction<LabProcedure, String, Long> witness;
    private final AtomicLong carried = new AtomicLong();
    private volatile boolean plugged;
    private volatile long lastNanos = -1;

    /**
     * Of a connection that isn't plugged in.
     *
     * @param witness is told who calls and what is called, and says what time it is
     */
    CallCarrier(
            String name,
            List<LabProcedure> users,
            LabProcedure provider,
            BiFunction<LabProcedure, String, Long> witness) {
        this.name = name;
        this.users = List.copyOf(users);
        this.provider = provider;
        this.witness = witness;
        users.forEach(user -> user.connect(this));
    }

    String name() {
        return name;
    }

    Object call(LabProcedure user, String method, List<Object> arguments) {
        if (!plugged) {
            throw new LabMistake(user.path() + " is unplugged", name + ".plug() plugs it in");
        }
        lastNanos = witness.apply(user, provider.path() + "." + method);
        carried.incrementAndGet();
        return provider.serve(method, arguments);
    }

    @Override
    public void plug() {
        plugged = true;
    }

    @Override
    public void unplug() {
        plugged = false;
    }

    @Override
    public long carried() {
        return carried.get();
    }

    @Override
    public long lastNanos() {
        return lastNanos;
    }

    @Override
    public String detail() {
        return "";
    }

    @Override
    public void close() {
        users.forEach(user -> user.connect(null));
    }
}
