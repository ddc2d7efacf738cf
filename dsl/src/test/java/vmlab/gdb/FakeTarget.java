// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;

/** Two CPUs and 64 KB of memory from address 0x1000 on; it stops when the test says so. */
final class FakeTarget implements DebugTarget {
    static final int FROM = 0x1000;

    final byte[] memory = new byte[1 << 16];
    final CpuState[] states = {CpuState.reset(), CpuState.reset()};
    final BlockingQueue<String> calls = new ArrayBlockingQueue<>(1000);
    final List<DebugPoints> points = new ArrayList<>();
    private final boolean wide;
    volatile Consumer<Stop> listener = stop -> {};

    FakeTarget(boolean wide) {
        this.wide = wide;
    }

    @Override
    public Stop attach(Consumer<Stop> newListener) {
        listener = newListener;
        calls.add("attach");
        return stop(Reason.INTERRUPTED);
    }

    static Stop stop(Reason reason) {
        return new Stop(reason, 0, Optional.empty(), 0);
    }

    @Override
    public void detach() {
        calls.add("detach");
    }

    @Override
    public int cpus() {
        return states.length;
    }

    @Override
    public boolean isWide() {
        return wide;
    }

    @Override
    public CpuState state(int cpu) {
        return states[cpu];
    }

    @Override
    public void state(int cpu, CpuState changed) {
        states[cpu] = changed;
    }

    @Override
    public byte[] read(int cpu, long linear, int bytes) {
        if (linear < FROM || linear >= FROM + memory.length) {
            return new byte[0];
        }
        int at = (int) linear - FROM;
        return Arrays.copyOfRange(memory, at, Math.min(memory.length, at + bytes));
    }

    @Override
    public boolean write(int cpu, long linear, byte[] bytes) {
        if (read(cpu, linear, bytes.length).length < bytes.length) {
            return false;
        }
        System.arraycopy(bytes, 0, memory, (int) linear - FROM, bytes.length);
        return true;
    }

    @Override
    public void points(DebugPoints wanted) {
        if (wanted.data().size() > 4) {
            throw new IllegalArgumentException("only four");
        }
        points.add(wanted);
    }

    @Override
    public void resume() {
        calls.add("resume");
    }

    @Override
    public void step(int cpu) {
        calls.add("step " + cpu);
    }

    @Override
    public void stop() {
        calls.add("stop");
        listener.accept(stop(Reason.INTERRUPTED));
    }

    @Override
    public String monitor(String command) {
        return "you said " + command + "\n";
    }
}
