// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * One CPU of a virtual machine. All methods but {@link #kick()} belong to one thread; {@link #state()} and
 * {@link #restore} also to a thread that knows that nothing runs.
 */
public interface Vcpu {
    /** Runs the guest until there is a reason to come back. Port and memory-mapped I/O is done inside. */
    VcpuExit run();

    /**
     * One instruction, or instead of it the delivery of an interrupt or exception that comes before it. Answers {@code STEPPED};
     * or why nothing could be done, {@code HALTED} for example; or {@code KICKED}, if a kick came before anything was done.
     */
    VcpuExit step();

    /**
     * Makes {@link #run()} return soon with {@code KICKED}; from its own thread (a device's write, say) after the
     * instruction being executed. A kick that comes while nothing runs ends the next run at once. Any thread may call it.
     */
    void kick();

    /**
     * Sets where {@link #run()} ends with {@code BREAKPOINT}, in place of what was set before. A run that begins at the
     * instruction the last one ended before executes it, and takes no interrupt before it.
     *
     * @throws IllegalArgumentException if this CPU can't watch so much; nothing has changed then
     */
    void debug(DebugPoints points);

    /**
     * The guest won't be run for a while: stops what of it goes on by the host's time even so. The next run lets that go on.
     * Does nothing where guest time passes within {@link #run()} only.
     */
    default void hold() {}

    /** The architectural state. */
    CpuState state();

    /**
     * Takes over a state.
     *
     * @throws IllegalArgumentException if this CPU can't have it: one of 64-bit mode, say, on a 32-bit CPU
     */
    void restore(CpuState state);
}
