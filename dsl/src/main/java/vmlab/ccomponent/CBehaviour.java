// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import vmlab.dsl.model.Behaviour;
import vmlab.image.BuildMistake;

/**
 * What a component's {@code run} in C does. Its process ends with {@link #run}, however that ends.
 *
 * <p>Threads: any number of instances run at once, each on a thread of its own. Errors: {@link BuildMistake} for
 * the author of the sources, {@link ComponentDied} when the process doesn't come to its end.
 */
public final class CBehaviour implements Behaviour.Written {
    private final CSource source;
    private final Function<CSource, CProgram> compiler;

    /** What was compiled last; null before. */
    private volatile CProgram latest;

    private CBehaviour(CSource source, Function<CSource, CProgram> compiler) {
        this.source = source;
        this.compiler = Objects.requireNonNull(compiler);
    }

    /**
     * Of C sources, which are read when they are compiled.
     *
     * @param compiler gives the program; asked at every run, so that sources that were edited take effect
     */
    public static CBehaviour of(CSource source, Function<CSource, CProgram> compiler) {
        return new CBehaviour(source, compiler);
    }

    /** Its functions do what is called. */
    @Override
    public boolean servesCalls() {
        return true;
    }

    /** Compiles it now, to find its mistakes before it runs. */
    public void compile() {
        latest = compiled();
    }

    private CProgram compiled() {
        try {
            return compiler.apply(source);
        } catch (BuildMistake e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new Stopped();
            }
            throw e;
        }
    }

    @Override
    public List<String> words() {
        return Stream.concat(
                        source.sources().stream().map(file -> "source " + quoted(file)),
                        source.includeFolders().stream().map(folder -> "includes " + quoted(folder)))
                .toList();
    }

    private static String quoted(Path path) {
        return "'" + path.toString().replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    @Override
    public void run(Ports ports) throws Exception {
        compile();
        try (ComponentProcess process = ComponentProcess.start(latest, ports)) {
            process.serve();
        } catch (InterruptedException e) {
            throw new Stopped();
        }
    }

    /** Whether both are compiled, and to the same program. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof CBehaviour that
                        && latest != null
                        && that.latest != null
                        && latest.file().equals(that.latest.file());
    }

    @Override
    public int hashCode() {
        return source.type().name().hashCode();
    }
}
