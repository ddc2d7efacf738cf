// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;

/**
 * What a debugger handles: a machine that it stops and lets go on. CPUs count from 0. All but {@link #stop()} and
 * {@link #detach()} come while it is stopped.
 */
public interface DebugTarget {
    /** Why the target has stopped. */
    enum Reason {
        /** The debugger asked for it, or attached. */
        INTERRUPTED,
        STEPPED,
        BREAKPOINT,
        /** The machine's end, as an exit status in {@link Stop#status()}. */
        EXITED,
        /** The machine's end, by a failure of the guest or the host. */
        CRASHED
    }

    /**
     * A stop.
     *
     * @param hit of {@code BREAKPOINT}: which
     */
    record Stop(Reason reason, int cpu, Optional<DebugPoints.Hit> hit, int status) {
        public Stop {
            Objects.requireNonNull(reason);
            Objects.requireNonNull(hit);
        }

        /** Whether nothing can follow. */
        public boolean isEnd() {
            return reason == Reason.EXITED || reason == Reason.CRASHED;
        }
    }

    /** Stops it. Every later stop is told to the listener, on any thread. */
    Stop attach(Consumer<Stop> listener) throws InterruptedException;

    /** Forgets the debugger, its points included: the guest goes on if nobody else holds it. */
    void detach() throws InterruptedException;

    int cpus();

    /** Whether its CPUs are described to the debugger as of 64 bits. */
    boolean isWide() throws InterruptedException;

    CpuState state(int cpu) throws InterruptedException;

    void state(int cpu, CpuState changed) throws InterruptedException;

    /** What of these bytes can be read, from the first on, as the CPU's page tables map them. */
    byte[] read(int cpu, long linear, int bytes) throws InterruptedException;

    /** Writes all of the bytes; does nothing and answers false where some aren't RAM. */
    boolean write(int cpu, long linear, byte[] bytes) throws InterruptedException;

    /** @throws IllegalArgumentException if that is more than the CPUs can do; nothing has changed then */
    void points(DebugPoints points) throws InterruptedException;

    void resume() throws InterruptedException;

    /** One instruction of one CPU, with interrupts held back; the listener is told when it is done. */
    void step(int cpu) throws InterruptedException;

    /** Stops it soon; the listener is told, unless something else has stopped it meanwhile. */
    void stop() throws InterruptedException;

    /** Text for people in answer to {@code monitor COMMAND}. */
    String monitor(String command) throws InterruptedException;
}
