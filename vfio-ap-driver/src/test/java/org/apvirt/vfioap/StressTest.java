// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.ap.ApQuirk;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Pqap;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachineBuilder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Eight threads do random things to 8 x 8 queues. Nobody may wait for ever, locks are taken in the legal order, and at
 * no moment does a guest reach a queue that is not its own.
 *
 * <p>{@code -Dapvirt.stress.operations=1000000} makes it long; a unit run is short.
 */
class StressTest {
    private static final int OPERATIONS = Integer.getInteger("apvirt.stress.operations", 1_500);
    private static final int THREADS = 8;
    private static final int MDEVS = 6;
    private static final int IDS = 8;
    private static final long PATIENCE_SECONDS = 60 + OPERATIONS / 1000;

    private TestSystem system;
    private OwnershipWitness witness;
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger reached = new AtomicInteger();
    private final RunningGuest[] guests = new RunningGuest[MDEVS]; // each guarded by its own lock, below
    private final Object[] guestLocks = new Object[MDEVS];

    @ParameterizedTest
    @EnumSource(TestLevel.class)
    void nobodyDeadlocksAndNoGuestReachesWhatItDoesNotOwn(TestLevel level) throws Exception {
        system = new TestSystem(level, StressTest::eightByEight);
        LockOrderRecorder locks = new LockOrderRecorder();
        locks.begin(); // before any thread of the test holds one
        witness = new OwnershipWitness(system, IDS);
        reserveAll(level);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            guestLocks[i % MDEVS] = guestLocks[i % MDEVS] == null ? new Object() : guestLocks[i % MDEVS];
            Random random = new Random(31L * i + level.ordinal());
            Thread thread = new Thread(() -> work(random), "stress-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        long begin = System.nanoTime();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            assertTrue(!thread.isAlive(), () -> thread.getName() + " hangs at "
                    + List.of(thread.getStackTrace()) + " after " + done + " operations");
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.out.printf("stress %s: %d operations, %d accepted, %d guest instructions reached a queue, %.0f/s%n",
                level, done.get(), accepted.get(), reached.get(), done.get() / seconds);
        assertEquals(List.of(), witness.violations());
        assertEquals(List.of(), locks.violations());
        locks.close();
        assertTrue(locks.seen(LockOrder.PERMISSIONS, LockOrder.MDEVS) && locks.seen(LockOrder.KVM, LockOrder.MDEVS));
        assertTrue(locks.seen(LockOrder.GUESTS, LockOrder.HOOK), "opening a device installs the hook");
        assertTrue(reached.get() > 0, "no guest ever reached a queue");
        assertTrue(accepted.get() > OPERATIONS / 10, accepted + " operations were accepted");
    }

    private void reserveAll(TestLevel level) throws ErrnoException {
        if (level.has(ApQuirk.MASKS_RESERVE)) {
            system.write("bus/ap/apmask", "-0-7");
        } else {
            for (int i = 0; i < IDS * IDS; i++) {
                String queue = new Apqn(i / IDS, i % IDS).toString();
                system.write("bus/ap/drivers/cex4queue/unbind", queue);
                system.write("bus/ap/drivers/vfio_ap/bind", queue);
            }
        }
    }

    private static SimulatedMachineBuilder eightByEight(SimulatedMachineBuilder machine) {
        for (int apid = 0; apid < IDS; apid++) {
            machine.adapter(AdapterSpec.of(apid, 11, AdapterMode.CCA));
        }
        return machine.usageDomains(ApMask.range(0, IDS - 1));
    }

    private static String uuid(int number) {
        return "0000000" + number + "-0000-0000-0000-000000000000";
    }

    private void work(Random random) {
        while (done.getAndIncrement() < OPERATIONS) {
            try {
                operation(random);
                accepted.incrementAndGet();
            } catch (ErrnoException e) {
                // A refusal is an answer; what counts is that it leaves everything in order.
                assert e.errno() != null;
            } catch (RuntimeException | Error e) {
                witness.report(e + " at " + List.of(e.getStackTrace()));
                return;
            }
        }
    }

    private void operation(Random random) throws ErrnoException {
        int mdev = random.nextInt(MDEVS);
        String path = TestSystem.MATRIX + uuid(mdev) + '/';
        String id = Integer.toString(random.nextInt(IDS));
        String queue = new Apqn(random.nextInt(IDS), random.nextInt(IDS)).toString();
        switch (random.nextInt(20)) {
            case 0 -> system.create(uuid(mdev));
            case 1 -> removeIfIdle(mdev, path, random);
            case 2, 3 -> system.write(path + "assign_adapter", id);
            case 4 -> system.write(path + "unassign_adapter", id);
            case 5, 6 -> system.write(path + "assign_domain", id);
            case 7 -> system.write(path + "unassign_domain", id);
            case 8 -> system.write(path + "assign_control_domain", id);
            case 9 -> system.write(path + "ap_config", "0x" + two(random) + ",0x" + two(random) + ",0xff");
            case 10 -> system.write("bus/ap/drivers/vfio_ap/bind", queue);
            case 11 -> system.write("bus/ap/drivers/" + (random.nextInt(4) == 0 ? "vfio_ap/unbind" : "vfio_ap/bind"),
                    queue);
            case 12 -> system.write("bus/ap/drivers/cex4queue/" + (random.nextInt(4) == 0 ? "bind" : "unbind"), queue);
            case 13 -> system.write(random.nextBoolean() ? "bus/ap/apmask" : "bus/ap/aqmask",
                    (random.nextInt(8) == 0 ? "+" : "-") + id);
            case 14 -> system.create(uuid(mdev), "0 1 2 3".substring(0, 1 + 2 * random.nextInt(4)), id);
            case 15 -> system.bus.scan();
            case 16, 17 -> startOrStop(mdev, random);
            default -> issue(mdev, random);
        }
    }

    private static String two(Random random) {
        return String.format("%02x", 1 << random.nextInt(IDS) | 1 << random.nextInt(IDS));
    }

    private void removeIfIdle(int mdev, String path, Random random) throws ErrnoException {
        if (random.nextInt(4) == 0) {
            synchronized (guestLocks[mdev]) {
                if (guests[mdev] == null) {
                    system.write(path + "remove", "1");
                }
            }
        }
    }

    private void startOrStop(int mdev, Random random) throws ErrnoException {
        synchronized (guestLocks[mdev]) {
            RunningGuest running = guests[mdev];
            if (running == null) {
                if (system.node(TestSystem.MATRIX + uuid(mdev) + "/iommu_group") == null) {
                    return;
                }
                var vm = system.kvm.createVm(mdev, random.nextInt(1000));
                witness.watch(vm.guest());
                guests[mdev] = new RunningGuest(system, uuid(mdev), vm);
            } else {
                running.close();
                guests[mdev] = null;
            }
        }
    }

    /** A CPU of a guest issues a few instructions; the guest cannot end meanwhile, but all else goes on. */
    private void issue(int mdev, Random random) {
        synchronized (guestLocks[mdev]) {
            RunningGuest running = guests[mdev];
            if (running != null) {
                witness.run(running.vm.guest(), () -> {
                    for (int i = 0; i < 20; i++) {
                        if (running.tapq(random.nextInt(IDS), random.nextInt(IDS)) == 0) {
                            reached.incrementAndGet();
                        }
                    }
                });
                running.aqic(random.nextInt(IDS), random.nextInt(IDS), random.nextBoolean() ? Pqap.AQIC_IR | 3 : 0,
                        0x200);
            }
        }
    }
}
