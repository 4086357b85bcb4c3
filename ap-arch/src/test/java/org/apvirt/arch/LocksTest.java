// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Locks that may be held over a wait, and who is told of them. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LocksTest {
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final Mutex mutex = new Mutex("matrix_dev->guests_lock");

    private LockWatch watch() {
        return new LockWatch() {
            @Override
            protected void onTaken(String lock) {
                told.add("+" + lock);
            }

            @Override
            protected void onReleased(String lock) {
                told.add("-" + lock);
            }
        };
    }

    @Test
    void aWatchIsToldOfEachNamedLockOnceUntilItIsClosed() throws InterruptedException {
        try (LockWatch watch = watch()) {
            mutex.lock();
            assertEquals(List.of(), told, "it has not begun");
            mutex.unlock();
            watch.begin();
            mutex.lock();
            assertTrue(mutex.tryLock(), "who has it takes it again");
            mutex.lockInterruptibly();
            mutex.unlock();
            mutex.unlock();
            assertEquals(List.of("+matrix_dev->guests_lock"), told);
            mutex.unlock();
            assertTrue(mutex.tryLock());
            mutex.unlock();
            mutex.lockInterruptibly();
            mutex.unlock();
            LockWatch.taken("ap_attr_mutex");
            LockWatch.released("ap_attr_mutex");
            new Mutex().lock();
        }
        mutex.lock();
        assertEquals(List.of("+matrix_dev->guests_lock", "-matrix_dev->guests_lock", "+matrix_dev->guests_lock",
                "-matrix_dev->guests_lock", "+matrix_dev->guests_lock", "-matrix_dev->guests_lock", "+ap_attr_mutex",
                "-ap_attr_mutex"), told);
    }

    @Test
    void aLockThatAnotherThreadHasIsNotTaken() throws InterruptedException {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch enough = new CountDownLatch(1);
        Thread other = Thread.ofPlatform().start(() -> {
            mutex.lock();
            taken.countDown();
            awaitQuietly(enough);
            mutex.unlock();
        });
        taken.await();
        try (LockWatch watch = watch()) {
            watch.begin();
            assertFalse(mutex.tryLock());
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, mutex::lockInterruptibly);
            assertEquals(List.of(), told);
        }
        enough.countDown();
        mutex.lock(); // an ordinary thread is waited for
        other.join();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Three of a background's: one that has the lock, one that waits for good, one that a signal sends away. */
    @Test
    void aSignalSendsAwayWhoWaitsInterruptiblyAndNobodyElse() {
        VirtualTime time = new VirtualTime();
        time.start("holder", () -> {
            mutex.lock();
            time.sleep(10);
            mutex.unlock();
            told.add("holder@" + time.nanos());
        });
        Background stays = time.start("stays", () -> {
            mutex.lock();
            told.add("stays " + Thread.interrupted() + '@' + time.nanos());
            mutex.unlock();
        });
        Background leaves = time.start("leaves", () -> {
            try {
                mutex.lockInterruptibly();
                told.add("has it");
            } catch (InterruptedException e) {
                told.add("leaves@" + time.nanos());
            }
        });
        time.advance(3);
        assertEquals(List.of(), told);
        stays.interrupt();
        leaves.interrupt();
        assertTrue(time.giveTurns());
        assertFalse(time.giveTurns(), "nobody else can go on");
        time.advance(100);
        assertEquals(List.of("leaves@3", "holder@10", "stays true@10"), told);
        assertTrue(stays.isOver() && leaves.isOver());
    }

    /** The clock moves on for a thread that wants what a background thread holds, also if that one wakes late. */
    @Test
    void whoWantsALockOfABackgroundThreadInterruptiblyLetsTheClockMoveOn() throws InterruptedException {
        VirtualTime time = new VirtualTime();
        time.start("holder", () -> {
            mutex.lock();
            time.sleep(10);
            mutex.unlock();
        });
        mutex.lockInterruptibly();
        assertEquals(10, time.nanos());
        mutex.unlock();
        time.start("holder", () -> {
            mutex.lock();
            time.sleep(10);
            mutex.unlock();
        });
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, mutex::lockInterruptibly);
        assertEquals(10, time.nanos());
    }
}
