// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import vmlab.crossvm.Dataport;
import vmlab.dsl.model.Behaviour.Call;
import vmlab.dsl.model.Behaviour.Ports;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Procedure.Signature;
import vmlab.dsl.model.SourceLocation;
import vmlab.vmm.HostMistake;

/**
 * The process of a component in C. It has no files but its standard streams and its dataports, nothing of this process's
 * environment, and ends with it.
 *
 * <p>Threads: one serves it; another one reads what it says, so that the first can be interrupted.
 */
final class ComponentProcess implements AutoCloseable {
    /** So much of what it said may wait to be looked at; it stands still then. */
    private static final int QUEUE = 1000;

    private static final int BY_SIGNAL = 128;

    private final CProgram program;
    private final Ports ports;
    private final Process process;
    private final BlockingQueue<Said> said = new LinkedBlockingQueue<>(QUEUE);
    private final Map<String, Call> calls = new HashMap<>();
    private String lastWords = "";

    private ComponentProcess(CProgram program, Ports ports, Process process) {
        this.program = program;
        this.ports = ports;
        this.process = process;
    }

    /** Starts it; for the component's thread, which must live as long as the process. */
    static ComponentProcess start(CProgram program, Ports ports) {
        List<String> command = new ArrayList<>(List.of(
                program.file().toString(),
                ports.instance(),
                Long.toString(ProcessHandle.current().pid())));
        program.source().type().interfaces().stream()
                .filter(face -> face.kind() == Interface.Kind.DATAPORT)
                .forEach(face -> command.add(face.name() + "=" + description(ports.dataport(face.name()))));
        CValues.attributes(program.source().type(), ports).forEach(command::add);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .directory(Path.of("/").toFile());
        builder.environment().clear();
        try {
            ComponentProcess started = new ComponentProcess(program, ports, builder.start());
            Thread reader = new Thread(started::listen, ports.instance() + " says");
            reader.setDaemon(true);
            reader.start();
            return started;
        } catch (IOException e) {
            throw new HostMistake(
                    "the program of " + ports.instance() + " can't be started: " + e.getMessage(),
                    "components in C are 32-bit programs; let the host's kernel run them (CONFIG_IA32_EMULATION)",
                    e);
        }
    }

    /** As the process is told: an id that is the same at all ends, the size, and where the memory is. */
    private static String description(Dataport dataport) {
        return (dataport.name().hashCode() & Integer.MAX_VALUE) + ":" + dataport.sizeBytes() + ":"
                + dataport.memory().path();
    }

    private void listen() {
        try (InputStream in = process.getInputStream()) {
            ComponentOutput output = new ComponentOutput(in);
            Said next;
            do {
                next = output.next();
                said.put(next);
            } while (next.kind() != Said.Kind.END);
        } catch (IOException | InterruptedException e) {
            // Its end closes the stream.
            said.offer(Said.END);
        }
    }

    /**
     * Does what it asks for until it ends.
     *
     * @throws ComponentDied if it doesn't come to its end
     */
    void serve() throws InterruptedException, IOException {
        for (Said next = said.take(); next.kind() != Said.Kind.END; next = said.take()) {
            if (next.kind() == Said.Kind.TEXT) {
                ports.print(next.text());
            } else {
                serve(next.verb(), next.arguments());
            }
        }
        int status = process.waitFor();
        if (status != 0) {
            throw died(status);
        }
    }

    private void serve(String verb, List<String> arguments) throws IOException {
        switch (verb) {
            case "emit" -> ports.emit(arguments.get(0));
            case "poll" -> answer(ports.poll(arguments.get(0)) ? "1" : "0");
            case "wait" -> answer(ports.await(arguments));
            case "call" -> answer(called(arguments));
            case "take" -> answer(taken(arguments.get(0)));
            case "return" -> answer(arguments);
            case "died" -> lastWords = String.join(" ", arguments);
            default -> throw new IllegalStateException("the component's runtime asks for " + verb);
        }
    }

    /** It calls: the interface, the method, what goes in. */
    private String called(List<String> words) {
        Signature signature = program.source().signature(words.get(0), words.get(1));
        List<Object> given = CValues.values(signature.in().values(), words.subList(2, words.size()));
        return CValues.words(signature.parts(ports.call(words.get(0), words.get(1), given)));
    }

    /** It is called, and asks what and with what. */
    private String taken(String face) {
        Call call = ports.call(face);
        calls.put(face, call);
        return call.method() + " " + CValues.words(call.arguments());
    }

    /** It answers: the interface, what comes out. */
    private void answer(List<String> words) {
        Call call = calls.remove(words.get(0));
        Signature signature = program.source().signature(words.get(0), call.method());
        List<Object> values = CValues.values(signature.out().values(), words.subList(1, words.size()));
        call.answer(signature.answerOf(values));
    }

    private void answer(String text) throws IOException {
        OutputStream out = process.getOutputStream();
        out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private ComponentDied died(int status) throws IOException {
        if (status <= BY_SIGNAL) {
            return new ComponentDied(ports.instance() + " ended itself with status " + status, "", Optional.empty());
        }
        Death death = Death.of(status - BY_SIGNAL, lastWords);
        Optional<SourceLocation> line = Optional.empty();
        for (long instruction : death.callers()) {
            if (line.isEmpty()) {
                line = program.line(instruction);
            }
        }
        return new ComponentDied(ports.instance() + " died: " + death, "", line);
    }

    /** Ends it, and comes back when it has ended. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
