// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.Procedure.Signature;
import vmlab.dsl.model.Similar;

/**
 * A procedure interface as one instance has it, {@code client.h}: what it calls, or what it provides. A call is done on the
 * caller's thread, which waits for its turn: who provides does one call at a time for each interface. A component in C does it in its own
 * process meanwhile. If the procedure is declared, values are what its types say; else they are whatever Groovy has, and
 * nothing is copied.
 *
 * <p>Threads: any.
 */
public final class LabProcedure {
    /** Does what a provided method is. */
    interface Provider {
        Object serve(String method, List<Object> arguments);

        /** Whether it has those who call wait for their turn itself. */
        boolean queues();
    }

    private final String path;
    private final Interface.Kind kind;
    private final Provider own;
    private final LabLock turn;
    private final Supplier<Optional<Procedure>> declaration;

    /** Of one that is used: what it is connected to now; null if nothing. */
    private volatile CallCarrier carrier;

    private volatile Thread caller;

    /**
     * An interface.
     *
     * @param own does what the instance provides
     * @param declaration what its type is declared to have
     */
    LabProcedure(
            String path,
            Interface.Kind kind,
            Provider own,
            Activity activity,
            Supplier<Optional<Procedure>> declaration) {
        this.declaration = Objects.requireNonNull(declaration);
        this.path = Objects.requireNonNull(path);
        this.kind = Objects.requireNonNull(kind);
        this.own = Objects.requireNonNull(own);
        turn = new LabLock(path, Interface.Kind.MUTEX, 1, activity);
    }

    /** As it is written: {@code client.h}. */
    public String path() {
        return path;
    }

    boolean isProvided() {
        return kind == Interface.Kind.PROVIDES;
    }

    void connect(CallCarrier newCarrier) {
        carrier = newCarrier;
    }

    /**
     * Calls a method: over the connection or, of what is provided, here.
     *
     * @return what it answers; null if nothing
     * @throws LabMistake if nothing is connected, there is no such method, or it takes or answers other values
     */
    public Object call(String method, List<Object> arguments) {
        Optional<Procedure> declared = declaration.get();
        if (declared.isEmpty()) {
            return carry(method, arguments);
        }
        Signature signature = signature(declared.get(), method);
        if (!signature.isCarried()) {
            return carry(method, arguments);
        }
        List<Object> given = declaredBy(signature, () -> signature.arguments(arguments));
        Object answer = carry(method, given);
        return declaredBy(signature, () -> signature.answer(answer));
    }

    private Signature signature(Procedure procedure, String method) {
        return procedure
                .signature(method)
                .orElseThrow(() -> new LabMistake(
                        path + " has no method " + method,
                        Similar.didYouMean(
                                method,
                                procedure.methods(),
                                "procedure " + procedure.name() + " has " + procedure.methods())));
    }

    private <T> T declaredBy(Signature signature, Supplier<T> values) {
        try {
            return values.get();
        } catch (IllegalArgumentException e) {
            throw new LabMistake(
                    path + "." + signature.name() + " " + e.getMessage(), "it is declared as " + signature.words());
        }
    }

    private Object carry(String method, List<Object> arguments) {
        if (isProvided()) {
            return serve(method, arguments);
        }
        CallCarrier now = carrier;
        if (now == null) {
            throw new LabMistake(
                    path + " isn't connected",
                    "connection seL4RPCCall, 'name', from: " + path + ", to: … in a composition connects it");
        }
        return now.call(this, method, arguments);
    }

    Object serve(String method, List<Object> arguments) {
        if (own.queues()) {
            return own.serve(method, arguments);
        }
        if (caller == Thread.currentThread()) {
            throw new LabMistake(
                    path + " would wait for itself: it calls " + method + " while it is being called",
                    "have it call what isn't waiting for it");
        }
        turn.take();
        caller = Thread.currentThread();
        try {
            return own.serve(method, arguments);
        } finally {
            caller = null;
            turn.give();
        }
    }

    @Override
    public String toString() {
        CallCarrier now = carrier;
        String state = isProvided() ? "provided" : now == null ? "used, not connected" : "used, by " + now.name();
        return path + ": procedure, " + state + " (its methods can be called: " + path + ".method(…))";
    }
}
