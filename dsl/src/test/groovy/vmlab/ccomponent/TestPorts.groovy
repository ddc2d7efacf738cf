// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import vmlab.crossvm.Dataport
import vmlab.crossvm.EventChannel
import vmlab.dsl.model.Behaviour
import vmlab.dsl.model.ComponentType
import vmlab.dsl.model.Interface
import vmlab.dsl.model.SourceLocation

/** A component's interfaces with a test at their other ends, and a thread that runs its behaviour. */
class TestPorts implements Behaviour.Ports, AutoCloseable {
    final Map<String, EventChannel> events = new ConcurrentHashMap<>()
    final Map<String, Dataport> dataports = [:]
    final Map<String, Object> attributes = [:]
    final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>()
    private final StringBuffer text = new StringBuffer()
    private Thread thread
    private volatile Throwable thrown

    /** A component of interfaces as {@code 'consumes do_print'}. */
    static ComponentType type(String... faces) {
        def place = new SourceLocation('lab.groovy', 1, 1)
        def interfaces = faces.collect { words ->
            def word = words.substring(0, words.lastIndexOf(' '))
            def kind = Interface.Kind.values().find { it.words() == word.replaceFirst(/ [A-Z(0-9)][A-Za-z(0-9)]*$/, '') }
            new Interface(kind, word.contains('Buf') ? word.split(' ')[1] : 'PutChar', words.split(' ').last(), false, place)
        }
        new ComponentType('PrintServer', true, false, interfaces, [], Optional.empty(), place)
    }

    TestPorts dataport(String name, long bytes) {
        dataports[name] = Dataport.create('conn_' + name, bytes)
        this
    }

    void start(Behaviour behaviour) {
        thread = Thread.start {
            try {
                behaviour.run(this)
            } catch (Throwable e) {
                thrown = e
            }
        }
    }

    /** What ended it; null if it came to its end. */
    Throwable end() {
        thread.join(TimeUnit.SECONDS.toMillis(60))
        assert !thread.alive
        thrown
    }

    Throwable stop() {
        thread.interrupt()
        end()
    }

    /** Emits for the component, and wakes it. */
    synchronized void give(String event) {
        channel(event).emit()
        notifyAll()
    }

    /** The next event it emits. */
    String taken() {
        said.poll(60, TimeUnit.SECONDS)
    }

    String getText() {
        text.toString()
    }

    private EventChannel channel(String name) {
        events.computeIfAbsent(name, EventChannel::new)
    }

    @Override
    String instance() {
        'print_server'
    }

    @Override
    void await(String consumed) {
        await([consumed])
    }

    @Override
    synchronized String await(List<String> consumed) {
        String come
        while (!(come = consumed.find { channel(it).poll() })) {
            wait()
        }
        come
    }

    @Override
    boolean poll(String consumed) {
        channel(consumed).poll()
    }

    @Override
    void emit(String emitted) {
        said.add(emitted)
    }

    @Override
    Behaviour.Call call(String provided) {
        throw new IllegalStateException(provided)
    }

    @Override
    Object call(String used, String method, List<Object> arguments) {
        throw new IllegalStateException(used)
    }

    @Override
    Optional<Object> attribute(String name) {
        Optional.ofNullable(attributes[name])
    }

    @Override
    boolean hasDataport(String name) {
        dataports.containsKey(name)
    }

    @Override
    Dataport dataport(String name) {
        dataports[name]
    }

    @Override
    Optional<Object> live(String name) {
        Optional.empty()
    }

    @Override
    void print(String more) {
        text.append(more)
    }

    @Override
    void close() {
        if (thread != null) {
            stop()
        }
        dataports.values()*.close()
    }
}
