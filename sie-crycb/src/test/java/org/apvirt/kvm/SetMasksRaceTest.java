// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.Storage;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A change of masks waits for instructions that run, and lets none start meanwhile. Latches hold each side in place. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SetMasksRaceTest {
    private static final int QUEUE = 0x0104;

    /** A machine on which an instruction lasts until it is let go. */
    private static final class SlowMachine implements ApInstructions {
        final CountDownLatch started = new CountDownLatch(1);
        final CountDownLatch finish = new CountDownLatch(1);
        volatile boolean isSlow;
        final AtomicInteger executed = new AtomicInteger();

        private int execute(ApRegisters regs) {
            if (isSlow) {
                started.countDown();
                await(finish);
                executed.incrementAndGet();
            }
            regs.low(1, 0x8000_0000);
            return 0;
        }

        @Override
        public int pqap(ApRegisters regs, Storage storage) {
            return execute(regs);
        }

        @Override
        public int nqap(ApRegisters regs, Storage storage, int r1, int r2) {
            return execute(regs);
        }

        @Override
        public int dqap(ApRegisters regs, Storage storage, int r1, int r2) {
            return execute(regs);
        }
    }

    private final SlowMachine machine = new SlowMachine();
    private final KvmGuest guest = new KvmGuest(new ApPlatform(machine, Facilities.of(76), ApFirmware.UNSUPPORTED,
            ApInterrupts.NONE, new VirtualTime()));
    private final ExecutorService threads = Executors.newCachedThreadPool();

    SetMasksRaceTest() throws ErrnoException {
        guest.setAttribute(CryptoAttributes.GROUP, CryptoAttributes.ENABLE_APIE);
        TestGuest.setMasks(guest, ApMask.of(1), ApMask.of(4), ApMask.NONE);
    }

    @AfterEach
    void stop() {
        machine.finish.countDown();
        threads.shutdownNow();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS), "nobody came");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int tapq(KvmCpu cpu) {
        ApRegisters regs = new ApRegisters();
        regs.gr(0, QUEUE);
        return cpu.pqap(regs, new ArrayStorage(0));
    }

    private static void untilBlocked(KvmGuest guest) {
        while (!guest.gate().isBlocked()) {
            Thread.onSpinWait();
        }
    }

    private static void untilWaits(AtomicReference<Thread> thread) {
        while (thread.get() == null || thread.get().getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait();
        }
    }

    private static int execute(String instruction, KvmCpu cpu) {
        ApRegisters regs = new ApRegisters();
        ArrayStorage storage = new ArrayStorage(0x1000);
        switch (instruction) {
            case "NQAP" -> {
                regs.gr(0, 0x4000_0000 | QUEUE);
                regs.gr(5, 64);
                return cpu.nqap(regs, storage, 2, 4);
            }
            case "DQAP" -> {
                regs.gr(0, 0x8000_0000L | QUEUE);
                regs.gr(7, 64);
                return cpu.dqap(regs, storage, 4, 6);
            }
            default -> {
                return tapq(cpu);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PQAP", "NQAP", "DQAP"})
    void aChangeReturnsOnlyAfterTheRunningInstruction(String name) throws Exception {
        KvmCpu cpu = guest.newCpu();
        machine.isSlow = true;
        Future<Integer> instruction = threads.submit(() -> execute(name, cpu));
        await(machine.started);
        Future<Integer> change = threads.submit(() -> {
            TestGuest.clearMasks(guest);
            return machine.executed.get();
        });
        untilBlocked(guest);
        assertFalse(change.isDone());
        assertTrue(guest.apcb().grants(QUEUE), "bytes changed under the instruction");
        machine.finish.countDown();
        assertEquals(0, instruction.get(20, TimeUnit.SECONDS));
        assertEquals(1, change.get(20, TimeUnit.SECONDS));
        assertEquals(3, tapq(cpu));
    }

    @Test
    void anInstructionThatComesDuringAChangeUsesTheNewMasks() throws Exception {
        KvmCpu slow = guest.newCpu();
        KvmCpu other = guest.newCpu();
        machine.isSlow = true;
        Future<Integer> first = threads.submit(() -> tapq(slow));
        await(machine.started);
        Future<?> change = threads.submit(() -> TestGuest.clearMasks(guest));
        untilBlocked(guest);
        AtomicReference<Thread> comer = new AtomicReference<>();
        Future<Integer> second = threads.submit(() -> {
            comer.set(Thread.currentThread());
            return tapq(other);
        });
        untilWaits(comer);
        assertFalse(other.isInSie());
        machine.finish.countDown();
        change.get(20, TimeUnit.SECONDS);
        assertEquals(0, first.get(20, TimeUnit.SECONDS));
        assertEquals(3, second.get(20, TimeUnit.SECONDS)); // it was held back at the gate
        assertEquals(1, machine.executed.get());
    }

    @Test
    void aCpuThatHandlesAnInterceptionDoesNotHoldUpAChange() throws Exception {
        guest.cpuModel(Facilities.of(65, 76));
        KvmCpu cpu = guest.newCpu();
        CountDownLatch inHook = new CountDownLatch(1);
        CountDownLatch leaveHook = new CountDownLatch(1);
        guest.installHook((unused, regs) -> {
            inHook.countDown();
            await(leaveHook);
            return new PqapOutcome.ForUserspace();
        });
        ApRegisters regs = new ApRegisters();
        regs.gr(0, 0x0300_0000 | QUEUE);
        Future<Integer> aqic = threads.submit(() -> cpu.pqap(regs, new ArrayStorage(0)));
        await(inHook);
        TestGuest.clearMasks(guest);
        leaveHook.countDown();
        assertEquals(TestGuest.OPERATION, aqic.get(20, TimeUnit.SECONDS));
    }

    @Test
    void noInstructionEverSucceedsAfterAClearHasReturned() throws Exception {
        AtomicInteger epoch = new AtomicInteger(); // odd: the guest has no queue
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger wrong = new AtomicInteger();
        KvmCpu cpu = guest.newCpu();
        Future<?> runner = threads.submit(() -> {
            while (!stop.get()) {
                int before = epoch.get();
                if (tapq(cpu) == 0 && before % 2 == 1 && epoch.get() == before) {
                    wrong.incrementAndGet();
                }
            }
        });
        for (int round = 0; round < 2000; round++) {
            TestGuest.clearMasks(guest);
            epoch.incrementAndGet();
            Thread.onSpinWait();
            epoch.incrementAndGet();
            TestGuest.setMasks(guest, ApMask.of(1), ApMask.of(4), ApMask.NONE);
        }
        stop.set(true);
        runner.get(20, TimeUnit.SECONDS);
        assertEquals(0, wrong.get());
    }

    @Test
    void twoThreadsOnOneCpuExecuteOneAfterTheOther() throws Exception {
        KvmCpu cpu = guest.newCpu();
        machine.isSlow = true;
        Future<Integer> first = threads.submit(() -> tapq(cpu));
        await(machine.started);
        Future<Integer> second = threads.submit(() -> tapq(cpu));
        assertTrue(cpu.isInSie());
        assertEquals(0, machine.executed.get());
        machine.finish.countDown();
        assertEquals(0, first.get(20, TimeUnit.SECONDS));
        assertEquals(0, second.get(20, TimeUnit.SECONDS));
        assertEquals(2, machine.executed.get());
    }
}
