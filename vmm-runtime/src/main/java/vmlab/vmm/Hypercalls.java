// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Maps a hypercall's token (EAX) to its handler, whatever the transport. An unknown token is reported and ignored, as the
 * CAmkES VMM does. Any thread may register while the guest runs.
 */
public final class Hypercalls {
    /**
     * The port that a guest writes to where its {@code vmcall} doesn't reach us: hardware KVM answers it in the kernel. Below
     * 256, so that {@code out %al, $port} leaves EDX to the call's arguments; of no device since the 80287.
     */
    public static final int DOORBELL_PORT = 0xF8;

    private final Map<Integer, HypercallHandler> handlers = new ConcurrentHashMap<>();
    private final GuestEvents events;

    public Hypercalls(GuestEvents events) {
        this.events = Objects.requireNonNull(events);
    }

    /** Registers the handler for a token, in place of an earlier one. */
    public void register(int token, HypercallHandler handler) {
        handlers.put(token, Objects.requireNonNull(handler));
    }

    /** Called by a CPU when the guest executes {@code vmcall} or {@code vmmcall}. */
    public void dispatch(Hypercall call) {
        HypercallHandler handler = handlers.get(call.eax());
        if (handler == null) {
            events.report("hypercall", "no handler for token %d".formatted(call.eax()));
        } else {
            handler.call(call);
        }
    }
}
