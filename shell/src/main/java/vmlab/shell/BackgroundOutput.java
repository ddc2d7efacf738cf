// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import vmlab.lab.LabVm;

/**
 * Shows what guests print while the user is at the prompt: whole lines, made safe, each behind its VM's name.
 *
 * <p>Threads: guests' lines are queued on the machines' threads and printed on one of its own; a guest that prints faster
 * than the terminal takes loses lines here, never time. Its console keeps them.
 */
final class BackgroundOutput implements AutoCloseable {
    private static final int QUEUE_LINES = 2000;
    private static final int LONGEST_LINE = 4000;

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>(QUEUE_LINES);
    private final AtomicLong lost = new AtomicLong();
    private final Consumer<String> printer;
    private final Thread thread = new Thread(this::print, "guest-lines");

    /** Held while a line is printed, so that attaching waits for it. */
    private final Object gate = new Object();

    /** The VM whose console is attached; empty if none is. Written under the gate. */
    private volatile String attached = "";

    /** Prints through {@code printer}, which is called on one thread and may wait. */
    BackgroundOutput(Consumer<String> printer) {
        this.printer = Objects.requireNonNull(printer);
        thread.setDaemon(true);
        thread.start();
    }

    /** Shows this VM's lines from now on. */
    void follow(LabVm vm) {
        vm.console().listen(new Splitter(vm.name())::printed);
    }

    /** Cuts one guest's octets into lines. For its machine's thread. */
    final class Splitter {
        private final String vm;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Splitter(String vm) {
            this.vm = vm;
        }

        void printed(byte[] octets) {
            for (byte octet : octets) {
                if (octet == '\n' || line.size() >= LONGEST_LINE) {
                    end();
                }
                if (octet != '\n') {
                    line.write(octet);
                }
            }
        }

        private void end() {
            String text = line.toString(StandardCharsets.UTF_8);
            line.reset();
            // Whoever has the console attached sees the line there.
            if (!vm.equals(attached) && !lines.offer(vm + "| " + TerminalText.line(text))) {
                lost.incrementAndGet();
            }
        }
    }

    /** Keeps the lines of other VMs back while this one's console has the terminal. */
    void attach(String vm) {
        synchronized (gate) {
            attached = vm;
        }
    }

    /** Shows what was kept back, and goes on. */
    void detach() {
        synchronized (gate) {
            attached = "";
            gate.notifyAll();
        }
    }

    private void print() {
        try {
            while (true) {
                String line = lines.take();
                synchronized (gate) {
                    while (!attached.isEmpty()) {
                        gate.wait();
                    }
                    printer.accept(line);
                    reportLost();
                }
            }
        } catch (InterruptedException e) {
            // close() ends it so.
            Thread.currentThread().interrupt();
        }
    }

    private void reportLost() {
        long count = lines.isEmpty() ? lost.getAndSet(0) : 0;
        if (count > 0) {
            printer.accept("(%d more lines of guests came too fast; /console shows them)".formatted(count));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
