// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import vmlab.crossvm.Dataport;
import vmlab.crossvm.EventChannel;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.Interface;

/**
 * A live component that is no VM: its thread, its interfaces, what it printed.
 *
 * <p>Threads: any; its own runs its behaviour. Errors: what its behaviour throws is told to the lab's author, and ends it.
 */
public final class LabComponent implements AutoCloseable {
    /** What it is doing. */
    public enum State {
        /** It has interfaces and nothing to run. */
        PASSIVE,
        RUNNING,
        /** Its run has come to its end. */
        ENDED,
        /** Its run has thrown. */
        FAILED
    }

    /** So much of its output is kept. */
    private static final int KEPT_LINES = 10_000;

    private final String name;
    private final ComponentSpec spec;
    private final Lab lab;
    private final Map<String, EventChannel> events = new ConcurrentHashMap<>();
    private final Map<String, Dataport> dataports = new ConcurrentHashMap<>();
    private final List<Dataport> own = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private final StringBuilder line = new StringBuilder();
    private final Thread thread;

    /** The events its thread waits for, while it waits; guarded by this object, as {@link #stopping}. */
    private Optional<List<EventChannel>> waitingFor = Optional.empty();

    private boolean stopping;
    private volatile State state = State.PASSIVE;

    LabComponent(String name, ComponentSpec spec, Lab lab) {
        this.name = Objects.requireNonNull(name);
        this.spec = Objects.requireNonNull(spec);
        this.lab = Objects.requireNonNull(lab);
        thread = new Thread(this::life, name);
        thread.setDaemon(true);
    }

    public String name() {
        return name;
    }

    /** The name of its type. */
    public String type() {
        return spec.type().name();
    }

    public State state() {
        return state;
    }

    /** What it printed, in lines; the newest 10,000. */
    public List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** What it printed. */
    public String text() {
        synchronized (lines) {
            return String.join("\n", lines) + (lines.isEmpty() ? "" : "\n") + line;
        }
    }

    /** A dataport of its own by name. */
    public Optional<Dataport> dataport(String face) {
        return Optional.ofNullable(dataports.get(face));
    }

    /** An event of its own by name. */
    public Optional<EventChannel> event(String face) {
        return Optional.ofNullable(events.get(face));
    }

    void plug(String face, Dataport dataport) {
        dataports.put(face, dataport);
    }

    void plugConsumed(String face, EventChannel event) {
        events.put(face, event);
        event.onPending(() -> arrived(event));
    }

    void plugEmitted(String face, EventChannel event) {
        events.put(face, event);
    }

    /** Begins its run, if it has one. */
    void start() {
        for (Interface face : spec.type().interfaces()) {
            if (face.kind() == Interface.Kind.DATAPORT) {
                dataports.computeIfAbsent(face.name(), this::unconnected);
            }
        }
        if (spec.behaviour().isPresent()) {
            state = State.RUNNING;
            lab.activity().begin();
            thread.start();
        }
    }

    private Dataport unconnected(String face) {
        Dataport dataport = Dataport.create(name + "." + face, vmlab.vmm.GuestMemory.PAGE_BYTES);
        own.add(dataport);
        return dataport;
    }

    private void life() {
        lab.activity().countThread();
        try {
            spec.behaviour().orElseThrow().run(new Ports());
            state = State.ENDED;
        } catch (Behaviour.Stopped e) {
            state = State.ENDED;
        } catch (Throwable e) {
            state = State.FAILED;
            lab.author().failed("component " + name + " failed", e);
        } finally {
            lab.activity().end();
        }
    }

    /** An event is pending: on the thread of who emitted it, which at virtual pace waits for what follows. */
    private void arrived(EventChannel event) {
        synchronized (this) {
            if (waitingFor.filter(events -> events.contains(event)).isPresent()) {
                goOn();
            }
        }
        if (lab.pace() == vmlab.vmm.Machine.Pace.VIRTUAL && !lab.activity().awaitQuiet()) {
            lab.author().told(name + " is still at work; its guests go on");
        }
    }

    /** On behalf of the thread that is being woken: who emitted mustn't find everything quiet before. */
    private void goOn() {
        waitingFor = Optional.empty();
        lab.activity().begin();
        notifyAll();
    }

    /** The first of some events that has come. */
    private synchronized EventChannel awaitAny(List<EventChannel> awaited) {
        while (!stopping) {
            Optional<EventChannel> come =
                    awaited.stream().filter(EventChannel::poll).findFirst();
            if (come.isPresent()) {
                return come.get();
            }
            waitingFor = Optional.of(awaited);
            lab.activity().end();
            awaitGoOn();
        }
        throw new Behaviour.Stopped();
    }

    private synchronized void awaitGoOn() {
        while (waitingFor.isPresent()) {
            try {
                wait();
            } catch (InterruptedException e) {
                stopping = true;
            }
            if (stopping && waitingFor.isPresent()) {
                goOn();
            }
        }
    }

    private final class Ports implements Behaviour.Ports {
        @Override
        public String instance() {
            return name;
        }

        private EventChannel event(String face, Interface.Kind kind) {
            Optional<Interface> declared = spec.type().face(face).filter(f -> f.kind() == kind);
            if (declared.isEmpty()) {
                List<String> names = spec.type().interfaces().stream()
                        .filter(f -> f.kind() == kind)
                        .map(Interface::name)
                        .toList();
                throw new LabMistake(
                        "component " + type() + " " + kind.words() + " no " + face,
                        vmlab.dsl.model.Similar.didYouMean(face, names, "it " + kind.words() + " " + names));
            }
            return events.computeIfAbsent(face, EventChannel::new);
        }

        @Override
        public void await(String consumed) {
            awaitAny(List.of(event(consumed, Interface.Kind.CONSUMES)));
        }

        @Override
        public String await(List<String> consumed) {
            List<EventChannel> awaited = consumed.stream()
                    .map(face -> event(face, Interface.Kind.CONSUMES))
                    .toList();
            return consumed.get(awaited.indexOf(awaitAny(awaited)));
        }

        @Override
        public boolean poll(String consumed) {
            return event(consumed, Interface.Kind.CONSUMES).poll();
        }

        @Override
        public void emit(String emitted) {
            event(emitted, Interface.Kind.EMITS).emit();
        }

        @Override
        public boolean hasDataport(String face) {
            return dataports.containsKey(face);
        }

        @Override
        public Dataport dataport(String face) {
            return dataports.get(face);
        }

        @Override
        public void print(String text) {
            text.chars().forEach(LabComponent.this::printed);
        }
    }

    private void printed(int character) {
        String whole;
        synchronized (lines) {
            if (character != '\n') {
                line.append((char) character);
                return;
            }
            whole = line.toString();
            line.setLength(0);
            if (lines.size() == KEPT_LINES) {
                lines.remove(0);
            }
            lines.add(whole);
        }
        lab.author().told(name + ": " + whole);
    }

    /** Ends its run, where it waits, and gives its own memory back. */
    @Override
    public void close() {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        thread.interrupt();
        own.forEach(Dataport::close);
    }

    @Override
    public String toString() {
        return "%s (%s, %s)".formatted(name, type(), state.toString().toLowerCase(java.util.Locale.ROOT));
    }
}
