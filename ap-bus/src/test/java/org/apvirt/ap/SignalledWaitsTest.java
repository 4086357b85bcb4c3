// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.RealTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Task;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a signal to a program does to the waits of its calls. */
@Timeout(20)
class SignalledWaitsTest {
    private final TestHost host = new TestHost(TestLevel.LINUX_6_12, machine -> machine
            .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
            .usageDomains(ApMask.of(4))).withDrivers();
    private final CountDownLatch goOn = new CountDownLatch(1);

    @AfterEach
    void nothingIsLeftWaiting() {
        goOn.countDown();
        Thread.interrupted();
    }

    /** Has another thread hold a lock until the test ends. */
    private void holdElsewhere(ReentrantLock lock) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        Thread holder = new Thread(() -> {
            lock.lock();
            held.countDown();
            awaitGoOn();
            lock.unlock();
        });
        holder.setDaemon(true);
        holder.start();
        held.await();
    }

    private void awaitGoOn() {
        try {
            goOn.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aReadThatAsksABusyCardGoesOnWithoutTheAnswerAndCancelsTheRequest() {
        host.machine.setResponse(new Apqn(5, 4), ApResponseCode.RESET_IN_PROGRESS.code());
        Thread.currentThread().interrupt();
        assertEquals("\n", host.read("/devices/ap/card05/serialnr"));
        assertTrue(Thread.interrupted(), "the signal stays pending until the call returns");
        assertEquals("0\n", host.read("/devices/ap/card05/requestq_count"));
        host.machine.setResponse(new Apqn(5, 4), -1);
        host.settle();
        assertEquals("CARDFIVE\n", host.read("/devices/ap/card05/serialnr"));
    }

    @Test
    void aWriterThatWaitsForARunningScanGoesOnWithoutIt() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        host.kernel.onUevent(event -> {
            if (event.header().equals("add@/devices/ap/card07")) {
                inside.countDown();
                awaitGoOn();
            }
        });
        host.machine.addAdapter(AdapterSpec.of(7, 11, AdapterMode.CCA));
        Thread scanner = new Thread(host.bus::scan);
        scanner.start();
        inside.await();
        String before = host.read("scans");
        Thread.currentThread().interrupt();
        host.write("scans", "1"); // is not refused
        assertTrue(Thread.interrupted());
        assertEquals(before, host.read("scans"));
        goOn.countDown();
        scanner.join();
    }

    @Test
    void aMaskThatAnAssignmentHoldsIsEintrAndStaysAsItIs() throws Exception {
        holdElsewhere(host.bus.permissions().lock());
        String before = host.read("apmask");
        Thread.currentThread().interrupt();
        assertEquals(Errno.EINTR, host.refused("apmask", "-5"));
        assertEquals(Errno.EINTR, host.refused("aqmask", "-4"));
        Thread.interrupted();
        assertEquals(before, host.read("apmask"));
    }

    @Test
    void aFreeLockIsTakenWhateverIsPending() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        Thread.currentThread().interrupt();
        Task.lockInterruptibly(lock);
        Task.lockKillably(lock);
        assertEquals(2, lock.getHoldCount());
        assertTrue(Thread.interrupted());
    }

    @Test
    void onlyAFatalSignalEndsAKillableWait() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        holdElsewhere(lock);
        AtomicBoolean fatal = new AtomicBoolean();
        AtomicBoolean ended = new AtomicBoolean();
        Thread waiter = new Thread(() -> {
            Task.enter(new Task() {
                @Override
                public String command() {
                    return "cat";
                }

                @Override
                public long pid() {
                    return 42;
                }

                @Override
                public boolean hasFatalSignal() {
                    return fatal.get();
                }
            });
            assertEquals(42, Task.current().pid());
            assertThrows(ErrnoException.class, () -> Task.lockKillably(lock));
            ended.set(Task.signalPending());
        });
        waiter.start();
        awaitWaiting(waiter);
        waiter.interrupt();
        Thread.sleep(20); // long enough for a wait that would end wrongly
        awaitWaiting(waiter);
        fatal.set(true);
        waiter.interrupt();
        waiter.join();
        assertTrue(ended.get());
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            assertTrue(thread.isAlive());
            Thread.onSpinWait();
        }
    }

    @Test
    void anUninterruptibleSleepLastsItsTimeAndDoesNotSpin() throws Exception {
        try (RealTime time = new RealTime()) {
            long[] used = new long[2];
            Thread sleeper = new Thread(() -> {
                Thread.currentThread().interrupt();
                long begun = System.nanoTime();
                long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                time.sleep(200_000_000);
                used[0] = System.nanoTime() - begun;
                used[1] = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
                assertTrue(Thread.interrupted());
            });
            sleeper.start();
            sleeper.join();
            assertTrue(used[0] >= 200_000_000, () -> used[0] + " ns");
            assertFalse(used[1] > 100_000_000, () -> used[1] + " ns of processor time");
        }
    }
}
