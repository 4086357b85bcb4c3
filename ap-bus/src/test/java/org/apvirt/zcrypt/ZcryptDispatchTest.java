// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ApMessage;
import org.apvirt.ap.TestHost;
import org.apvirt.ap.TestLevel;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Which queue gets a request: by what it takes on each card, by what is under way, by what failed before. */
class ZcryptDispatchTest {
    /** Accelerators 0, 6 and 7 with domains 0 and 4. */
    private TestHost host = boot(TestLevel.LINUX_6_12);

    private static TestHost boot(TestLevel level) {
        return new TestHost(level, machine -> machine.adapter(AdapterSpec.of(0, 11, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(6, 11, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(7, 11, AdapterMode.ACCELERATOR))
                .usageDomains(ApMask.of(0, 4))).withDrivers();
    }

    /** A request that fits the cards of a mask, takes as long as a test says, and ends as a test says. */
    private final class Request implements ZcryptDispatch.Request {
        final List<String> queues = new ArrayList<>();
        final Deque<Errno> outcomes = new ArrayDeque<>();
        Map<Integer, Integer> weights = Map.of(0, 100, 6, 100, 7, 100);
        int domain = -1;
        boolean repeatable = true;
        Runnable meanwhile = () -> {};

        @Override
        public ZcryptTrace.Kind kind() {
            return ZcryptTrace.Kind.ICARSAMODEXPO;
        }

        @Override
        public int functionCode() {
            return 0;
        }

        @Override
        public boolean fits(ZcryptCard card) {
            return weights.containsKey(card.card().apid());
        }

        @Override
        public boolean fits(ZcryptQueue queue) {
            return domain < 0 || queue.queue().apqn().apqi() == domain;
        }

        @Override
        public int weight(ZcryptCard card) {
            return weights.get(card.card().apid());
        }

        @Override
        public boolean mayBeRepeated() {
            return repeatable;
        }

        @Override
        public ApMessage message(ZcryptQueue queue) {
            queues.add(queue.queue().name());
            meanwhile.run();
            Type50Message message = Type50Message.create(Format.MEB1);
            message.put(Format.MEB1, Operand.EXPONENT, new byte[]{5}, 0, 1);
            message.put(Format.MEB1, Operand.MODULUS, new byte[]{35}, 0, 1);
            message.put(Format.MEB1, Operand.MESSAGE, new byte[]{3}, 0, 1);
            return new ApMessage(message.storage(), false);
        }

        @Override
        public void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException {
            Errno errno = outcomes.poll();
            if (errno != null) {
                throw new ErrnoException(errno, "as the test wants it");
            }
        }
    }

    private void send(Request request) {
        try {
            host.zcrypt.dispatch().send(request);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    private Errno refused(Request request) {
        return assertThrows(ErrnoException.class, () -> host.zcrypt.dispatch().send(request)).errno();
    }

    private int scans() {
        return Integer.parseInt(host.read("scans").strip());
    }

    @Test
    void theCardThatIsDoneFirstGetsItWhateverItHasDoneBefore() {
        Request request = new Request();
        request.weights = Map.of(0, 102, 6, 101, 7, 102);
        for (int i = 0; i < 3; i++) {
            send(request);
        }
        assertEquals(List.of("06.0000", "06.0004", "06.0000"), request.queues, "its queues in turn");
    }

    @Test
    void amongEqualCardsAndQueuesTheFirstWithFewerRequestsGetsIt() {
        Request request = new Request();
        for (int i = 0; i < 7; i++) {
            send(request);
        }
        assertEquals(List.of("00.0000", "00.0004", "06.0000", "06.0004", "07.0000", "07.0004", "00.0000"),
                request.queues);
    }

    @Test
    void whatIsUnderWayCountsAsMuchAsItTakes() {
        Request second = new Request();
        second.domain = 0;
        second.weights = Map.of(6, 10, 7, 59);
        Request first = new Request();
        first.weights = Map.of(6, 50);
        first.meanwhile = () -> send(second);
        send(first); // 50 + 10 on card 6 against 59 on card 7
        second.weights = Map.of(6, 10, 7, 61);
        first.domain = 0;
        send(first); // 60 against 61
        assertEquals(List.of("07.0000", "06.0000"), second.queues);
        second.weights = Map.of(6, 10, 7, 11);
        send(second);
        assertEquals("06.0000", second.queues.get(2), "what has ended counts no more");
    }

    @Test
    void ofACardTheQueueWithLessUnderWayGetsIt() {
        Request third = new Request();
        third.weights = Map.of(6, 10);
        Request second = new Request();
        second.weights = Map.of(6, 10);
        second.meanwhile = () -> send(third);
        Request first = new Request();
        first.weights = Map.of(6, 15);
        first.meanwhile = () -> send(second);
        send(first);
        assertEquals(List.of("06.0000", "06.0004", "06.0004"),
                List.of(first.queues.get(0), second.queues.get(0), third.queues.get(0)));
    }

    @Test
    void afterAFailureAnotherCardIsBetterThanAnotherQueueAndThatThanTheSameQueue() {
        Request request = new Request();
        request.outcomes.add(Errno.EAGAIN);
        request.weights = Map.of(6, 1, 7, 1000);
        send(request);
        assertEquals(List.of("06.0000", "07.0000"), request.queues);

        Request far = new Request();
        far.outcomes.add(Errno.EAGAIN);
        far.weights = Map.of(6, 1, 7, 1002);
        send(far);
        assertEquals(List.of("06.0004", "06.0000"), far.queues);

        Request farther = new Request();
        farther.outcomes.add(Errno.EAGAIN);
        farther.domain = 4;
        farther.weights = Map.of(6, 1, 7, 11_002);
        send(farther);
        assertEquals(List.of("06.0004", "06.0004"), farther.queues);
    }

    /** The number of queue 00.0000 is 0, which stands for none. */
    @Test
    void aFailureOfTheVeryFirstQueueIsNotRemembered() {
        Request request = new Request();
        request.outcomes.add(Errno.EAGAIN);
        request.domain = 0;
        request.weights = Map.of(0, 1, 6, 2);
        send(request);
        assertEquals(List.of("00.0000", "00.0000"), request.queues);
    }

    @Test
    void tenFailuresAreEioAndOneIfItMayNotBeRepeated() {
        Request request = new Request();
        for (int i = 0; i < 10; i++) {
            request.outcomes.add(Errno.EAGAIN);
        }
        assertEquals(Errno.EIO, refused(request));
        assertEquals(10, request.queues.size());

        Request once = new Request();
        once.repeatable = false;
        once.outcomes.add(Errno.EAGAIN);
        assertEquals(Errno.EIO, refused(once));
        assertEquals(1, once.queues.size());
    }

    @Test
    void anotherErrorEndsItAtOnce() {
        Request request = new Request();
        request.outcomes.add(Errno.EINVAL);
        assertEquals(Errno.EINVAL, refused(request));
        assertEquals(1, request.queues.size());
    }

    @Test
    void aCardThatCameUnseenIsFoundByAScan() {
        host.machine.addAdapter(AdapterSpec.of(9, 11, AdapterMode.ACCELERATOR));
        Request request = new Request();
        request.weights = Map.of(9, 1);
        int before = scans();
        send(request);
        assertEquals(List.of("09.0000"), request.queues);
        assertEquals(before + 1, scans());
        send(request);
        assertEquals(before + 1, scans(), "who finds a queue scans for none");
    }

    /** Linux 6.1 scans only after a card has said that it failed, and then tries again whatever was found. */
    @ParameterizedTest
    @EnumSource(value = TestLevel.class, names = {"LINUX_6_1", "LINUX_6_12"})
    void withoutAQueueTheBusIsScannedAsTheKernelDoes(TestLevel level) {
        host = boot(level);
        Request request = new Request();
        request.weights = Map.of(9, 1);
        int before = scans();
        assertEquals(Errno.ENODEV, refused(request));
        assertEquals(before + (level == TestLevel.LINUX_6_1 ? 0 : 1), scans());
    }

    @ParameterizedTest
    @CsvSource({"6, 06.0000,", "9,, ENODEV"})
    void onePostedIsTriedOnceAndTellsHowItEnded(int adapter, @Nullable String queue, @Nullable Errno errno) {
        List<String> ends = new ArrayList<>();
        Request request = new Request();
        request.weights = Map.of(adapter, 1);
        int before = scans();
        host.zcrypt.dispatch().post(request, failure -> ends.add(failure == null ? "done" : "" + failure.errno()));
        host.settle();
        assertEquals(List.of(errno == null ? "done" : "" + errno), ends);
        assertEquals(queue == null ? List.of() : List.of(queue), request.queues);
        assertEquals(before + (queue == null ? 1 : 0), scans());
    }

    @Test
    void onePostedThatFailsIsNotSentAgain() throws ErrnoException {
        List<Errno> ends = new ArrayList<>();
        Request request = new Request();
        request.weights = Map.of(6, 1);
        request.outcomes.add(Errno.EAGAIN);
        host.zcrypt.dispatch().post(request, failure -> ends.add(failure == null ? null : failure.errno()));
        host.settle();
        host.machine.setResponse(new Apqn(6, 4), 0x15); // too long for the queue, which is EINVAL
        host.machine.setResponse(new Apqn(6, 0), 0x15);
        host.zcrypt.dispatch().post(request, failure -> ends.add(failure == null ? null : failure.errno()));
        host.settle();
        assertEquals(List.of(Errno.EAGAIN, Errno.EINVAL), ends);
        assertEquals(2, request.queues.size());
    }
}
