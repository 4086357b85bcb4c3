// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApCommands;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Occurrence;
import org.apvirt.arch.VirtualTime;
import org.apvirt.sim.Fault.Instruction;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FaultTest {
    private static final Apqn QUEUE = new Apqn(6, 4);
    private static final Apqn OTHER = new Apqn(6, 5);

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = machine(time);
    private final ApCommands ap = new ApCommands(machine.instructions(), machine.facilities());
    private final byte[] buffer = new byte[1000];

    private static SimulatedMachine machine(VirtualTime time) {
        return SimulatedMachine.builder(time).adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(4, 5)).build();
    }

    private int issue(Instruction instruction, Apqn apqn) {
        int word = switch (instruction) {
            case PQAP, TAPQ -> ap.tapq(apqn);
            case RESET -> ap.zapq(apqn, false);
            case AQIC -> ap.aqic(apqn, 0, 0);
            case NQAP -> ap.nqap(apqn, 1, new byte[8], 8, false);
            case DQAP -> ap.dqap(apqn, buffer, 0);
        };
        return ApQueueStatus.responseCode(word);
    }

    @Nested
    class AResponse {
        @ParameterizedTest
        @EnumSource(Instruction.class)
        void comesAtTheNthInstructionOfItsKindOnItsQueueOnly(Instruction instruction) {
            int usual = issue(instruction, OTHER);
            machine.inject(Fault.response(QUEUE, instruction, 3, 0x2c));
            List<Integer> codes = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                assertEquals(usual, issue(instruction, OTHER));
                if (instruction == Instruction.NQAP) {
                    ap.rapq(OTHER, false);
                }
                codes.add(issue(instruction, QUEUE));
            }
            assertEquals(List.of(usual, usual, 0x2c, usual, usual), codes);
        }

        @Test
        void toNqapMeansThatNothingWasEnqueued() {
            machine.inject(Fault.response(QUEUE, Instruction.NQAP, 1, 4));
            assertEquals(0x8004_0000, ap.nqap(QUEUE, 1, new byte[8], 8, false));
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
        }

        @Test
        void toDqapMeansThatTheReplyStays() {
            ap.nqap(QUEUE, 7, new byte[8], 8, false);
            machine.inject(Fault.response(QUEUE, Instruction.DQAP, 1, 4));
            assertEquals(0x4004_0000, ap.dqap(QUEUE, buffer, 0));
            assertEquals(0x8000_0000, ap.dqap(QUEUE, buffer, 0));
            assertEquals(7, ap.replyPsmid());
        }

        @Test
        void ofBusyEndsAfterSoManyTries() {
            machine.inject(Fault.busy(QUEUE, 2));
            assertEquals(0x8005_0000, ap.rapq(QUEUE, false));
            assertEquals(0x8005_0000, ap.tapq(QUEUE));
            assertEquals(0x8000_0000, ap.rapq(QUEUE, false));
        }

        @Test
        void mayLastForATime() {
            machine.inject(Fault.response(QUEUE, Instruction.TAPQ, 2, 5).delay(Duration.ofMillis(20)));
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
            assertEquals(0x8005_0000, ap.tapq(QUEUE));
            time.advanceMillis(19);
            assertEquals(0x8005_0000, ap.tapq(QUEUE));
            time.advanceMillis(1);
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
        }

        @Test
        void isReportedToListeners() throws Exception {
            machine.inject(Fault.busy(QUEUE, 1));
            List<Integer> heard = new ArrayList<>();
            try (AutoCloseable listening = machine.onInstruction((fc, qid, rc) -> heard.add(rc))) {
                ap.tapq(QUEUE);
                ap.tapq(QUEUE);
            }
            assertEquals(List.of(5, 0), heard);
        }

        @Test
        void endsWhenFaultsAreCleared() {
            machine.inject(Fault.busy(QUEUE, 100));
            machine.clearFaults();
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
        }
    }

    @Nested
    class ASlowInstruction {
        @Test
        void delaysTheReplyToTheNthMessageAndAllBehindIt() {
            machine.inject(Fault.slow(QUEUE, Instruction.NQAP, 2, Duration.ofMillis(20)));
            for (int psmid = 1; psmid <= 3; psmid++) {
                ap.nqap(QUEUE, psmid, new byte[8], 8, false);
            }
            assertEquals(0, ap.dqap(QUEUE, buffer, 0));
            assertEquals(0x0010_0000, ap.dqap(QUEUE, buffer, 0));
            time.advanceMillis(20);
            assertEquals(0x4000_0000, ap.dqap(QUEUE, buffer, 0));
            assertEquals(2, ap.replyPsmid());
            assertEquals(0x8000_0000, ap.dqap(QUEUE, buffer, 0));
            assertEquals(3, ap.replyPsmid());
        }

        @Test
        void makesAResetLast() {
            machine.inject(Fault.slow(QUEUE, Instruction.RESET, 1, Duration.ofMillis(20)));
            ap.zapq(QUEUE, false);
            assertEquals(0x8002_0000, ap.tapq(QUEUE));
            time.advanceMillis(20);
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
            ap.zapq(QUEUE, false);
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
        }

        @Test
        void holdsAReplyBack() {
            machine.inject(Fault.slow(QUEUE, Instruction.DQAP, 1, Duration.ofMillis(20)));
            ap.nqap(QUEUE, 1, new byte[8], 8, false);
            assertEquals(0x4010_0000, ap.dqap(QUEUE, buffer, 0));
            time.advanceMillis(20);
            assertEquals(0x8000_0000, ap.dqap(QUEUE, buffer, 0));
        }

        @Test
        void mustBeOneThatStartsSomething() {
            assertThrows(IllegalArgumentException.class,
                    () -> Fault.slow(QUEUE, Instruction.TAPQ, 1, Duration.ZERO));
        }
    }

    @Test
    void anOutageBeginsAndEndsOnTheClock() {
        machine.inject(new Fault.Outage(6, true, Duration.ofMillis(10), Duration.ofMillis(5)));
        machine.inject(new Fault.Outage(6, false, Duration.ofMillis(30), null));
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            codes.add(ApQueueStatus.responseCode(ap.tapq(QUEUE)));
            time.advanceMillis(7);
        }
        assertEquals(List.of(0, 0, 4, 0, 0, 3, 3), codes);
    }

    @Test
    void anOutageOfAnUnpluggedAdapterIsNothing() {
        machine.inject(new Fault.Outage(6, true, Duration.ofMillis(10), null));
        machine.removeAdapter(6);
        time.advanceMillis(10);
        assertEquals(0x0001_0000, ap.tapq(QUEUE));
    }

    @Nested
    class Noise {
        private List<Integer> run(long seed, int perThousand) {
            SimulatedMachine noisy = machine(new VirtualTime());
            noisy.inject(Fault.noise(Instruction.TAPQ, perThousand / 1000.0, seed, 5, 2));
            ApCommands commands = new ApCommands(noisy.instructions(), noisy.facilities());
            List<Integer> codes = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                codes.add(ApQueueStatus.responseCode(commands.tapq(i % 2 == 0 ? QUEUE : OTHER)));
            }
            return codes;
        }

        @Test
        void isTheSameForTheSameSeedAndAnotherForAnother() {
            assertEquals(run(1, 100), run(1, 100));
            assertNotEquals(run(1, 100), run(2, 100));
        }

        @Test
        void strikesAboutAsOftenAsToldWithAllItsCodes() {
            List<Integer> codes = run(1, 100);
            long struck = codes.stream().filter(code -> code != 0).count();
            assertTrue(struck > 60 && struck < 140, () -> struck + " of 1000");
            assertTrue(codes.containsAll(List.of(0, 2, 5)));
        }

        @Test
        void doesNotDependOnTheOrderBetweenQueues() {
            SimulatedMachine noisy = machine(new VirtualTime());
            noisy.inject(Fault.noise(Instruction.TAPQ, 0.1, 1, 5, 2));
            ApCommands commands = new ApCommands(noisy.instructions(), noisy.facilities());
            List<Integer> alternating = run(1, 100);
            for (int i = 0; i < 500; i++) {
                assertEquals(alternating.get(2 * i), ApQueueStatus.responseCode(commands.tapq(QUEUE)));
            }
        }
    }

    @Nested
    class Occurring {
        private List<Integer> tapqs(int times, Apqn... queues) {
            List<Integer> codes = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                codes.add(issue(Instruction.TAPQ, queues[i % queues.length]));
            }
            return codes;
        }

        private void inject(Queues queues, Occurrence when) {
            machine.inject(Fault.response(QUEUE, Instruction.TAPQ, 1, 5).on(queues).when(when));
        }

        @Test
        void everyThirdFromTheSecondOnButTwiceAtMost() {
            inject(Queues.of(QUEUE), Occurrence.ALL.from(2).every(3).atMost(2));
            assertEquals(List.of(0, 5, 0, 0, 5, 0, 0, 0, 0), tapqs(9, QUEUE));
            assertEquals(9, machine.injectedFaults().get(0).counted().seen());
            assertEquals(2, machine.injectedFaults().get(0).counted().hits());
        }

        @Test
        void onACardCountsItsQueuesTogether() {
            inject(Queues.ofCard(6), Occurrence.ALL.every(2));
            assertEquals(List.of(5, 0, 5, 0), tapqs(4, QUEUE, OTHER));
            machine.clearFaults();
            inject(Queues.ofCard(7), Occurrence.ALL);
            assertEquals(List.of(0, 0), tapqs(2, QUEUE, OTHER));
        }

        @Test
        void untilATimeAndNotAfterIt() {
            inject(Queues.ALL, Occurrence.ALL.until(Duration.ofMillis(10)));
            assertEquals(List.of(5), tapqs(1, QUEUE));
            time.advanceMillis(9);
            assertEquals(List.of(5), tapqs(1, QUEUE));
            time.advanceMillis(1);
            assertEquals(List.of(0), tapqs(1, QUEUE));
        }

        @Test
        void oneThatIsLiftedLeavesTheOthers() {
            inject(Queues.of(QUEUE), Occurrence.ALL);
            inject(Queues.of(OTHER), Occurrence.ALL);
            assertTrue(machine.lift(machine.injectedFaults().get(0)));
            assertEquals(List.of(0, 5), tapqs(2, QUEUE, OTHER));
        }
    }

    @Nested
    class OfRequests {
        private static final byte[] TYPE50 = {0, 0x50, 0, 0, 0, 0, 0, 0};

        private int send() {
            return ApQueueStatus.responseCode(ap.nqap(QUEUE, 1, TYPE50, TYPE50.length, false));
        }

        @Test
        void theCardAnswersAnErrorAndTheQueueGoesOn() {
            machine.inject(Fault.errorReply(Queues.ofCard(6), new RequestKind("type50"), 0x90));
            assertEquals(0, send());
            ap.dqap(QUEUE, buffer, 0);
            assertEquals(List.of((byte) 0x82, (byte) 0x90), List.of(buffer[1], buffer[4]));
        }

        @Test
        void oneOfAnotherKindIsNotCounted() {
            machine.inject(Fault.errorReply(Queues.ALL, new RequestKind("KG"), 0x90));
            assertEquals(0, send());
            assertEquals(0, machine.injectedFaults().get(0).counted().seen());
        }

        @Test
        void oneThatIsRefusedIsNotInTheQueue() {
            machine.inject(Fault.response(QUEUE, Instruction.NQAP, 1, 0x42).of(new RequestKind("any")));
            assertEquals(0x42, send());
            assertEquals(0x8000_0000, ap.tapq(QUEUE));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "kg", "K", "ep11-", "ep12", "type6", "ep11-123456"})
        void otherKindsAreRefused(String name) {
            assertThrows(IllegalArgumentException.class, () -> new RequestKind(name));
        }
    }
}
