// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.MachineEnd.Kind;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MachineTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final long SECOND = 1_000_000_000L;

    private final Machine machine = new Machine("m", GuestMemory.allocate(4096), (source, message) -> {});
    private FakeCpu cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private static final class NoInterrupts implements InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            return 0xFF;
        }
    }

    private void start(Pace pace, boolean held, Supplier<VcpuExit> step) {
        cpu = new FakeCpu(step);
        machine.open(cpu, new NoInterrupts());
        machine.start(pace, held);
    }

    private VcpuExit fireThenHalt() {
        machine.clock().fireDue();
        return FakeCpu.exit(VcpuExit.Kind.HALTED);
    }

    private <T> T ask(Supplier<T> question) throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<T> answer = new CompletableFuture<>();
        assertTrue(machine.post(() -> answer.complete(question.get())), "a living machine takes tasks");
        return answer.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private MachineEnd end() throws InterruptedException {
        return machine.awaitEnd(SOON).orElseThrow(() -> new AssertionError("the machine didn't end"));
    }

    @Test
    void holdFromAnotherThreadStopsASpinningCpuEveryTime() throws Exception {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        for (int i = 0; i < 2000; i++) {
            machine.hold();
            machine.awaitHeld();
            long stepsWhenHeld = cpu.steps;
            assertFalse(machine.isRunning());
            assertEquals(stepsWhenHeld, (long) ask(() -> cpu.steps), "a held guest takes no step");
            machine.resume();
        }
        assertTrue(machine.isRunning());
    }

    @Test
    void resumedGuestGoesOn() throws Exception {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        start(Pace.VIRTUAL, true, () -> {
            reached.complete(null);
            return null;
        });
        assertEquals(0L, (long) ask(() -> cpu.steps));
        machine.resume();
        reached.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void taskRunsOnTheMachinesThreadWhileHeldAndWhileRunning() throws Exception {
        start(Pace.VIRTUAL, true, FakeCpu.SPIN);
        assertEquals("m-vcpu0", ask(() -> Thread.currentThread().getName()));
        machine.resume();
        assertEquals("m-vcpu0", ask(() -> Thread.currentThread().getName()));
    }

    @Test
    void tasksRunInTheOrderOfPosting() throws Exception {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            machine.post(() -> order.add(number));
        }
        assertEquals(100, (int) ask(order::size));
        assertEquals(0, order.get(0));
        assertEquals(99, order.get(99));
    }

    @Test
    void taskThatPostsItselfForEverDoesNotKeepTheMachineFromEnding() throws Exception {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        machine.post(new Runnable() {
            @Override
            public void run() {
                machine.post(this);
            }
        });
        assertEquals("answered", ask(() -> "answered"));
        machine.stop();
        assertEquals(Kind.STOPPED, end().kind());
    }

    @Test
    void taskMayHoldTheGuest() throws Exception {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        machine.post(machine::hold);
        ask(() -> "done");
        machine.awaitHeld();
        assertFalse(machine.isRunning());
    }

    @Test
    void machineDoesNotWaitForItself() throws Exception {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        Class<?> thrown = ask(() ->
                assertThrows(IllegalStateException.class, machine::awaitHeld).getClass());
        assertEquals(IllegalStateException.class, thrown);
    }

    @Test
    void breakpointHolds() throws Exception {
        start(Pace.VIRTUAL, false, () -> FakeCpu.exit(VcpuExit.Kind.BREAKPOINT));
        machine.awaitHeld();
        assertFalse(machine.isRunning());
        assertTrue(machine.end().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"STOPPED, POWERED_OFF", "SHUTDOWN, CRASHED", "FAILED, FAILED"})
    void cpuThatCannotGoOnEndsTheMachine(VcpuExit.Kind exit, Kind kind) throws Exception {
        start(Pace.VIRTUAL, false, () -> FakeCpu.exit(exit));
        assertEquals(new MachineEnd(kind, 0, "at 0x1234"), end());
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void stopEndsARunningOrHeldMachine(boolean held) throws Exception {
        start(Pace.VIRTUAL, held, FakeCpu.SPIN);
        machine.stop();
        assertEquals(Kind.STOPPED, end().kind());
        machine.stop();
        machine.awaitHeld();
        machine.resume();
        assertFalse(machine.isRunning());
    }

    @Test
    void stopEndsAnIdleMachineThatNothingWillWake() throws Exception {
        start(Pace.REAL_TIME, false, this::fireThenHalt);
        machine.stop();
        assertEquals(Kind.STOPPED, end().kind());
    }

    @Test
    void machineStoppedBeforeItsStartNeverStarts() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        cpu = new FakeCpu(FakeCpu.SPIN);
        machine.open(cpu, new NoInterrupts());
        assertTrue(machine.post(() -> done.set(true)));
        machine.stop();
        assertEquals(Kind.STOPPED, end().kind());
        assertTrue(done.get(), "a task that was taken is done");
        assertThrows(IllegalStateException.class, () -> machine.start(Pace.VIRTUAL, false));
    }

    @Test
    void machineWithoutCpuDoesNotStart() {
        assertThrows(IllegalStateException.class, () -> machine.start(Pace.VIRTUAL, false));
    }

    @Test
    void resetRequestEndsWithItsReason() throws Exception {
        start(Pace.VIRTUAL, false, () -> {
            machine.control().reset("keyboard controller");
            return null;
        });
        assertEquals(new MachineEnd(Kind.RESET, 0, "keyboard controller"), end());
        assertEquals(1, cpu.steps, "it takes effect after the instruction");
    }

    @Test
    void firstRequestWinsOverLaterOnesAndOverStop() throws Exception {
        start(Pace.VIRTUAL, false, () -> {
            machine.post(machine::stop);
            machine.control().exit(3, "debug exit");
            machine.control().reset("too late");
            return FakeCpu.exit(VcpuExit.Kind.SHUTDOWN);
        });
        assertEquals(new MachineEnd(Kind.EXITED, 3, "debug exit"), end());
    }

    @Test
    void requestOfAHaltingGuestDoesNotWaitForTheAlarm() throws Exception {
        machine.clock().alarm(() -> {}).at(3600 * SECOND);
        start(Pace.REAL_TIME, false, () -> {
            machine.control().exit(0, "");
            return FakeCpu.exit(VcpuExit.Kind.HALTED);
        });
        assertEquals(Kind.EXITED, end().kind());
    }

    @Test
    void virtualIdleTimeIsSkipped() throws Exception {
        machine.clock().alarm(() -> machine.control().exit(7, "an hour later")).at(3600 * SECOND);
        start(Pace.VIRTUAL, false, this::fireThenHalt);
        assertEquals(7, end().status());
        assertEquals(3600 * SECOND, machine.clock().nanos());
    }

    @Test
    void realIdleTimeTakesAsLongAsItSays() throws Exception {
        long idle = 50_000_000;
        machine.clock().alarm(() -> machine.control().exit(0, "")).at(idle);
        long from = System.nanoTime();
        start(Pace.REAL_TIME, false, this::fireThenHalt);
        end();
        assertTrue(System.nanoTime() - from >= idle, "the host's clock must reach the alarm");
        assertEquals(idle, machine.clock().nanos());
    }

    @Test
    void manyShortIdleTimesTakeAsLongAsTheySay() throws Exception {
        long step = 20_000;
        long idle = 5000 * step;
        VmClock.Alarm[] tick = new VmClock.Alarm[1];
        tick[0] = machine.clock().alarm(() -> tick[0].at(machine.clock().nanos() + step));
        tick[0].at(step);
        machine.clock().alarm(() -> machine.control().exit(0, "")).at(idle);
        long from = System.nanoTime();
        start(Pace.REAL_TIME, false, this::fireThenHalt);
        end();
        long taken = System.nanoTime() - from;
        assertTrue(taken >= idle && taken < 3 * idle, "each sleep is some 60 us too long: " + taken);
    }

    @Test
    void taskAndPaceReachAnIdleMachine() throws Exception {
        machine.clock().alarm(() -> machine.control().exit(0, "")).at(3600 * SECOND);
        start(Pace.REAL_TIME, false, this::fireThenHalt);
        assertEquals("awake", ask(() -> "awake"));
        assertTrue(machine.end().isEmpty());
        machine.pace(Pace.VIRTUAL);
        assertEquals(Kind.EXITED, end().kind());
    }

    @Test
    void idleMachineCanBeHeldAndGoesOn() throws Exception {
        start(Pace.REAL_TIME, false, this::fireThenHalt);
        for (int i = 0; i < 200; i++) {
            machine.hold();
            machine.awaitHeld();
            machine.resume();
        }
        assertTrue(machine.isRunning());
    }

    @Test
    void timeDoesNotPassWhileHeld() throws Exception {
        start(Pace.REAL_TIME, true, this::fireThenHalt);
        assertEquals(0L, (long) ask(() -> machine.clock().nanos()));
    }

    @Test
    void deviceThatThrowsEndsTheMachineWithItsTraceInTheLog() throws Exception {
        IllegalStateException bug = new IllegalStateException("a bug");
        machine.ports().map(new AddressRange(0x10, 1), "broken0", new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                throw bug;
            }

            @Override
            public void writeByte(int offset, int value) {
                throw bug;
            }
        });
        ListAppender<ILoggingEvent> log = logOfMachine();
        start(Pace.VIRTUAL, false, () -> {
            machine.ports().write(0x10, 1, 0);
            return null;
        });
        assertEquals(new MachineEnd(Kind.FAILED, 0, "java.lang.IllegalStateException: a bug"), end());
        assertFalse(machine.post(() -> {}), "a failed machine takes no task");
        machine.awaitHeld();
        machine.stop();
        ILoggingEvent logged = log.list.get(0);
        assertEquals(Level.ERROR, logged.getLevel());
        assertEquals(
                bug,
                assertInstanceOf(ThrowableProxy.class, logged.getThrowableProxy())
                        .getThrowable());
    }

    @Test
    void taskThatThrowsEndsTheMachineAndTheOthersAreStillDone() throws Exception {
        logOfMachine();
        CompletableFuture<String> other = new CompletableFuture<>();
        start(Pace.VIRTUAL, true, FakeCpu.SPIN);
        ask(() -> {
            machine.post(() -> {
                throw new IllegalArgumentException("a bug");
            });
            machine.post(() -> other.complete("done"));
            return "posted";
        });
        assertEquals(Kind.FAILED, end().kind());
        assertEquals("done", other.getNow("not done"));
    }

    private static ListAppender<ILoggingEvent> logOfMachine() {
        Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(Machine.class);
        logger.setAdditive(false);
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        logger.detachAndStopAllAppenders();
        logger.addAppender(appender);
        return appender;
    }

    @Test
    void whoHearsOfTheEndMayAskTheMachineFromAnyThread() throws Exception {
        CompletableFuture<Boolean> heard = machine.whenEnded().thenApply(ended -> {
            CompletableFuture<Boolean> elsewhere = CompletableFuture.supplyAsync(machine::isRunning);
            return elsewhere.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
        });
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        machine.stop();
        assertFalse(heard.get(SOON.toSeconds(), TimeUnit.SECONDS));
    }

    @Test
    void everyTaskThatWasTakenIsDoneWheneverTheMachineEnds() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        Thread poster = new Thread(() -> {
            while (machine.post(done::incrementAndGet)) {
                taken.incrementAndGet();
            }
        });
        poster.start();
        ask(() -> "both are at work");
        machine.stop();
        poster.join();
        assertEquals(taken.get(), done.get());
    }

    @Test
    void closedMachineIsLeftInPeace() {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        machine.close();
        assertTrue(cpu.closed);
        assertFalse(machine.post(() -> {}));
        machine.hold();
        machine.close();
        assertThrows(IllegalStateException.class, machine::vcpu);
        assertThrows(IllegalStateException.class, () -> machine.memory().read8(0));
    }

    @Test
    void machineIsNotClosedFromWithin() throws Exception {
        start(Pace.VIRTUAL, false, FakeCpu.SPIN);
        String message = ask(
                () -> assertThrows(IllegalStateException.class, machine::close).getMessage());
        assertEquals("m can't be closed from within", message);
        assertEquals(Kind.STOPPED, end().kind());
    }
}
