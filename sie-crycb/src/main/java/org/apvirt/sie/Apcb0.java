// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.util.Arrays;
import java.util.Objects;

import org.apvirt.arch.ApMask;

/**
 * A view of an adjunct-processor control block of format 0: 64 adapters, 16 domains. It copies nothing.
 * <pre>
 *  offset  length  field
 *   0x00    0x08   APM: adapters 0-63, id 0 leftmost
 *   0x08    0x02   AQM: usage domains 0-15
 *   0x0a    0x06   stored as zero
 *   0x10    0x02   ADM: control domains 0-15
 *   0x12    0x06   stored as zero
 *   0x18    0x08   reserved
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/kvm_host_types.h}, {@code struct kvm_s390_apcb0}.
 */
public final class Apcb0 {
    /** Length in bytes. */
    public static final int LENGTH = 0x20;
    /** Offset of the adapter mask. */
    public static final int APM_OFFSET = 0x00;
    /** Offset of the usage-domain mask. */
    public static final int AQM_OFFSET = 0x08;
    /** Offset of the control-domain mask. */
    public static final int ADM_OFFSET = 0x10;
    /** Number of adapters: ids 0..63. */
    public static final int ADAPTERS = 64;
    /** Number of domains: ids 0..15. */
    public static final int DOMAINS = 16;
    /** The bits of a domain doubleword that count. */
    static final long DOMAIN_BITS = 0xffff_0000_0000_0000L;

    private final byte[] storage;
    private final int origin;

    private Apcb0(byte[] storage, int origin) {
        this.storage = storage;
        this.origin = origin;
    }

    /**
     * Wraps the 32 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Apcb0 at(byte[] storage, int origin) {
        Objects.checkFromIndexSize(origin, LENGTH, storage.length);
        return new Apcb0(storage, origin);
    }

    /** Returns the adapters; ids 0..63 only. */
    public ApMask apm() {
        return ApMask.ofWords((long) BigEndian.LONG.get(storage, origin + APM_OFFSET), 0, 0, 0);
    }

    /** Stores the adapters 0..63 of the mask. */
    public Apcb0 apm(ApMask apm) {
        BigEndian.LONG.set(storage, origin + APM_OFFSET, apm.word(0));
        return this;
    }

    /** Returns the usage domains; ids 0..15 only. */
    public ApMask aqm() {
        return domains(AQM_OFFSET);
    }

    /** Stores the usage domains 0..15 of the mask; the rest of the doubleword becomes zero. */
    public Apcb0 aqm(ApMask aqm) {
        return domains(AQM_OFFSET, aqm);
    }

    /** Returns the control domains; ids 0..15 only. */
    public ApMask adm() {
        return domains(ADM_OFFSET);
    }

    /** Stores the control domains 0..15 of the mask; the rest of the doubleword becomes zero. */
    public Apcb0 adm(ApMask adm) {
        return domains(ADM_OFFSET, adm);
    }

    private ApMask domains(int offset) {
        return ApMask.ofWords((long) (short) BigEndian.SHORT.get(storage, origin + offset) << 48, 0, 0, 0);
    }

    private Apcb0 domains(int offset, ApMask mask) {
        BigEndian.LONG.set(storage, origin + offset, mask.word(0) & DOMAIN_BITS);
        return this;
    }

    /** Makes all bytes zero: no queue is valid. */
    public void clear() {
        Arrays.fill(storage, origin, origin + LENGTH, (byte) 0);
    }

    /** Stores the AND of this block and another one's bytes. */
    void andInto(byte[] other, byte[] target, int targetOffset) {
        for (int at = 0; at < LENGTH; at += Long.BYTES) {
            long both = (long) BigEndian.LONG.get(storage, origin + at) & (long) BigEndian.LONG.get(other, at);
            BigEndian.LONG.set(target, targetOffset + at, both);
        }
    }

    /** Returns a copy of the 32 bytes. */
    public byte[] bytes() {
        return Arrays.copyOfRange(storage, origin, origin + LENGTH);
    }
}
