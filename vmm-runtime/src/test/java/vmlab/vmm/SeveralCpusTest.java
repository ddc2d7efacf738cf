// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.MachineEnd.Kind;

/** What a machine promises, of several CPUs. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeveralCpusTest {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final int CPUS = 3;

    private final Machine machine = new Machine("m", GuestMemory.allocate(4096), (source, message) -> {}, CPUS);
    private FakeCpus cpus;

    @AfterEach
    void close() {
        machine.close();
    }

    private void start(boolean held, Function<FakeCpus.Cpu, VcpuExit> step) {
        cpus = new FakeCpus(step);
        machine.open(cpus, new NoInterrupts());
        machine.start(Pace.REAL_TIME, held);
    }

    private record NoInterrupts() implements InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            return 0xFF;
        }
    }

    private static VcpuExit exit(VcpuExit.Kind kind) {
        return new VcpuExit(kind, "at 0x1234");
    }

    /** A step of which only one CPU comes back. */
    private static Function<FakeCpus.Cpu, VcpuExit> only(int number, VcpuExit.Kind kind) {
        return cpu -> cpu.number == number ? exit(kind) : null;
    }

    private <T> T ask(Supplier<T> question) throws Exception {
        CompletableFuture<T> answer = new CompletableFuture<>();
        assertTrue(machine.post(() -> answer.complete(question.get())), "a living machine takes tasks");
        return answer.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private MachineEnd end() throws InterruptedException {
        return machine.awaitEnd(SOON).orElseThrow(() -> new AssertionError("the machine didn't end"));
    }

    private boolean anyRuns() {
        return cpus.cpus().stream().anyMatch(cpu -> cpu.running);
    }

    @Test
    void everyCpuRunsOnItsOwnThread() throws Exception {
        CountDownLatch all = new CountDownLatch(CPUS);
        String[] names = new String[CPUS];
        start(false, cpu -> {
            if (names[cpu.number] == null) {
                names[cpu.number] = Thread.currentThread().getName();
                all.countDown();
            }
            return null;
        });
        assertTrue(all.await(SOON.toSeconds(), TimeUnit.SECONDS));
        assertEquals(List.of("m-vcpu0", "m-vcpu1", "m-vcpu2"), ask(() -> List.of(names)));
        assertEquals(CPUS, machine.vcpus().size());
        assertEquals(machine.vcpus().get(0), machine.vcpu());
    }

    @Test
    void aHoldStopsEveryCpuEveryTime() throws Exception {
        start(false, FakeCpus.SPIN);
        for (int i = 0; i < 200; i++) {
            machine.hold();
            machine.awaitHeld();
            long stepsWhenHeld = cpus.steps();
            assertFalse(anyRuns(), "a CPU runs while held");
            assertEquals(stepsWhenHeld, (long) ask(cpus::steps), "a held guest takes no step");
            machine.resume();
        }
    }

    @Test
    void aCpuThatHoldsTheMachineTakesNoOtherStep() throws Exception {
        AtomicBoolean once = new AtomicBoolean();
        long[] at = new long[1];
        start(false, cpu -> {
            if (cpu.number == 1 && once.compareAndSet(false, true)) {
                cpu.access(machine::hold);
                at[0] = cpu.steps;
            }
            return null;
        });
        while (!once.get()) {
            Thread.onSpinWait();
        }
        machine.awaitHeld();
        assertEquals(at[0], cpus.cpus().get(1).steps);
        assertFalse(anyRuns());
    }

    @Test
    void aTaskFindsEveryCpuBetweenTwoInstructions() throws Exception {
        start(false, FakeCpus.SPIN);
        for (int i = 0; i < 200; i++) {
            assertFalse(ask(this::anyRuns), "a CPU is in its guest while a task is done");
        }
        assertEquals("m-vcpu0", ask(() -> Thread.currentThread().getName()));
    }

    @Test
    void devicesSeeOneCallerAtATime() throws Exception {
        AtomicInteger callers = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger accesses = new AtomicInteger();
        Runnable device = () -> {
            most.accumulateAndGet(callers.incrementAndGet(), Math::max);
            Thread.onSpinWait();
            accesses.incrementAndGet();
            callers.decrementAndGet();
        };
        start(false, cpu -> {
            cpu.access(device);
            return null;
        });
        for (int i = 0; i < 300; i++) {
            ask(() -> {
                device.run();
                return null;
            });
        }
        while (accesses.get() < 10_000) {
            Thread.onSpinWait();
        }
        assertEquals(1, most.get());
    }

    @ParameterizedTest
    @CsvSource({"0, SHUTDOWN, CRASHED", "1, SHUTDOWN, CRASHED", "0, FAILED, FAILED", "2, FAILED, FAILED"})
    void theFirstCpuThatCannotGoOnEndsAll(int number, VcpuExit.Kind exit, Kind kind) throws Exception {
        start(false, only(number, exit));
        assertEquals(new MachineEnd(kind, 0, "at 0x1234"), end());
        assertFalse(anyRuns(), "a CPU runs after the end");
        machine.awaitHeld();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aStoppedCpuIsOnlyThatCpu(int number) throws Exception {
        start(false, only(number, VcpuExit.Kind.STOPPED));
        long before = cpus.cpus().get(2).steps;
        while (cpus.cpus().get(number).steps == 0 || cpus.cpus().get(2).steps < before + 1000) {
            Thread.onSpinWait();
        }
        assertEquals("m-vcpu0", ask(() -> Thread.currentThread().getName()), "tasks are still done");
        assertTrue(cpus.cpus().get(number).steps < 1000, "a stopped CPU is looked at now and then only");
        machine.hold();
        machine.awaitHeld();
        assertTrue(machine.end().isEmpty());
    }

    @Test
    void aStoppedCpuCanBeStartedAnew() throws Exception {
        AtomicBoolean started = new AtomicBoolean();
        start(false, cpu -> cpu.number == 1 && !started.get() ? exit(VcpuExit.Kind.STOPPED) : null);
        while (cpus.cpus().get(1).steps == 0) {
            Thread.onSpinWait();
        }
        started.set(true);
        while (cpus.cpus().get(1).steps < 1000) {
            Thread.onSpinWait();
        }
        assertTrue(machine.end().isEmpty());
    }

    @Test
    void theLastCpuToStopPowersOff() throws Exception {
        start(false, cpu -> exit(VcpuExit.Kind.STOPPED));
        assertEquals(new MachineEnd(Kind.POWERED_OFF, 0, "at 0x1234"), end());
    }

    @Test
    void aBreakpointOfOneHoldsAll() throws Exception {
        start(false, only(2, VcpuExit.Kind.BREAKPOINT));
        machine.awaitHeld();
        assertFalse(anyRuns());
        assertTrue(machine.end().isEmpty());
    }

    @Test
    void aCpuOfSeveralDoesNotComeBackHalted() throws Exception {
        start(false, only(1, VcpuExit.Kind.HALTED));
        assertEquals(Kind.FAILED, end().kind());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void aDeviceThatThrowsEndsAll(int number) throws Exception {
        start(false, cpu -> {
            if (cpu.number == number && cpu.steps > 100) {
                cpu.access(() -> {
                    throw new IllegalStateException("a bug");
                });
            }
            return null;
        });
        assertEquals(new MachineEnd(Kind.FAILED, 0, "java.lang.IllegalStateException: a bug"), end());
        assertFalse(anyRuns());
    }

    @Test
    void theFirstRequestWinsWhicheverCpuMakesIt() throws Exception {
        AtomicInteger first = new AtomicInteger(-1);
        start(false, cpu -> {
            cpu.access(() -> {
                first.compareAndSet(-1, cpu.number);
                machine.control().exit(cpu.number, "");
            });
            return null;
        });
        MachineEnd ended = end();
        assertEquals(first.get(), ended.status());
    }

    @Test
    void aCpusThreadMayStopTheMachineAndNotCloseIt() throws Exception {
        CompletableFuture<String> refused = new CompletableFuture<>();
        start(false, cpu -> {
            if (cpu.number == 1) {
                cpu.access(() -> refused.complete(assertThrows(IllegalStateException.class, machine::close)
                        .getMessage()));
            }
            return null;
        });
        assertEquals("m can't be closed from within", refused.get(SOON.toSeconds(), TimeUnit.SECONDS));
        assertEquals(Kind.STOPPED, end().kind());
    }

    @Test
    void severalCpusDoNotMoveToAnotherBackEnd() {
        start(true, FakeCpus.SPIN);
        String refused = assertThrows(IllegalArgumentException.class, () -> machine.moveTo(cpus))
                .getMessage();
        assertEquals("it has 3 CPUs, and the state of their local APICs isn't kept", refused);
    }

    @Test
    void noStormOfHoldsTasksAndResumesLosesATaskOrTheEnd() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        start(false, cpu -> {
            if (cpu.steps % 64 == 0 && machine.post(done::incrementAndGet)) {
                taken.incrementAndGet();
            }
            return null;
        });
        List<Thread> storm = new ArrayList<>();
        for (Runnable act : List.<Runnable>of(machine::hold, machine::resume, machine::vcpus)) {
            Thread thread = new Thread(() -> {
                while (machine.post(done::incrementAndGet)) {
                    taken.incrementAndGet();
                    act.run();
                }
            });
            thread.start();
            storm.add(thread);
        }
        while (done.get() < 5000) {
            Thread.onSpinWait();
        }
        machine.stop();
        for (Thread thread : storm) {
            thread.join();
        }
        assertEquals(Kind.STOPPED, end().kind());
        assertEquals(taken.get(), done.get());
        assertFalse(anyRuns());
    }
}
