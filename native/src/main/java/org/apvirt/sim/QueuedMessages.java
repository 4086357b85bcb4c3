// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApQueueStatus;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ApResponseCode;
import org.apvirt.arch.Pqap;
import org.apvirt.arch.Sender;
import org.apvirt.arch.Storage;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a queue holds: replies that wait, then requests that are not answered yet, both in the order of NQAP; and a
 * delivery or a submission that is only partly done. Guarded by its queue. A short message that the card refuses to read
 * allocates nothing, so that a program's polling costs no garbage.
 */
final class QueuedMessages {
    private static final int NOT_BEGUN = -1;
    private static final int LAST_CONTINUATION = 0x0f; // bits 36-39 of GR0; 32-35 and 40-47 are zero
    private static final int FIRST_SLOTS = 2;
    private static final int SHORT_BYTES = 1024;
    private static final byte[] NOTHING = {};
    /** Of a queue that has seen no message: nothing, which stays so. */
    static final QueuedMessages NONE = new QueuedMessages();

    // A ring: slot i modulo the length holds psmid and reply of a message, the oldest one first
    private long[] psmids = new long[FIRST_SLOTS];
    private byte[][] answers = {NOTHING, NOTHING};
    private int oldest;
    private int count;
    private int replies;
    private byte[] firstParts = NOTHING; // of a message whose last part has not come yet
    private int delivered = NOT_BEGUN; // bytes of the oldest reply that earlier parts of its delivery have stored
    private int continuation; // number of that delivery, 1..15
    private byte[] loaded = NOTHING; // the last message; if it is short, its room is used again
    private MessageEngine.@Nullable Addressee addressee; // of the last message

    int count() {
        return count;
    }

    int replies() {
        return replies;
    }

    /** Forgets everything. Continuation numbers go on, so that an old one means nothing. */
    void clear() {
        Arrays.fill(answers, NOTHING);
        count = 0;
        replies = 0;
        firstParts = NOTHING;
        delivered = NOT_BEGUN;
    }

    /**
     * NQAP: loads the rest of a message, behind the parts that came before.
     *
     * @param length of the rest, in bytes
     * @return an interruption, 0 if it is there: {@link #take}
     */
    int load(Storage storage, long address, int length) {
        int before = firstParts.length;
        byte[] message = room(before + length);
        System.arraycopy(firstParts, 0, message, 0, before);
        loaded = message;
        return storage.load(address, message, before, length);
    }

    /** Returns the message, all parts of which are loaded; nobody keeps it once the card has answered. */
    byte[] take() {
        byte[] message = loaded;
        if (message.length > SHORT_BYTES) {
            loaded = NOTHING;
        }
        firstParts = NOTHING;
        return message;
    }

    /** What was loaded last is only a part of a message. */
    void keepParts() {
        firstParts = loaded;
        loaded = NOTHING;
    }

    private byte[] room(int length) {
        byte[] last = loaded;
        return last.length == length ? last : new byte[length];
    }

    /** Returns who a message is for, as before if it is the same. */
    MessageEngine.Addressee addressee(SimulatedAdapter adapter, AdapterSpec card, int apqi, Sender sender) {
        MessageEngine.Addressee last = addressee;
        if (last == null || last.card() != card || last.sender() != sender) {
            last = new MessageEngine.Addressee(adapter, card, apqi, sender);
            addressee = last;
        }
        return last;
    }

    void dropFirstParts() {
        firstParts = NOTHING;
    }

    /** NQAP: returns the response code for a message, or a part of one, that a card with this status word does not take; 0: it does. */
    int refusal(AdapterSpec card, int word, int gr0, long length) {
        if ((word & ApQueueStatus.FULL) != 0) {
            return ApResponseCode.Q_FULL.code();
        }
        if ((gr0 & Pqap.SPECIAL) != 0 && (card.functions() & ApHardwareInfo.APSC) == 0) {
            return ApResponseCode.REQ_FAC_NOT_INST.code();
        }
        return length > card.maxMessageBytes() - firstParts.length ? ApResponseCode.MESSAGE_TOO_BIG.code() : 0;
    }

    /** Adds a request; what its reply will be is known already. */
    void add(long psmid, byte[] reply) {
        if (count == psmids.length) {
            makeRoom();
        }
        int at = (oldest + count++) % psmids.length;
        psmids[at] = psmid;
        answers[at] = reply;
    }

    private void makeRoom() {
        long[] morePsmids = new long[2 * count];
        byte[][] moreAnswers = new byte[2 * count][];
        Arrays.fill(moreAnswers, NOTHING);
        for (int i = 0; i < count; i++) {
            morePsmids[i] = psmids[(oldest + i) % count];
            moreAnswers[i] = answers[(oldest + i) % count];
        }
        psmids = morePsmids;
        answers = moreAnswers;
        oldest = 0;
    }

    /** The oldest request is answered; true: its reply is the only one. */
    boolean arrived() {
        return ++replies == 1;
    }

    /**
     * DQAP: stores as much of the oldest reply as the buffer takes, and removes the reply once all of it is stored.
     *
     * @return condition code 0 or 1, an interruption, or a response code negated
     */
    int deliver(ApRegisters regs, Storage storage, int r1, int r2) {
        int gr0 = regs.low(0);
        boolean first = (gr0 & Pqap.DQAP_FIRST) != 0;
        if (!first && (delivered == NOT_BEGUN || (gr0 >> Pqap.FC_SHIFT & 0xff) != continuation)) {
            return -ApResponseCode.NO_FIRST_PART.code();
        }
        if (replies == 0) {
            return -ApResponseCode.NO_PENDING_REPLY.code();
        }
        int offset = first ? 0 : delivered;
        byte[] reply = answers[oldest];
        int rest = reply.length - offset;
        long room = regs.gr(r2 + 1);
        int stored = room >= 0 && room < rest ? (int) room : rest; // below 0: above 2^63
        int access = storage.store(regs.gr(r2), reply, offset, stored);
        if (access != 0) {
            return ApInstructions.interruption(access);
        }
        regs.gr(r2, regs.gr(r2) + stored);
        regs.gr(r2 + 1, room - stored);
        regs.gr(2, rest - stored);
        if (stored < rest) {
            continuation = first ? continuation % LAST_CONTINUATION + 1 : continuation;
            delivered = offset + stored;
            regs.low(0, continuation << Pqap.FC_SHIFT | gr0 & 0xffff);
            return 1;
        }
        regs.gr(r1, psmids[oldest] >> 32 & 0xffff_ffffL);
        regs.gr(r1 + 1, psmids[oldest] & 0xffff_ffffL);
        answers[oldest] = NOTHING;
        oldest = (oldest + 1) % psmids.length;
        count--;
        replies--;
        delivered = NOT_BEGUN;
        return 0;
    }
}
