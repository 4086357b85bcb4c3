// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The clock of the computer. No bound above: the computer may be busy. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RealTimeTest {
    private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LONG = TimeUnit.HOURS.toNanos(1);

    private final RealTime time = new RealTime();

    @AfterEach
    void stop() {
        time.close();
    }

    @Test
    void aSleepTakesItsTimeAndAnInterruptDoesNotEndIt() {
        long begun = time.nanos();
        time.sleep(SHORT);
        assertTrue(time.nanos() - begun >= SHORT);
        assertFalse(Thread.interrupted());
        Thread.currentThread().interrupt();
        begun = time.nanos();
        time.sleep(SHORT);
        assertTrue(time.nanos() - begun >= SHORT);
        assertTrue(Thread.interrupted(), "it stays pending");
    }

    @Test
    void whoWaitsForACompletionIsWokenWhenItComes() throws InterruptedException {
        Completion completion = new Completion(time);
        CountDownLatch done = new CountDownLatch(1);
        Thread waiter = Thread.ofPlatform().start(() -> {
            assertEquals(Completion.Outcome.DONE, completion.await(LONG, false));
            done.countDown();
        });
        while (waiter.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        completion.complete();
        done.await();
    }

    @Test
    void aWaitEndsWhenItsTimeIsOverAndNotBefore() {
        long begun = time.nanos();
        assertEquals(Completion.Outcome.TIMEOUT, new Completion(time).await(SHORT, true));
        assertTrue(time.nanos() - begun >= SHORT);
    }

    @Test
    void aTaskThatIsCancelledOrNotDueWhenTheClockEndsNeverRuns() throws InterruptedException {
        AtomicInteger ran = new AtomicInteger();
        CountDownLatch last = new CountDownLatch(1);
        time.schedule(SHORT, ran::incrementAndGet).cancel();
        time.schedule(2 * SHORT, last::countDown);
        last.await();
        assertEquals(0, ran.get());
        time.schedule(SHORT, ran::incrementAndGet);
        time.close();
        new RealTime().sleep(3 * SHORT);
        assertEquals(0, ran.get());
    }
}
