// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Random instructions against a simple account of what the queues must hold. */
class RandomInstructionsTest {
    private static final int DEPTH = 4;
    private static final int E = 0x8000_0000;
    private static final int R = 0x4000_0000;
    private static final int F = 0x2000_0000;

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = SimulatedMachine.builder(time)
            .adapter(AdapterSpec.of(1, 14, AdapterMode.ACCELERATOR).depth(DEPTH)
                    .serviceTime(Duration.ofMillis(2)))
            .usageDomains(ApMask.of(0, 1, 2)).build();
    private final ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
    private final byte[] buffer = new byte[64];

    /** What one queue must hold: PSMIDs in the order of NQAP, and how many of them have replies. */
    private static final class Account {
        private final ArrayDeque<Long> queued = new ArrayDeque<>();
        private boolean interrupts;

        int word(int replies) {
            return (queued.isEmpty() ? E : 0) | (replies > 0 ? R : 0) | (queued.size() >= DEPTH ? F : 0)
                    | (interrupts ? ApQueueStatus.IRQ_ENABLED : 0);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepStatusOrderAndCountsInStepWithTheAccount(long seed) {
        Random random = new Random(seed);
        List<Account> accounts = List.of(new Account(), new Account(), new Account());
        long psmid = 0;
        for (int step = 0; step < 3000; step++) {
            int apqi = random.nextInt(3);
            Apqn apqn = new Apqn(1, apqi);
            Account account = accounts.get(apqi);
            SimulatedQueue queue = machine.adapter(1).queue(apqi);
            int replies = queue.replies();
            int before = account.word(replies);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    int word = ap.nqap(apqn, ++psmid, new byte[8], 8, false);
                    if ((before & F) != 0) {
                        assertEquals(before | 0x0010_0000, word);
                    } else {
                        account.queued.add(psmid);
                        assertEquals(account.word(replies), word);
                    }
                }
                case 3, 4 -> {
                    int word = ap.dqap(apqn, buffer, 0);
                    if (replies == 0) {
                        assertEquals(before | 0x0010_0000, word);
                    } else {
                        assertEquals(account.queued.remove(), ap.replyPsmid());
                        assertEquals(account.word(replies - 1), word);
                    }
                }
                case 5 -> time.advanceMillis(random.nextInt(5));
                case 6 -> {
                    int word = ap.aqic(apqn, account.interrupts ? 0 : 0x8000_0000_0000L, 0x200);
                    account.interrupts = !account.interrupts;
                    assertEquals(account.word(replies), word);
                }
                default -> {
                    if (random.nextInt(10) == 0) {
                        assertEquals(E, random.nextBoolean() ? ap.rapq(apqn, false) : ap.zapq(apqn, false));
                        account.queued.clear();
                        account.interrupts = false;
                    }
                }
            }
            assertTrue(queue.replies() <= account.queued.size());
            assertEquals(account.queued.size(), queue.replies() + queue.requests());
            assertEquals(account.word(queue.replies()), ap.tapq(apqn));
        }
    }

    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {2, 4})
    void ofSeveralThreadsLoseNoReply(int threads) throws Exception {
        machine.adapter(1).change(spec -> spec.serviceTime(Duration.ZERO).depth(16));
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<long[]>> sums = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                long first = thread * 1000L;
                sums.add(pool.submit(() -> sendAndReceive(first)));
            }
            long sent = 0;
            long received = 0;
            for (Future<long[]> sum : sums) {
                sent += sum.get()[0];
                received += sum.get()[1];
            }
            byte[] rest = new byte[64];
            Apqn apqn = new Apqn(1, 0);
            while ((ap.dqap(apqn, rest, 0) & 0x00ff_0000) == 0) {
                received += ap.replyPsmid();
            }
            assertEquals(sent, received);
            assertEquals(E, ap.tapq(apqn));
        }
    }

    /** Sends 1000 messages, receiving whatever is there in between; returns the sums of PSMIDs sent and received. */
    private long[] sendAndReceive(long first) {
        ApCommands commands = new ApCommands(machine.instructions(), machine.facilities());
        byte[] reply = new byte[64];
        Apqn apqn = new Apqn(1, 0);
        long[] sums = new long[2];
        for (long psmid = first; psmid < first + 1000;) {
            if ((commands.nqap(apqn, psmid, new byte[8], 8, false) & 0x00ff_0000) == 0) {
                sums[0] += psmid++;
            }
            if ((commands.dqap(apqn, reply, 0) & 0x00ff_0000) == 0) {
                sums[1] += commands.replyPsmid();
            }
        }
        return sums;
    }
}
