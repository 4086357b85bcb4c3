// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class QueueStateMachineTest {
    private static final Facilities NO_INTERRUPTS = Facilities.of(Facilities.QCI, Facilities.APFT);
    private static final Apqn QUEUE = new Apqn(6, 4);
    private static final String RESET = "/devices/ap/card06/06.0004/reset";
    private static final String PENDING = "/devices/ap/card06/06.0004/pendingq_count";
    private static final String WAITING = "/devices/ap/card06/06.0004/requestq_count";

    private final TestHost host = boot(NO_INTERRUPTS, Duration.ofMillis(2), 2);

    /** One accelerator with a short queue that needs time for each request. */
    private static TestHost boot(Facilities facilities, Duration serviceTime, int depth) {
        return new TestHost(TestLevel.LINUX_6_12, machine -> machine.facilities(facilities).usageDomains(ApMask.of(4))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR).depth(depth)
                        .serviceTime(serviceTime)))
                .withDrivers();
    }

    private ApQueue queue() {
        return host.bus.queue(QUEUE);
    }

    /** 3 to the 5th modulo 35. */
    static ApMessage request() {
        Type50Message message = Type50Message.create(Format.MEB1);
        message.put(Format.MEB1, Operand.EXPONENT, new byte[]{5}, 0, 1);
        message.put(Format.MEB1, Operand.MODULUS, new byte[]{35}, 0, 1);
        message.put(Format.MEB1, Operand.MESSAGE, new byte[]{3}, 0, 1);
        return new ApMessage(message.storage(), false);
    }

    private static int last(byte[] bytes) {
        return bytes[bytes.length - 1];
    }

    private void answerWith(int responseCode) {
        host.machine.setResponse(QUEUE, responseCode);
    }

    @Nested
    class ARequest {
        @Test
        void isAnsweredWhenTheCardIsDone() throws ErrnoException {
            ApMessage message = request();
            queue().submit(message);
            assertEquals("1\n", host.read(PENDING));
            assertEquals("Reset Timer armed.\n", host.read(RESET));
            assertFalse(message.isDone());
            host.time.advanceMillis(3);
            assertTrue(message.isDone());
            assertNull(message.failure());
            assertEquals(243 % 35, last(message.reply()));
            assertEquals("No Reset Timer set.\n", host.read(RESET));
            assertEquals("1\n", host.read("/devices/ap/card06/request_count"));
        }

        @Test
        void beyondTheDepthWaitsForRoom() throws ErrnoException {
            List<ApMessage> messages = List.of(request(), request(), request(), request());
            for (ApMessage message : messages) {
                queue().submit(message);
            }
            assertEquals("2\n", host.read(PENDING));
            assertEquals("2\n", host.read(WAITING));
            assertEquals("2\n", host.read("/devices/ap/card06/requestq_count"));
            host.time.advanceMillis(20);
            assertTrue(messages.stream().allMatch(message -> message.isDone() && message.failure() == null));
            assertEquals("0\n", host.read(WAITING));
        }

        @Test
        void takenBackIsNotAnswered() throws ErrnoException {
            ApMessage first = request();
            ApMessage second = request();
            queue().submit(first);
            queue().submit(second);
            queue().cancel(first);
            host.time.advanceMillis(20);
            assertFalse(first.isDone());
            assertTrue(second.isDone());
        }

        @Test
        void endsWithEagainWhenTheQueueIsTakenAway() throws ErrnoException {
            ApMessage message = request();
            queue().submit(message);
            host.write("/bus/ap/drivers/cex4queue/unbind", "06.0004");
            assertEquals(Errno.EAGAIN, message.failure());
            assertEquals(Errno.ENODEV, assertThrows(ErrnoException.class, () -> queue().submit(request())).errno());
        }

        @Test
        void endsWithEagainWhenTheQueueGoesOffline() throws ErrnoException {
            ApMessage message = request();
            queue().submit(message);
            host.write("/devices/ap/card06/06.0004/online", "0");
            assertEquals(Errno.EAGAIN, message.failure());
        }

        @Test
        void thatIsNeverAnsweredResetsTheQueueAfterFifteenMinutes() throws ErrnoException {
            host.write("poll_timeout", "1000000000"); // nanoseconds; the usual 4000 polls a second take long
            host.machine.adapter(6).change(spec -> spec.serviceTime(Duration.ofHours(2)));
            queue().submit(request());
            host.time.advanceMillis(899_000);
            assertEquals(List.of(), host.instructions);
            host.time.advanceMillis(2_000);
            assertEquals(List.of("RAPQ 06.0004"), host.instructions);
        }

        @Test
        void thatTheQueueRefusesAsTooLongIsEinval() throws ErrnoException {
            answerWith(0x15);
            ApMessage message = request();
            queue().submit(message);
            assertEquals(Errno.EINVAL, message.failure());
        }

        @Test
        void toAFailedQueueIsEnodev() throws ErrnoException {
            answerWith(0x01);
            ApMessage first = request();
            queue().submit(first);
            assertFalse(first.isDone());
            assertEquals(Errno.ENODEV, assertThrows(ErrnoException.class, () -> queue().submit(request())).errno());
            answerWith(-1);
            host.bus.scan(); // finds the failed queue and starts it again
            assertEquals(Errno.EAGAIN, first.failure());
            assertEquals(List.of("RAPQ 06.0004"), host.instructions);
        }

        @Test
        void isSentAgainWhenTheAdapterLostIt() throws ErrnoException {
            ApMessage message = request();
            queue().submit(message);
            host.bus.commands().rapq(QUEUE, false); // behind the bus's back
            host.time.advanceMillis(20);
            assertTrue(message.isDone());
            assertNull(message.failure());
        }
    }

    @Nested
    class AReset {
        @Test
        void isWaitedForEveryFortyMilliseconds() throws ErrnoException {
            host.machine.setResetTime(Duration.ofMillis(100));
            host.write(RESET, "anything");
            assertEquals("Reset in progress.\n", host.read(RESET));
            host.time.advanceMillis(119);
            assertEquals("Reset in progress.\n", host.read(RESET));
            host.time.advanceMillis(1);
            assertEquals("No Reset Timer set.\n", host.read(RESET));
            assertEquals(List.of("RAPQ 06.0004"), host.instructions);
        }

        @Test
        void flushesRequests() throws ErrnoException {
            ApMessage message = request();
            queue().submit(message);
            host.write(RESET, "1");
            assertEquals(Errno.EAGAIN, message.failure());
        }

        @Test
        void thatIsRefusedPutsTheQueueInErrorUntilAScan() throws ErrnoException {
            answerWith(0x05);
            host.write(RESET, "1");
            assertEquals("Reset in progress.\n", host.read(RESET));
            answerWith(-1);
            host.bus.scan();
            host.time.advanceMillis(50);
            assertEquals("No Reset Timer set.\n", host.read(RESET));
        }

        @Test
        void ofADeconfiguredQueueIssuesNothing() throws ErrnoException {
            host.machine.adapter(6).change(spec -> spec.configured(false));
            host.bus.scan();
            host.instructions.clear();
            host.write(RESET, "1");
            assertEquals(List.of(), host.instructions);
            assertEquals("Reset in progress.\n", host.read(RESET));
        }
    }

    @Nested
    class OfAKernelBuiltForDebugging {
        final TestHost host = new TestHost(TestLevel.LINUX_6_12, TestHost.standardMachine(), Map.of(),
                ApQuirk.QUEUE_STATES).withDrivers();
        final String queue = "/devices/ap/card06/06.0004/";

        private void expect(String states, String lastError) {
            assertEquals(states + '\n', host.read(queue + "states"));
            assertEquals(lastError + '\n', host.read(queue + "last_err_rc"));
        }

        @Test
        void showsItsStatesAndWhatItFailedWithUntilItIsStartedAgain() throws ErrnoException {
            expect("OPERATING [IDLE]", "NORMAL");
            host.machine.setResponse(new Apqn(6, 4), 0x05);
            host.write(queue + "reset", "1");
            expect("ERROR [RESET_START]", "BUSY");
            host.machine.setResponse(new Apqn(6, 4), -1);
            host.bus.scan();
            expect("OPERATING [RESET_WAIT]", "NORMAL");
        }

        @ParameterizedTest
        @CsvSource({"3, DECONFIGURED", "4, CHECKSTOPPED"})
        void namesWhatTheScanFound(int response, String lastError) {
            host.machine.setResponse(new Apqn(6, 4), response);
            host.bus.scan();
            expect("ERROR [IDLE]", lastError);
        }

        @Test
        void hasNoStateWithoutDriverAndNamesCodesThatAreNone() throws ErrnoException {
            host.machine.setResponse(new Apqn(6, 4), 0x2c);
            host.write(queue + "reset", "1");
            expect("ERROR [RESET_START]", "response code 44");
            host.machine.setResponse(new Apqn(6, 4), -1);
            host.write("/bus/ap/drivers/cex4queue/unbind", "06.0004");
            assertEquals("UNINITIATED\n", host.read(queue + "states"));
        }

        @Test
        void otherKernelsHaveNeither() {
            assertNull(TestHost.standard(TestLevel.LINUX_7_2).node(queue + "states"));
        }
    }

    @Nested
    class WithInterrupts {
        private final TestHost host = boot(NO_INTERRUPTS.with(Facilities.APQI), Duration.ofMillis(2), 8);

        @Test
        void eachQueueEnablesThemAfterItsReset() throws ErrnoException {
            assertEquals("1\n", host.read("ap_interrupts"));
            assertEquals("Interrupts enabled.\n", host.read("/devices/ap/card06/06.0004/interrupt"));
            host.write(RESET, "1");
            assertEquals(List.of("RAPQ 06.0004"), host.instructions);
            host.time.advanceMillis(40);
            assertEquals(List.of("RAPQ 06.0004", "AQIC 06.0004"), host.instructions);
        }

        @Test
        void aQueueWhoseRequestTookTooLongIsResetAndWorksAgain() throws ErrnoException {
            host.machine.adapter(6).change(spec -> spec.serviceTime(Duration.ofHours(2)));
            ApMessage message = request();
            host.bus.queue(QUEUE).submit(message);
            host.time.advanceMillis(899_000);
            host.machine.adapter(6).change(spec -> spec.serviceTime(Duration.ofMillis(2)));
            host.time.advanceMillis(1_200);
            assertEquals("No Reset Timer set.\n", host.read(RESET));
            assertTrue(message.isDone());
            assertEquals(243 % 35, last(message.reply()));
            assertEquals("Interrupts enabled.\n", host.read("/devices/ap/card06/06.0004/interrupt"));
        }

        @Test
        void aDriverThatTakesRepliesLooksAtOnceWhetherTheResetIsOver() throws ErrnoException {
            host.write("/bus/ap/drivers/cex4queue/unbind", "06.0004");
            host.instructions.clear();
            host.write("/bus/ap/drivers/cex4queue/bind", "06.0004");
            assertEquals(List.of("RAPQ 06.0004", "AQIC 06.0004"), host.instructions);
        }

        @Test
        void aReplyArrivesWithoutPolling() throws ErrnoException {
            ApMessage message = request();
            host.bus.queue(QUEUE).submit(message);
            host.time.advanceMillis(3);
            assertTrue(message.isDone());
        }

        @Test
        void aPollingThreadIsAcceptedButDoesNotStart() throws ErrnoException {
            host.write("poll_thread", "1");
            assertEquals("0\n", host.read("poll_thread"));
        }
    }

    @Test
    void aPollingThreadFetchesRepliesToo() throws ErrnoException {
        host.write("poll_thread", "y");
        assertEquals("1\n", host.read("poll_thread"));
        ApMessage message = request();
        queue().submit(message);
        host.time.advanceMillis(5);
        assertTrue(message.isDone());
    }
}
