// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import static org.apvirt.ap.ScriptedFirmware.Instruction.DQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.NQAP;
import static org.apvirt.ap.ScriptedFirmware.Instruction.RAPQ;
import static org.apvirt.ap.ScriptedFirmware.Instruction.TAPQ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the state machine of a queue does after each answer of the firmware, also those that no simulated card gives. */
class QueueStepsTest extends ScriptedQueue {
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
}
