// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercall;
import vmlab.vmm.Hypercalls;

/** A guest and components that emit as fast as they can, all at once. */
@Timeout(120)
class ConnectionStressTest {
    private static final int EVENTS = 1_000_000;

    /** In each direction. */
    private static final int CHANNELS = 4;

    private static final int PAGE = 0x5000;
    private static final int DATA = 0x8000;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final Hypercalls hypercalls = new Hypercalls((source, message) -> {});
    private final List<String> reports = new ArrayList<>();
    private final Dataport data = Dataport.create("data", 4096);
    private final List<EventChannel> fromGuest = channels("from");
    private final List<EventChannel> toGuest = channels("to");
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private boolean irq;

    private final VmcallConnections connections = new VmcallConnections(
            "crossvm",
            new VmcallConnections.Wires(
                    memory, hypercalls, (source, message) -> reports.add(message), tasks::add, level -> irq = level),
            new VmcallConnections.Ends(List.of(data), fromGuest, toGuest));

    private static List<EventChannel> channels(String name) {
        return IntStream.range(0, CHANNELS)
                .mapToObj(i -> new EventChannel(name + i))
                .toList();
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        memory.close();
        data.close();
    }

    private record Call(int eax, int ebx, int ecx, int edx, int esi) implements Hypercall {
        @Override
        public void result(int value) {
            throw new AssertionError("EAX stays as it is");
        }
    }

    private void call(int eax, int ebx, int ecx) {
        hypercalls.dispatch(new Call(eax, ebx, ecx, DATA, 4096));
    }

    /** How often each channel is emitted: the first half by components, the second by the guest. */
    private static int[] plan(long seed) {
        int[] counts = new int[2 * CHANNELS];
        Random random = new Random(seed);
        for (int i = 0; i < EVENTS; i++) {
            counts[random.nextInt(counts.length)]++;
        }
        return counts;
    }

    /** Before each event its number is written into the dataport: who takes the last event finds the last number. */
    private static long offset(int channel) {
        return 64L * channel;
    }

    @Test
    void ofAMillionEventsTheLastOnesAreSeenAndNothingIsLeft() throws Exception {
        int[] plan = plan(42);
        call(1, 1, 1);
        call(2, 1, PAGE);
        List<Future<Long>> components = new ArrayList<>();
        for (int i = 0; i < CHANNELS; i++) {
            int channel = i;
            components.add(threads.submit(() -> emit(channel, plan[channel])));
        }
        for (int i = 0; i < CHANNELS; i++) {
            int channel = i;
            components.add(threads.submit(() -> awaitAll(channel, plan[CHANNELS + channel])));
        }
        Future<long[]> guest = threads.submit(guest(plan));
        List<Long> results = new ArrayList<>();
        for (Future<Long> component : components) {
            results.add(component.get());
        }
        long[] seenByGuest = guest.get();
        takeRepetitions();

        for (int i = 0; i < CHANNELS; i++) {
            assertEquals(plan[i], seenByGuest[i]);
            assertEquals(plan[i], toGuest.get(i).emitted());
            assertEquals(plan[CHANNELS + i], results.get(CHANNELS + i));
            assertEquals(plan[CHANNELS + i], fromGuest.get(i).emitted());
        }
        Stream.of(toGuest, fromGuest).flatMap(List::stream).forEach(channel -> {
            assertFalse(channel.poll(), channel + " has an event left");
            assertTrue(channel.taken() <= channel.emitted());
        });
        VmcallConnections.State state = connections.state();
        assertEquals(List.of(), state.pending());
        assertEquals(0, state.delivering());
        assertFalse(irq);
        assertEquals(List.of(), reports);
    }

    /** Events for numbers that had been seen with an earlier event. */
    private void takeRepetitions() {
        fromGuest.forEach(EventChannel::poll);
        doTasks();
        while (irq) {
            call(2, 2, 0);
        }
    }

    private void doTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private long emit(int channel, int times) {
        SplittableRandom random = new SplittableRandom(channel);
        for (int i = 1; i <= times; i++) {
            data.memory().write64(offset(channel), i);
            toGuest.get(channel).emit();
            pause(random);
        }
        return times;
    }

    /** Lets the others come in between, now and then. */
    private static void pause(SplittableRandom random) {
        if (random.nextInt(64) == 0) {
            Thread.yield();
        }
    }

    /** Takes a channel's events in one of several ways each time, until it has seen the last number. */
    private long awaitAll(int channel, int last) throws InterruptedException {
        SplittableRandom random = new SplittableRandom(100 + channel);
        EventChannel event = fromGuest.get(channel);
        Semaphore told = new Semaphore(0);
        event.onPending(told::release);
        long seen = 0;
        while (seen < last) {
            switch (random.nextInt(3)) {
                case 0 -> told.acquire();
                case 1 -> Thread.yield();
                default -> {
                    event.detach();
                    event.onPending(told::release);
                }
            }
            if (event.poll()) {
                seen = data.memory().read64(offset(CHANNELS + channel));
            }
        }
        return seen;
    }

    /** The machine's thread with its guest: does what was posted, takes interrupts as the module does, and emits. */
    private Callable<long[]> guest(int[] plan) {
        return () -> {
            SplittableRandom random = new SplittableRandom(7);
            long[] seen = new long[CHANNELS];
            int[] emitted = new int[CHANNELS];
            while (!Arrays.equals(emitted, 0, CHANNELS, plan, CHANNELS, 2 * CHANNELS)
                    || IntStream.range(0, CHANNELS).anyMatch(i -> seen[i] < plan[i])) {
                doTasks();
                if (irq) {
                    int channel = memory.read32(PAGE) - 1;
                    call(2, 2, 0);
                    seen[channel] = memory.read64(DATA + offset(channel));
                }
                int channel = random.nextInt(CHANNELS);
                if (emitted[channel] < plan[CHANNELS + channel]) {
                    memory.write64(DATA + offset(CHANNELS + channel), ++emitted[channel]);
                    call(3, 1, channel + 1);
                }
                pause(random);
            }
            return seen;
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {4 << 10, 64 << 10, 1 << 20, 16 << 20})
    void aDataportIsTheSameMemoryForTwoGuestsAndAComponent(int bytes) throws Exception {
        try (GuestMemory one = GuestMemory.allocate(32 << 20);
                GuestMemory other = GuestMemory.allocate(32 << 20);
                Dataport port = Dataport.create("port", bytes)) {
            one.map(1 << 20, port.memory());
            other.map(8 << 20, port.memory());
            EventChannel written = new EventChannel("written");
            Semaphore told = new Semaphore(0);
            written.onPending(told::release);
            Future<?> writer = threads.submit(() -> {
                for (int at = 0; at < bytes; at += 4) {
                    one.write32((1 << 20) + at, ~at);
                }
                written.emit();
            });
            assertTrue(told.tryAcquire(60, TimeUnit.SECONDS));
            assertTrue(written.poll());
            for (int at = 0; at < bytes; at += 4) {
                if (other.read32((8 << 20) + at) != ~at || port.memory().read32(at) != ~at) {
                    throw new AssertionError("not the same at %#x".formatted(at));
                }
            }
            writer.get();
            port.memory().write8(bytes - 1, 0x5A);
            assertEquals(0x5A, one.read8((1 << 20) + bytes - 1));
            assertEquals(0x5A, other.read8((8 << 20) + bytes - 1));
        }
    }
}
