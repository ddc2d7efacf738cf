// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import vmlab.crossvm.Dataport;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Method;
import vmlab.dsl.model.Similar;

/**
 * A live component that is no VM: what it runs, its interfaces, what it printed. What it runs can be replaced while it is
 * connected; events that come meanwhile wait for the new run.
 *
 * <p>Threads: any; each run has one of its own. Errors: what a run throws is told to the lab's author and ends it; its rule
 * may start it again.
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
        FAILED,
        /** Its run was stopped, or interrupted by Ctrl-C. */
        STOPPED
    }

    private final String name;
    private final Lab lab;
    private final ComponentOutput output;
    private final Calls calls;

    /** Guarded by this object for changes, as are the others. */
    private volatile ComponentSpec spec;

    private volatile ComponentRun run;
    private volatile State state = State.PASSIVE;
    private int restarts;

    LabComponent(String name, ComponentSpec spec, Lab lab) {
        this.name = Objects.requireNonNull(name);
        this.spec = Objects.requireNonNull(spec);
        this.lab = Objects.requireNonNull(lab);
        calls = lab.wiring().calls(name);
        output = new ComponentOutput(line -> {
            lab.record(Timeline.Kind.PRINT, name, line);
            lab.author().told(name + ": " + line);
        });
    }

    public String name() {
        return name;
    }

    /** The name of its type. */
    public String type() {
        return spec.type().name();
    }

    /** What the script said about it. */
    public ComponentSpec spec() {
        return spec;
    }

    public State state() {
        return state;
    }

    /** What it printed, in lines; the newest 10,000. */
    public List<String> lines() {
        return output.lines();
    }

    /** What it printed. */
    public String text() {
        return output.text();
    }

    /** The memory that a dataport of its own is now, by name. */
    public Optional<Dataport> dataport(String face) {
        return lab.wiring().dataport(name, face).map(LabDataport::dataport);
    }

    /** An event of its own by name. */
    public Optional<LabEvent> event(String face) {
        return lab.wiring().event(name, face);
    }

    /** An interface of its own as a live object: a {@link LabEvent} or a {@link LabDataport}. */
    public Optional<Object> port(String face) {
        return lab.port(name, face);
    }

    /** Takes it out of the lab, with what connects it. */
    public void remove() {
        lab.remove(name);
    }

    /** Begins its run anew if it is over; does nothing if it runs, or has nothing to run. */
    public synchronized LabComponent start() {
        restarts = 0;
        if (state != State.RUNNING) {
            begin();
        }
        return this;
    }

    /** Ends its run; what it is connected to stays. */
    public LabComponent stop() {
        ComponentRun now = run;
        if (now != null && state == State.RUNNING && !now.stop()) {
            lab.author().told(name + " is still in its run, which ends when it looks at the interrupt");
        }
        return this;
    }

    public LabComponent restart() {
        stop();
        return start();
    }

    /** Replaces what it runs, and starts that. */
    public LabComponent run(Behaviour behaviour) {
        return replace(spec.with(behaviour));
    }

    /** Becomes another component under its name. */
    LabComponent replace(ComponentSpec other) {
        stop();
        synchronized (this) {
            spec = other;
            state = State.PASSIVE;
        }
        return start();
    }

    private synchronized void begin() {
        if (spec.behaviour().isEmpty()) {
            return;
        }
        ComponentRun[] begun = new ComponentRun[1];
        begun[0] = new ComponentRun(
                name,
                spec.behaviour().get(),
                new ComponentPorts(this, lab, what -> begun[0].awaits(what)),
                lab.activity(),
                (end, thrown) -> over(begun[0], end, thrown));
        run = begun[0];
        state = State.RUNNING;
        lab.record(Timeline.Kind.STATE, name, "running");
        begun[0].start();
    }

    /** A run has come to its end, on its thread. */
    private void over(ComponentRun which, ComponentRun.End end, Throwable thrown) {
        boolean again;
        synchronized (this) {
            if (run != which) {
                return;
            }
            state = switch (end) {
                case DONE -> State.ENDED;
                case FAILED -> State.FAILED;
                case STOPPED, INTERRUPTED -> State.STOPPED;
            };
            boolean ofItself = end == ComponentRun.End.DONE || end == ComponentRun.End.FAILED;
            again = ofItself && spec.restart().follows(end == ComponentRun.End.FAILED, restarts);
            restarts += again ? 1 : 0;
        }
        calls.over(again);
        lab.record(Timeline.Kind.STATE, name, state.name().toLowerCase(Locale.ROOT));
        if (end == ComponentRun.End.FAILED) {
            String next = again
                    ? "; it is started again, %d of %d times"
                            .formatted(restarts, spec.restart().limit())
                    : "";
            lab.author().failed("component " + name + " failed" + next, thrown);
        } else if (end == ComponentRun.End.INTERRUPTED) {
            lab.author().told("component " + name + " was interrupted; " + name + ".start() begins anew");
        }
        if (again) {
            begin();
        }
    }

    /** Does what a method of a procedure of its own is. */
    Object serve(String face, String method, List<Object> arguments) {
        if (state == State.STOPPED) {
            throw new LabMistake(name + " is stopped and answers no calls", name + ".start() starts it");
        }
        if (spec.behaviour().filter(Behaviour::servesCalls).isPresent()) {
            return served(face, method, arguments);
        }
        Map<String, Method> methods = spec.methods();
        Method called = methods.get(face + "_" + method);
        if (called == null) {
            List<String> names = methods.keySet().stream()
                    .filter(key -> key.startsWith(face + "_"))
                    .map(key -> key.substring(face.length() + 1))
                    .sorted()
                    .toList();
            throw new LabMistake(
                    name + "." + face + " has no method " + method,
                    Similar.didYouMean(
                            method, names, face + "_" + method + " { … } in component('" + type() + "') makes it"));
        }
        return called.call(new ComponentPorts(this, lab, what -> {}), arguments);
    }

    private Object served(String face, String method, List<Object> arguments) {
        synchronized (this) {
            if (state == State.ENDED || state == State.FAILED) {
                throw new LabMistake(
                        name + " has " + state.name().toLowerCase(Locale.ROOT) + " and answers no calls",
                        name + ".restart() begins it anew");
            }
        }
        return calls.call(face, method, arguments);
    }

    Calls calls() {
        return calls;
    }

    /** The value of an attribute of its own: as it was set, or the default of its type. */
    Optional<Object> attribute(String attribute) {
        return lab.assembly().composition().settings().stream()
                .filter(s ->
                        s.instance().equals(name) && s.setting().attribute().equals(attribute))
                .map(s -> s.setting().value())
                .findFirst()
                .or(() -> spec.type().attributes().stream()
                        .filter(a -> a.name().equals(attribute))
                        .findFirst()
                        .flatMap(AttributeDeclaration::value));
    }

    /** Ctrl-C: ends a run that loops for ever. */
    void interruptIfStuck() {
        ComponentRun now = run;
        if (now != null && state == State.RUNNING) {
            now.interruptIfStuck();
        }
    }

    void print(String text) {
        output.print(text);
    }

    /** Ends its run. */
    @Override
    public void close() {
        stop();
    }

    /** Several lines for people: what it is, how it is, what it can do. */
    public String describe() {
        String faces = spec.type().interfaces().stream()
                .map(face ->
                        "  " + name + "." + face.name() + ": " + face.kind().words() + " " + face.type())
                .collect(Collectors.joining("\n"));
        return String.join(
                        "\n",
                        name + " (" + type() + "): " + condition(),
                        "  can: run { … } start() stop() restart()",
                        "  has: state lines text")
                + (faces.isEmpty() ? "" : "\n" + faces);
    }

    private String condition() {
        ComponentRun now = run;
        String awaited = now == null || state != State.RUNNING ? "" : now.awaited();
        return state.name().toLowerCase(Locale.ROOT) + (awaited.isEmpty() ? "" : ", waits for " + awaited);
    }

    /** What it is, how it is and what it can do, in one line. */
    @Override
    public String toString() {
        String faces = spec.type().interfaces().stream().map(Interface::name).collect(Collectors.joining(" "));
        return "%s (%s): %s (run start stop restart; state lines text %s)".formatted(name, type(), condition(), faces);
    }
}
