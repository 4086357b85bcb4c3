// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import org.apvirt.arch.ApMask;

/**
 * A view of an adjunct-processor control block of format 1: 256 adapters, 256 domains. It copies nothing.
 * <pre>
 *  offset  length  field
 *   0x00    0x20   APM: adapters 0-255, id 0 leftmost
 *   0x20    0x20   AQM: usage domains 0-255
 *   0x40    0x20   ADM: control domains 0-255
 *   0x60    0x20   reserved
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code struct kvm_s390_apcb1}.
 */
public final class Apcb1 extends Apcb {
    /** Length in bytes. */
    public static final int LENGTH = 0x80;
    /** Length of the three masks in bytes. */
    public static final int MASKS_LENGTH = 3 * ApMask.BYTES;
    /** Offset of the adapter mask. */
    public static final int APM_OFFSET = 0x00;
    /** Offset of the usage-domain mask. */
    public static final int AQM_OFFSET = APM_OFFSET + ApMask.BYTES;
    /** Offset of the control-domain mask. */
    public static final int ADM_OFFSET = AQM_OFFSET + ApMask.BYTES;

    private Apcb1(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
    }

    /**
     * Wraps the 128 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Apcb1 at(byte[] storage, int origin) {
        return new Apcb1(storage, origin);
    }

    @Override
    public ApMask apm() {
        return ApMask.load(storage, origin + APM_OFFSET);
    }

    @Override
    public ApMask aqm() {
        return ApMask.load(storage, origin + AQM_OFFSET);
    }

    @Override
    public ApMask adm() {
        return ApMask.load(storage, origin + ADM_OFFSET);
    }

    @Override
    public void masks(ApMask apm, ApMask aqm, ApMask adm) {
        apm.storeTo(storage, origin + APM_OFFSET);
        aqm.storeTo(storage, origin + AQM_OFFSET);
        adm.storeTo(storage, origin + ADM_OFFSET);
    }

    @Override
    public boolean grants(int qid) {
        return isSet(APM_OFFSET, qid >> 8 & 0xff) && isSet(AQM_OFFSET, qid & 0xff);
    }

    @Override
    long apmAt(int doubleword) {
        return doubleword(APM_OFFSET + doubleword * Long.BYTES);
    }

    @Override
    long aqmAt(int doubleword) {
        return doubleword(AQM_OFFSET + doubleword * Long.BYTES);
    }

    @Override
    long admAt(int doubleword) {
        return doubleword(ADM_OFFSET + doubleword * Long.BYTES);
    }

    /** Stores the AND of this block and one of format 0, as a block of format 1. */
    void andInto(Apcb0 narrow, byte[] target, int targetOffset) {
        doubleword(target, targetOffset + APM_OFFSET, apmAt(0) & narrow.apmAt(0));
        doubleword(target, targetOffset + AQM_OFFSET, aqmAt(0) & narrow.aqmAt(0));
        doubleword(target, targetOffset + ADM_OFFSET, admAt(0) & narrow.admAt(0));
    }
}
