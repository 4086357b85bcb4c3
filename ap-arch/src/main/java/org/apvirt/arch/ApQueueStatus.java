// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

/**
 * The AP queue status word: the low word of general register 1 after PQAP, NQAP and DQAP.
 * <pre>
 *  bit  mask        name
 *   0   0x80000000  E  the queue is empty
 *   1   0x40000000  R  replies are waiting
 *   2   0x20000000  F  the queue is full
 *   6   0x02000000  A  an asynchronous error is pending
 *   7   0x01000000  I  interruption is enabled for the queue
 *  8-15 0x00ff0000     response code
 * </pre>
 * The instruction path passes the word as a plain {@code int} and uses the static methods; the record is for callers
 * that keep or print one.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/ap.h}, {@code struct ap_queue_status}.
 *
 * @param word all 32 bits as the machine gave them; unknown bits are kept
 */
public record ApQueueStatus(int word) {
    /** E: the queue is empty. */
    public static final int EMPTY = 0x8000_0000;
    /** R: replies are waiting. */
    public static final int REPLIES_WAITING = 0x4000_0000;
    /** F: the queue is full. */
    public static final int FULL = 0x2000_0000;
    /** A: an asynchronous error is pending. */
    public static final int ASYNC = 0x0200_0000;
    /** I: interruption is enabled. */
    public static final int IRQ_ENABLED = 0x0100_0000;

    /** Builds a word with only a response code, 0x00..0xff. */
    public static int wordOf(int responseCode) {
        return (responseCode & 0xff) << 16;
    }

    /** Builds a word with only a response code. */
    public static int wordOf(ApResponseCode responseCode) {
        return wordOf(responseCode.code());
    }

    /** Returns the response code of a status word, 0x00..0xff. */
    public static int responseCode(int word) {
        return word >> 16 & 0xff;
    }

    /** Returns the response code. */
    public ApResponseCode response() {
        return ApResponseCode.of(responseCode(word));
    }

    /** Tells whether the queue is empty. */
    public boolean isEmpty() {
        return (word & EMPTY) != 0;
    }

    /** Tells whether replies are waiting. */
    public boolean repliesWaiting() {
        return (word & REPLIES_WAITING) != 0;
    }

    /** Tells whether the queue is full. */
    public boolean isFull() {
        return (word & FULL) != 0;
    }

    /** Tells whether an asynchronous error is pending. */
    public boolean isAsync() {
        return (word & ASYNC) != 0;
    }

    /** Tells whether interruption is enabled. */
    public boolean irqEnabled() {
        return (word & IRQ_ENABLED) != 0;
    }

    @Override
    public String toString() {
        return String.format("0x%08x (%s)", word, response());
    }
}
