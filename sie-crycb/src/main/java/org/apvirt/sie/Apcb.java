// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;

/** The part of a CRYCB that holds the masks: which queues a guest may use and which domains it may control. */
public abstract sealed class Apcb extends ControlBlock permits Apcb0, Apcb1, NoApcb {
    Apcb(byte[] storage, int origin, int length) {
        super(storage, origin, length);
    }

    /** Returns the adapters. */
    public abstract ApMask apm();

    /** Returns the usage domains. */
    public abstract ApMask aqm();

    /** Returns the control domains. */
    public abstract ApMask adm();

    /**
     * Stores masks. Ids that the format has no room for are dropped.
     *
     * @throws IllegalArgumentException if there is no block
     */
    public abstract void masks(ApMask apm, ApMask aqm, ApMask adm);

    /**
     * Tells whether the bytes grant a queue: its adapter is in the APM and its domain in the AQM. Allocates nothing.
     *
     * @param qid adapter number in bits 16-23, domain number in bits 24-31; other bits are ignored
     */
    public abstract boolean grants(int qid);

    /** Returns a doubleword, 0 to 3, of the adapters; 0 where the format has none. */
    abstract long apmAt(int doubleword);

    /** Returns a doubleword of the usage domains. */
    abstract long aqmAt(int doubleword);

    /** Returns a doubleword of the control domains. */
    abstract long admAt(int doubleword);

    /**
     * ANDs the masks of a stored QCI block with those of this one. Allocates nothing.
     *
     * @param config the {@link ApConfigInfo#LENGTH} bytes of the block
     */
    public final void restrict(byte[] config) {
        for (int i = 0; i < ApMask.BYTES / Long.BYTES; i++) {
            int at = i * Long.BYTES;
            and(config, ApConfigInfo.APM_OFFSET + at, apmAt(i));
            and(config, ApConfigInfo.AQM_OFFSET + at, aqmAt(i));
            and(config, ApConfigInfo.ADM_OFFSET + at, admAt(i));
        }
    }

    private static void and(byte[] bytes, int offset, long mask) {
        doubleword(bytes, offset, doubleword(bytes, offset) & mask);
    }

    /** Tells whether the bytes allow control of just these domains. Allocates nothing. */
    final boolean controls(ApMask domains) {
        return admAt(0) == domains.word(0) && admAt(1) == domains.word(1) && admAt(2) == domains.word(2)
                && admAt(3) == domains.word(3);
    }

    /** Makes all bytes zero: no queue is valid. */
    public final void clear() {
        zero();
    }

    /** Stores the AND of this block and the bytes of another one of its format, the reserved ones too. */
    final void andInto(byte[] other, byte[] target, int targetOffset, int length) {
        for (int at = 0; at < length; at += Long.BYTES) {
            doubleword(target, targetOffset + at, doubleword(at) & doubleword(other, at));
        }
    }
}
