// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class VirtualTimeTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> ran = new ArrayList<>();

    private void at(long nanos, String name) {
        time.schedule(nanos, () -> ran.add(name + '@' + time.nanos()));
    }

    @Test
    void nothingRunsUntilTheClockIsAdvanced() {
        at(0, "a");
        assertEquals(List.of(), ran);
        time.advance(0);
        assertEquals(List.of("a@0"), ran);
    }

    @Test
    void tasksRunByDeadlineAndThenByInsertionEachAtItsOwnTime() {
        at(20, "late");
        at(10, "first");
        at(10, "second");
        at(31, "beyond");
        time.advance(30);
        assertEquals(List.of("first@10", "second@10", "late@20"), ran);
        assertEquals(30, time.nanos());
    }

    @Test
    void aTaskMayScheduleAnotherThatIsDueInTheSameAdvance() {
        time.schedule(5, () -> at(5, "nested"));
        time.advance(10);
        assertEquals(List.of("nested@10"), ran);
    }

    @Test
    void aCancelledTaskDoesNotRun() {
        Time.Task task = time.schedule(1, () -> ran.add("cancelled"));
        task.cancel();
        time.advance(2);
        assertEquals(List.of(), ran);
    }

    /** The sleeper may hold locks that a task needs. */
    @Test
    void aSleepMovesTheClockOnAtOnceAndTasksRunLater() {
        at(5, "task");
        time.sleep(10);
        time.sleep(-1);
        assertEquals(10, time.nanos());
        assertEquals(List.of(), ran);
        time.advance(0);
        assertEquals(List.of("task@10"), ran);
    }

    @Test
    void whoWaitsForACompletionLetsTasksRunUntilItComes() {
        Completion done = new Completion(time);
        at(5, "before");
        time.schedule(10, done::complete);
        at(15, "after");
        assertEquals(Completion.Outcome.DONE, done.awaitInterruptibly());
        assertEquals(List.of("before@5"), ran);
        assertEquals(10, time.nanos());
    }

    @Test
    void aCompletionThatComesTooLateIsGivenUpInTime() {
        Completion done = new Completion(time);
        time.schedule(10, done::complete);
        assertEquals(Completion.Outcome.TIMEOUT, done.await(9, true));
        assertEquals(9, time.nanos());
    }

    /** What a kernel's mutex and completion promise, by whichever clock. */
    @Test
    void anInterruptEndsOnlyAnInterruptibleWaitAndStaysPending() {
        try (RealTime real = new RealTime()) {
            for (Time clock : List.of(time, real)) {
                Thread.currentThread().interrupt();
                assertEquals(Completion.Outcome.INTERRUPTED, new Completion(clock).awaitInterruptibly());
                assertEquals(Completion.Outcome.TIMEOUT, new Completion(clock).await(1000, false));
                assertTrue(Thread.interrupted());
            }
        }
    }

    @Nested
    class ABackgroundThread {
        private final Mutex mutex = new Mutex();

        private Background writer(String name, Runnable action) {
            return time.start(name, () -> {
                ran.add(name + " begins@" + time.nanos());
                action.run();
                ran.add(name + " ends@" + time.nanos());
            });
        }

        @Test
        void runsAtOnceUntilItSleepsAndGoesOnWhenTheClockSaysSo() {
            Background writer = writer("w", () -> time.sleep(10));
            ran.add("step");
            time.advance(9);
            assertFalse(writer.isOver());
            time.advance(1);
            assertTrue(writer.isOver());
            assertEquals(List.of("w begins@0", "step", "w ends@10"), ran);
        }

        @Test
        void keepsItsLocksWhileItSleepsSoThatTheClockMovesOnForWhoeverWantsThem() {
            writer("w", () -> {
                mutex.lock();
                time.sleep(10);
                mutex.unlock();
            });
            mutex.lock();
            ran.add("mine@" + time.nanos());
            mutex.unlock();
            assertEquals(List.of("w begins@0", "w ends@10", "mine@10"), ran);
        }

        @Test
        void goesOnAfterTheStepThatLetItNotInTheMiddle() {
            mutex.lock();
            writer("w", () -> {
                mutex.lock();
                mutex.unlock();
            });
            mutex.unlock();
            ran.add("rest of the step");
            assertTrue(time.giveTurns());
            assertEquals(List.of("w begins@0", "rest of the step", "w ends@0"), ran);
        }

        @Test
        void noticesASignalInItsInterruptibleWaits() {
            Completion never = new Completion(time);
            Background writer = writer("w", () -> {
                ran.add(never.await(100, true) + "@" + time.nanos());
                ran.add(never.await(100, false) + "@" + time.nanos());
            });
            time.advance(3);
            writer.interrupt();
            time.giveTurns();
            time.advance(1000);
            assertEquals(List.of("w begins@0", "INTERRUPTED@3", "TIMEOUT@103", "w ends@103"), ran);
        }

        @Test
        void thatNobodyWaitsForAnyMoreFreesWhatItHolds() {
            Background writer = writer("w", () -> {
                mutex.lock();
                try {
                    new Completion(time).awaitInterruptibly();
                } finally {
                    mutex.unlock();
                }
            });
            time.abandonBackgrounds();
            assertTrue(writer.isOver());
            assertFalse(mutex.isLocked());
            assertEquals(List.of("w begins@0"), ran);
        }

        /** Two that contend for a lock and a clock: the same order, however the threads are scheduled. */
        @Test
        void givesTheSameRunEachTime() {
            List<String> first = null;
            for (int run = 0; run < 50; run++) {
                ran.clear();
                VirtualTime clock = new VirtualTime();
                Mutex lock = new Mutex();
                for (int i = 0; i < 4; i++) {
                    String name = "w" + i;
                    long pause = 7 - i;
                    clock.start(name, () -> {
                        for (int round = 0; round < 5; round++) {
                            lock.lock();
                            ran.add(name + '@' + clock.nanos());
                            clock.sleep(pause);
                            lock.unlock();
                            clock.sleep(1);
                        }
                    });
                }
                clock.advance(1000);
                first = first == null ? List.copyOf(ran) : first;
                assertEquals(first, ran);
            }
            assertEquals(20, ran.size());
        }
    }

    @Test
    void realTimeRunsTasksUntilItIsClosed() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        try (RealTime real = new RealTime()) {
            real.schedule(1000, done::countDown);
            assertTrue(done.await(10, TimeUnit.SECONDS));
        }
    }
}
