// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    @Test
    void anUnregisteredTokenIsUnknownAgain() {
        hypercalls.register(7, call -> call.result(1));
        hypercalls.unregister(7);
        Call call = new Call(7);
        hypercalls.dispatch(call);
        assertEquals(7, call.eax());
        assertEquals(List.of("hypercall: no handler for token 7"), events);
    }

    @Test
    void callsAreCountedByTokenWithTheLastRegisters() {
        hypercalls.register(-2, call -> call.result(1));
        hypercalls.register(9, call -> {});
        hypercalls.dispatch(new Call(5));
        hypercalls.dispatch(new Call(-2));
        hypercalls.dispatch(new Call(-2));
        HypercallRegisters last = new HypercallRegisters(0xFFFFFFFEL, 40, 0, 0, 0);
        HypercallRegisters unknown = new HypercallRegisters(5, 40, 0, 0, 0);
        assertEquals(
                List.of(
                        new Hypercalls.Tally(5, false, 1, Optional.of(unknown)),
                        new Hypercalls.Tally(9, true, 0, Optional.empty()),
                        new Hypercalls.Tally(-2, true, 2, Optional.of(last))),
                hypercalls.tallies());
        assertEquals(2, hypercalls.tally(-2).calls());
        assertEquals(0, hypercalls.tally(6).calls());
    }

    @Test
    void theWatcherIsToldOfEveryCallAfterItsHandler() {
        List<String> order = new ArrayList<>();
        hypercalls.register(1, call -> order.add("handler"));
        hypercalls.watch(registers -> order.add("watcher " + registers));
        hypercalls.dispatch(new Call(1));
        hypercalls.dispatch(new Call(2));
        assertEquals(
                List.of("handler", "watcher eax=1 ebx=28 ecx=0 edx=0 esi=0", "watcher eax=2 ebx=28 ecx=0 edx=0 esi=0"),
                order);
    }

    @Test
    void manyTokensFindTheirOwnHandlers() {
        for (int token = 0; token < 3000; token++) {
            int answer = token + 1;
            hypercalls.register(token * 4096, call -> call.result(answer));
        }
        for (int token = 0; token < 3000; token++) {
            Call call = new Call(token * 4096);
            hypercalls.dispatch(call);
            assertEquals(token + 1, call.eax());
        }
    }

    @Test
    void aGuestThatTriesManyUnknownTokensFillsNothing() {
        for (int token = 0; token < 5000; token++) {
            hypercalls.dispatch(new Call(token));
        }
        assertEquals(1000, hypercalls.tallies().size());
        assertEquals(5000, events.size());
    }

    @Test
    void wideRegistersAreTheNarrowOnesUnsigned() {
        HypercallRegisters registers = HypercallRegisters.of(new Call(-1));
        assertEquals(0xFFFFFFFFL, registers.rax());
        assertEquals(-1, registers.eax());
        assertEquals("rax=4 rbx=100000000 rcx=0 rdx=0 rsi=0", new HypercallRegisters(4, 1L << 32, 0, 0, 0).toString());
    }
}
