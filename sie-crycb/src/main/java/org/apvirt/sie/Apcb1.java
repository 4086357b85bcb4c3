// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;
import java.util.Objects;

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
public final class Apcb1 {
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

    private final byte[] storage;
    private final int origin;

    private Apcb1(byte[] storage, int origin) {
        this.storage = storage;
        this.origin = origin;
    }

    /**
     * Wraps the 128 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Apcb1 at(byte[] storage, int origin) {
        Objects.checkFromIndexSize(origin, LENGTH, storage.length);
        return new Apcb1(storage, origin);
    }

    /** Returns the adapters. */
    public ApMask apm() {
        return ApMask.load(storage, origin + APM_OFFSET);
    }

    /** Stores the adapters. */
    public Apcb1 apm(ApMask apm) {
        apm.storeTo(storage, origin + APM_OFFSET);
        return this;
    }

    /** Returns the usage domains. */
    public ApMask aqm() {
        return ApMask.load(storage, origin + AQM_OFFSET);
    }

    /** Stores the usage domains. */
    public Apcb1 aqm(ApMask aqm) {
        aqm.storeTo(storage, origin + AQM_OFFSET);
        return this;
    }

    /** Returns the control domains. */
    public ApMask adm() {
        return ApMask.load(storage, origin + ADM_OFFSET);
    }

    /** Stores the control domains. */
    public Apcb1 adm(ApMask adm) {
        adm.storeTo(storage, origin + ADM_OFFSET);
        return this;
    }

    /** Makes all bytes zero: no queue is valid. */
    public void clear() {
        Arrays.fill(storage, origin, origin + LENGTH, (byte) 0);
    }

    /** Stores the AND of this block and another one's bytes, the reserved ones too. */
    void andInto(byte[] other, byte[] target, int targetOffset) {
        for (int at = 0; at < LENGTH; at += Long.BYTES) {
            long both = (long) BigEndian.LONG.get(storage, origin + at) & (long) BigEndian.LONG.get(other, at);
            BigEndian.LONG.set(target, targetOffset + at, both);
        }
    }

    /** Stores the AND of this block and the bytes of one of format 0, as a block of format 1. */
    void andNarrowInto(byte[] apcb0, byte[] target, int targetOffset) {
        andFirst(APM_OFFSET, (long) BigEndian.LONG.get(apcb0, Apcb0.APM_OFFSET), target, targetOffset);
        long aqm = (long) BigEndian.LONG.get(apcb0, Apcb0.AQM_OFFSET) & Apcb0.DOMAIN_BITS;
        andFirst(AQM_OFFSET, aqm, target, targetOffset);
        long adm = (long) BigEndian.LONG.get(apcb0, Apcb0.ADM_OFFSET) & Apcb0.DOMAIN_BITS;
        andFirst(ADM_OFFSET, adm, target, targetOffset);
    }

    private void andFirst(int offset, long word, byte[] target, int targetOffset) {
        long both = (long) BigEndian.LONG.get(storage, origin + offset) & word;
        BigEndian.LONG.set(target, targetOffset + offset, both);
    }

    /** Returns a copy of the 128 bytes. */
    public byte[] bytes() {
        return Arrays.copyOfRange(storage, origin, origin + LENGTH);
    }
}
