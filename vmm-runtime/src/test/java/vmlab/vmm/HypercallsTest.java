// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HypercallsTest {
    private final List<String> events = new ArrayList<>();
    private final Hypercalls hypercalls = new Hypercalls((source, message) -> events.add(source + ": " + message));

    private static final class Call implements Hypercall {
        private int eax;

        Call(int token) {
            eax = token;
        }

        @Override
        public int eax() {
            return eax;
        }

        @Override
        public int ebx() {
            return 40;
        }

        @Override
        public int ecx() {
            return 0;
        }

        @Override
        public int edx() {
            return 0;
        }

        @Override
        public int esi() {
            return 0;
        }

        @Override
        public void result(int value) {
            eax = value;
        }
    }

    @Test
    void handlerOfTheTokenAnswers() {
        hypercalls.register(7, call -> call.result(call.ebx() + 2));
        Call call = new Call(7);
        hypercalls.dispatch(call);
        assertEquals(42, call.eax());
        assertEquals(List.of(), events);
    }

    @Test
    void unknownTokenIsReportedAndLeavesEax() {
        Call call = new Call(0xFFFFFFFE);
        hypercalls.dispatch(call);
        assertEquals(0xFFFFFFFE, call.eax());
        assertEquals(List.of("hypercall: no handler for token -2"), events);
    }

    @Test
    void laterHandlerReplacesTheEarlier() {
        hypercalls.register(1, call -> call.result(10));
        hypercalls.register(1, call -> call.result(20));
        Call call = new Call(1);
        hypercalls.dispatch(call);
        assertEquals(20, call.eax());
    }
}
