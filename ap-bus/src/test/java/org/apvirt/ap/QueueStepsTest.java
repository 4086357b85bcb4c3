// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ScriptedFirmware.Instruction;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.apvirt.ap.ScriptedFirmware.Instruction.AQIC;
import static org.apvirt.ap.ScriptedFirmware.Instruction.DQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.NQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.RAPQ;
import static org.apvirt.ap.ScriptedFirmware.Instruction.TAPQ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the state machine of a queue does after each answer of the firmware, also those that no simulated card gives. */
class QueueStepsTest {
    private static final Apqn QUEUE = new Apqn(6, 4);
    private static final int EMPTY = 0x8000_0000;
    private static final int IRQ = 0x0100_0000;
    private static final int ASYNC = 0x0200_0000;
    private static final int NO_REPLY = 0x0010_0000; // of DQAP; of NQAP: the queue is full

    private final List<String> log = new ArrayList<>();
    private final VirtualTime time = new VirtualTime();
    private ScriptedFirmware firmware;
    private SimulatedMachine machine;
    private ApBus bus;

    /** An accelerator whose queues take three requests at a time, and whose replies may have 32 KiB. */
    private void boot(boolean interrupts) throws ErrnoException {
        Facilities facilities = Facilities.of(Facilities.QCI, Facilities.APFT);
        machine = SimulatedMachine.builder(time).usageDomains(ApMask.of(4))
                .facilities(interrupts ? facilities.with(Facilities.APQI) : facilities)
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR).depth(3).ml(8)
                        .serviceTime(Duration.ofMillis(2)))
                .build();
        Kernel kernel = TestLevel.LINUX_6_12.kernel(time, ApQuirk.QUEUE_STATES);
        kernel.onLog(log::add);
        ApPlatform real = machine.platform();
        firmware = new ScriptedFirmware(real.instructions(), QUEUE);
        bus = ApBus.start(kernel,
                new ApPlatform(firmware, real.facilities(), real.firmware(), real.interrupts(), time),
                ApBusParameters.DEFAULT);
        ZcryptDriverModule.ZCRYPT_CEX4.load(bus, ZcryptModule.load(kernel, bus, Map.of()));
        time.advanceMillis(200);
        log.clear();
        firmware.issued();
    }

    private ApQueue queue() {
        return bus.queue(QUEUE);
    }

    private String state() {
        return read("states") + (read("last_err_rc").equals("NORMAL") ? "" : ' ' + read("last_err_rc"));
    }

    private String read(String attribute) {
        return bus.queueAttributes().stream().filter(it -> it.name().equals(attribute)).findFirst().map(it -> {
            try {
                return it.on(queue()).show().strip();
            } catch (ErrnoException e) {
                return "!" + e.errno();
            }
        }).orElseThrow();
    }

    private ApMessage submit() throws ErrnoException {
        ApMessage message = QueueStateMachineTest.request();
        queue().submit(message);
        return message;
    }

    private void slow(Duration service) {
        machine.adapter(6).change(spec -> spec.serviceTime(service));
    }

    private void poll() {
        bus.stateMachine().poll(queue());
    }

    /** Returns what was issued but for looking: scans look at queues, polls for replies. */
    private List<Instruction> sent() {
        return firmware.issued().stream().filter(it -> it != DQAP && it != TAPQ).toList();
    }

    @Nested
    class AReset {
        @Test
        void ofAnIdleQueueIsOneRapqAndOneTapqAndAsksForNoReplyAndNoInterruptions() throws ErrnoException {
            boot(false);
            bus.stateMachine().reset(queue());
            assertEquals("OPERATING [RESET_WAIT]", state());
            time.advanceMillis(100);
            assertEquals(List.of(RAPQ, TAPQ), firmware.issued());
            assertEquals("OPERATING [IDLE]", state());
        }

        @Test
        void thatTheFirmwareWantsToTellOfLaterIsNotAskedFor() throws ErrnoException {
            boot(false);
            firmware.answers(RAPQ, ASYNC);
            bus.stateMachine().reset(queue());
            time.advanceMillis(1000);
            assertEquals("OPERATING [RESET_START]", state());
            assertEquals(List.of(RAPQ), firmware.issued());
        }

        @Test
        void ofAQueueThatIsBusyIsAskedForEachFortyMilliseconds() throws ErrnoException {
            boot(false);
            firmware.answers(TAPQ, 0x0005_0000, 0x0002_0000, EMPTY);
            bus.stateMachine().reset(queue());
            time.advanceMillis(39);
            assertEquals(List.of(RAPQ), firmware.issued());
            time.advanceMillis(80);
            assertEquals(List.of(TAPQ, TAPQ), firmware.issued());
            time.advanceMillis(2);
            assertEquals(List.of(TAPQ), firmware.issued());
            assertEquals("OPERATING [IDLE]", state());
        }

        @Test
        void thatNeverEndsWellPutsTheQueueInError() throws ErrnoException {
            boot(false);
            firmware.answers(TAPQ, 0x0004_0000);
            bus.stateMachine().reset(queue());
            time.advanceMillis(100);
            assertEquals("ERROR [RESET_WAIT] CHECKSTOPPED", state());
        }

        @Test
        void afterARequestThatTookTooLongSendsItAgain() throws ErrnoException {
            boot(false);
            bus.poller().highTimeout(1_000_000_000);
            slow(Duration.ofHours(2));
            ApMessage message = submit();
            time.advanceMillis(899_500);
            assertEquals(List.of(NQAP), sent());
            slow(Duration.ofMillis(2));
            time.advanceMillis(4000);
            assertEquals(List.of(RAPQ, NQAP), sent());
            assertTrue(message.isDone());
            assertNull(message.failure());
        }
    }

    @Nested
    class ARequest {
        @Test
        void thatTheFirmwareWantsToTellOfLaterWaits() throws ErrnoException {
            boot(false);
            firmware.answers(NQAP, ASYNC);
            assertFalse(submit().isDone());
            assertEquals("OPERATING [IDLE]", state());
            assertEquals("1", read("requestq_count"));
        }

        @Test
        void thatFindsTheQueueFullWaitsForTheNextReply() throws ErrnoException {
            boot(false);
            submit();
            submit();
            firmware.answers(NQAP, NO_REPLY);
            ApMessage last = submit();
            assertEquals("OPERATING [FULL]", state());
            assertEquals("2 1", read("pendingq_count") + ' ' + read("requestq_count"));
            time.advanceMillis(10);
            assertTrue(last.isDone());
        }

        @Test
        void thatFindsTheQueueInResetWaitsForItsEnd() throws ErrnoException {
            boot(false);
            firmware.answers(NQAP, 0x0002_0000);
            ApMessage message = submit();
            assertEquals("OPERATING [RESET_WAIT]", state());
            time.advanceMillis(100);
            assertTrue(message.isDone());
        }

        @Test
        void thatFillsTheQueueIsTheLastUntilAReply() throws ErrnoException {
            boot(false);
            submit();
            submit();
            assertEquals("OPERATING [WORKING]", state());
            submit();
            assertEquals("OPERATING [FULL]", state());
            submit();
            assertEquals(List.of(NQAP, NQAP, NQAP), sent());
        }

        @Test
        void hasANumberOfItsOwn() throws ErrnoException {
            boot(false);
            firmware.psmids.clear();
            submit();
            submit();
            List<Long> psmids = firmware.psmids;
            assertEquals(2, psmids.stream().distinct().count());
            assertTrue(psmids.get(0) > 0 && psmids.get(1) > psmids.get(0), psmids::toString);
        }

        @Test
        void endsWithEagainWhenTheQueueIsUnbound() throws ErrnoException {
            boot(false);
            slow(Duration.ofHours(1));
            ApMessage message = submit();
            bus.stateMachine().unbind(queue());
            assertEquals(Errno.EAGAIN, message.failure());
        }

        @Test
        void ofAFullQueueIsWaitedForWithoutPollingWhereThereAreInterruptions() throws ErrnoException {
            boot(true);
            slow(Duration.ofMillis(50));
            submit();
            submit();
            ApMessage last = submit();
            assertEquals("OPERATING [FULL]", state());
            firmware.issued();
            time.advanceMillis(40);
            assertEquals(List.of(), firmware.issued());
            time.advanceMillis(120);
            assertTrue(last.isDone());
        }
    }

    @Nested
    class AReply {
        @Test
        void mayBeAsLongAsThatOfAnyCard() throws ErrnoException {
            boot(false);
            assertEquals(8 * 4096, bus.maxMessageBytes());
            ApMessage message = submit();
            time.advanceMillis(10); // the firmware looks whether there is room for as many bytes as it is offered
            assertTrue(message.isDone());
        }

        @Test
        void inPartsForWhichThereIsNoRoomIsEmsgsize() throws ErrnoException {
            boot(false);
            bus.poller().highTimeout(1_000_000_000);
            ApMessage message = submit();
            time.advanceMillis(10);
            firmware.partsBefore = 2;
            poll();
            assertEquals(Errno.EMSGSIZE, message.failure());
        }

        @Test
        void thatNobodyWaitsForIsDroppedAndTheQueueGoesOnAsTheFirmwareSaysItHasMore() throws ErrnoException {
            boot(false);
            ApMessage message = submit();
            firmware.answers(DQAP, 0, NO_REPLY);
            poll();
            assertEquals("OPERATING [WORKING]", state());
            assertFalse(message.isDone());
            time.advanceMillis(10);
            assertTrue(message.isDone());
        }

        @Test
        void ofAQueueThatIsEmptyThenEndsTheWork() throws ErrnoException {
            boot(false);
            submit();
            firmware.answers(DQAP, EMPTY);
            poll();
            assertEquals("OPERATING [IDLE]", state());
        }

        @Test
        void thatTheFirmwareWantsToTellOfLaterIsNotAskedForAgain() throws ErrnoException {
            boot(true);
            slow(Duration.ofHours(1));
            submit();
            firmware.issued();
            firmware.answers(DQAP, ASYNC);
            poll();
            assertEquals(List.of(DQAP), firmware.issued());
            assertEquals("OPERATING [WORKING]", state());
        }

        @Test
        void thatIsRefusedPutsTheQueueInError() throws ErrnoException {
            boot(false);
            submit();
            firmware.answers(DQAP, 0x0003_0000);
            poll();
            assertEquals("ERROR [WORKING] DECONFIGURED", state());
        }

        @Test
        void startsTheFifteenMinutesOfTheNextRequestAnew() throws ErrnoException {
            boot(false);
            bus.poller().highTimeout(1_000_000_000);
            slow(Duration.ofSeconds(500));
            ApMessage first = submit();
            ApMessage second = submit();
            time.advanceMillis(503_000);
            assertTrue(first.isDone());
            assertFalse(second.isDone());
            slow(Duration.ofSeconds(890));
            time.advanceMillis(500_000);
            assertTrue(second.isDone());
            assertEquals(List.of(NQAP, NQAP), sent());
        }

        @Test
        void endsItsFifteenMinutes() throws ErrnoException {
            boot(false);
            submit();
            time.advanceMillis(899_000);
            bus.poller().highTimeout(1_000_000_000);
            slow(Duration.ofSeconds(100));
            submit();
            time.advanceMillis(50_000);
            assertEquals(List.of(NQAP, NQAP), sent());
        }
    }

    @Nested
    class AnInterruption {
        @ParameterizedTest(name = "{0}: {2}")
        @CsvSource({"0x00000000, true, ''", "0x00070000, true, ''", "0x00050000, false, ''", "0x02000000, false, ''",
                "0x00010000, false, x", "0x00030000, false, x", "0x00040000, false, x", "0x00060000, false, x"})
        void isAskedForAfterAResetAndDoneWithoutIfRefused(String status, boolean accepted, String line)
                throws ErrnoException {
            boot(true);
            firmware.answers(TAPQ, EMPTY, EMPTY, EMPTY | IRQ);
            firmware.answers(AQIC, Integer.decode(status));
            bus.stateMachine().reset(queue());
            time.advanceMillis(41);
            assertEquals(accepted ? "OPERATING [SETIRQ_WAIT]" : "OPERATING [IDLE]", state());
            assertEquals(accepted ? List.of(RAPQ, TAPQ, AQIC, TAPQ) : List.of(RAPQ, TAPQ, AQIC), firmware.issued());
            time.advanceMillis(100);
            assertEquals("OPERATING [IDLE]", state());
            assertEquals(line.isEmpty()
                    ? List.of()
                    : List.of("ap: Registering adapter interrupts for AP device 06.0004 failed"), log);
        }

        @Test
        void thatIsNotThereIsLookedForEachFortyMilliseconds() throws ErrnoException {
            boot(true);
            firmware.answers(TAPQ, EMPTY, EMPTY, EMPTY | NO_REPLY, EMPTY | IRQ);
            bus.stateMachine().reset(queue());
            time.advanceMillis(41);
            assertEquals(List.of(RAPQ, TAPQ, AQIC, TAPQ), firmware.issued());
            time.advanceMillis(40);
            assertEquals(List.of(TAPQ), firmware.issued());
            time.advanceMillis(40);
            assertEquals(List.of(TAPQ), firmware.issued());
            assertEquals("OPERATING [IDLE]", state());
        }

        @Test
        void thatCannotBeLookedForPutsTheQueueInError() throws ErrnoException {
            boot(true);
            firmware.answers(TAPQ, EMPTY, 0x0003_0000);
            bus.stateMachine().reset(queue());
            time.advanceMillis(50);
            assertEquals("ERROR [SETIRQ_WAIT] DECONFIGURED", state());
        }

        /** Empty and without interruptions, so nobody would tell of the next reply. */
        @ParameterizedTest(name = "{0}")
        @CsvSource({"0x80100000, true", "0x81100000, false", "0x00100000, false"})
        void thatGotLostIsAskedForAgainWhenTheQueueIsEmpty(String status, boolean again) throws ErrnoException {
            boot(true);
            firmware.answers(NQAP, IRQ);
            submit();
            queue().cancel(queue().requests().pending.peek());
            firmware.issued();
            firmware.answers(DQAP, Long.decode(status).intValue());
            poll();
            assertEquals(again, firmware.issued().contains(AQIC));
        }
    }

    @Nested
    class AnAssociation {
        @ParameterizedTest(name = "{0}, bind state {1}: {2}")
        @CsvSource({"0x00000000, 0, OPERATING [IDLE]", "0x00000000, 1, OPERATING [ASSOC_WAIT]",
                "0x00000000, 2, ERROR [ASSOC_WAIT]", "0x00000000, 3, ERROR [ASSOC_WAIT]",
                "0x00050000, 0, OPERATING [IDLE]", "0x00060000, 0, ERROR [ASSOC_WAIT] INVALID_ADDRESS",
                "0x02000000, 0, OPERATING [IDLE]", "0x02010000, 0, ERROR [ASSOC_WAIT] Q_NOT_AVAIL",
                "0x02050000, 0, ERROR [ASSOC_WAIT] BUSY"})
        void isOverWhenTheQueueIsUsable(String status, int bindState, String expected) throws ErrnoException {
            boot(false);
            firmware.answers(TAPQ, Integer.decode(status));
            firmware.hardwareInfo = 0x0800_0000_0b00_0000L | (long) bindState << 46;
            bus.stateMachine().associate(queue(), 5);
            String found = state();
            assertEquals(expected, found);
            assertEquals(bindState >= 2 ? ApQueue.NO_SECRET : 5, queue().secret);
            assertEquals(Collections.nCopies(1, TAPQ), firmware.issued());
        }
    }
}
