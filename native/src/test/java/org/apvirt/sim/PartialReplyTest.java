// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** DQAP of a reply that is larger than the buffer. */
class PartialReplyTest extends AcceleratorQueue {
    private final byte[] small = new byte[100];

    @Test
    void staysAndTellsWhatIsLeft() {
        send(1);
        ap.dqap(QUEUE, small, 0);
        assertEquals(44, ap.replyRest());
        assertEquals(100, ap.replyLength(small));
        assertEquals((byte) 0x80, small[1]);
        assertEquals(R, ap.tapq(QUEUE));
    }

    @Test
    void isContinuedWithTheTokenUntilItIsComplete() {
        send(9);
        ap.dqap(QUEUE, small, 0);
        assertEquals(E, ap.dqap(QUEUE, small, ap.replyToken()));
        assertEquals(44, ap.replyLength(small));
        assertEquals(0x7d, small[43]);
        assertEquals(9, ap.replyPsmid());
        assertEquals(0, ap.replyRest());
    }

    @Test
    void takesAsManyPartsAsItNeeds() {
        send(9);
        byte[] tiny = new byte[40];
        int parts = 1;
        for (ap.dqap(QUEUE, tiny, 0); ap.replyRest() > 0; parts++) {
            ap.dqap(QUEUE, tiny, ap.replyToken());
        }
        assertEquals(4, parts);
        assertEquals(24, ap.replyLength(tiny));
    }

    @Test
    void startsAgainWithAFirstDqap() {
        send(9);
        ap.dqap(QUEUE, small, 0);
        assertEquals(E, ap.dqap(QUEUE, buffer, 0));
        assertEquals(144, ap.replyLength(buffer));
    }

    @Test
    void setsNeitherStatusNorPsmidBeforeItIsComplete() {
        send(9);
        ApRegisters regs = new ApRegisters();
        regs.gr(0, 0x8000_0604L);
        regs.gr(1, 0x55);
        regs.gr(4, 0x66);
        regs.gr(5, 0x77);
        regs.gr(6, 8);
        regs.gr(7, 100);
        assertEquals(1, machine.instructions().dqap(regs, new ArrayStorage(200), 4, 6));
        assertEquals(0x0100_0604, regs.low(0));
        assertEquals(0x55, regs.gr(1));
        assertEquals(44, regs.gr(2));
        assertEquals(0x66, regs.gr(4));
        assertEquals(0x77, regs.gr(5));
        assertEquals(108, regs.gr(6));
        assertEquals(0, regs.gr(7));
    }

    @Test
    void cannotBeContinuedAfterAReset() {
        send(9);
        ap.dqap(QUEUE, small, 0);
        int token = ap.replyToken();
        ap.rapq(QUEUE, false);
        assertEquals(E | 0x0013_0000, ap.dqap(QUEUE, small, token));
    }

    @Test
    void cannotBeContinuedWithTheTokenOfAnEarlierOne() {
        send(1);
        send(2);
        ap.dqap(QUEUE, small, 0);
        int token = ap.replyToken();
        ap.dqap(QUEUE, buffer, 0);
        assertEquals(R | 0x0013_0000, ap.dqap(QUEUE, small, token));
    }

    @Test
    void cannotBeBegunWithoutAFirstDqap() {
        send(1);
        ApRegisters regs = new ApRegisters();
        regs.gr(0, 0x0604);
        regs.gr(7, 100);
        assertEquals(3, machine.instructions().dqap(regs, new ArrayStorage(100), 4, 6));
        assertEquals(R | 0x0013_0000, regs.low(1));
    }
}
