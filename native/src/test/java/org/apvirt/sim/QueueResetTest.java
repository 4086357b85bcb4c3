// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** RAPQ and ZAPQ. */
class QueueResetTest extends AcceleratorQueue {
    @ParameterizedTest(name = "function code {0}")
    @ValueSource(ints = {1, 2})
    void dropsRequestsAndRepliesAndDisablesInterruption(int functionCode) {
        serviceTime(10);
        send(1);
        time.advanceMillis(10);
        send(2);
        ap.aqic(QUEUE, 0x8000_0000_0000L, 0x200);
        assertEquals(R | 0x0100_0000, ap.tapq(QUEUE));
        assertEquals(E, functionCode == 1 ? ap.rapq(QUEUE, false) : ap.zapq(QUEUE, false));
        assertEquals(E, ap.tapq(QUEUE));
        time.advanceMillis(100);
        assertEquals(E, ap.tapq(QUEUE));
    }

    @Test
    void thatLastsUntilTheQueueWasTestedAnswersTwoThatOften() {
        machine.setResetPolls(3);
        assertEquals(E, ap.rapq(QUEUE, false));
        assertEquals(E | 0x0002_0000, send(1));
        for (int i = 0; i < 3; i++) {
            assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
        }
        assertEquals(E, ap.tapq(QUEUE));
    }

    @Test
    void thatEndsByTestingIsStartedAnewByAnotherOne() {
        machine.setResetPolls(2);
        ap.rapq(QUEUE, false);
        ap.tapq(QUEUE);
        assertEquals(E, ap.zapq(QUEUE, false));
        assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
        assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
        assertEquals(E, ap.tapq(QUEUE));
    }

    @Test
    void thatTakesTimeIsOverWhenTheTimeIs() {
        machine.setResetTime(Duration.ofMillis(5));
        assertEquals(E, ap.zapq(QUEUE, false));
        time.advanceMillis(4);
        assertEquals(E | 0x0002_0000, ap.tapq(QUEUE));
        assertEquals(E | 0x0002_0000, ap.zapq(QUEUE, false));
        assertEquals(E | 0x0002_0000, ap.dqap(QUEUE, buffer, 0));
        time.advanceMillis(1);
        assertEquals(E, ap.tapq(QUEUE));
    }

    @Test
    void leavesTheCardFreeForTheNextRequest() {
        serviceTime(1000);
        send(1);
        send(2);
        assertEquals(E, ap.rapq(QUEUE, false));
        serviceTime(10);
        send(3);
        time.advanceMillis(10);
        assertEquals(E, ap.dqap(QUEUE, buffer, 0));
        assertEquals(3, ap.replyPsmid());
    }
}
