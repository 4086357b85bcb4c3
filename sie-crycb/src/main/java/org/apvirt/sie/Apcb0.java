// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

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
public final class Apcb0 extends Apcb {
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

    private Apcb0(byte[] storage, int origin) {
        super(storage, origin, LENGTH);
    }

    /**
     * Wraps the 32 bytes from {@code origin} on.
     *
     * @throws IndexOutOfBoundsException if they do not lie inside {@code storage}
     */
    public static Apcb0 at(byte[] storage, int origin) {
        return new Apcb0(storage, origin);
    }

    /** Returns the adapters; ids 0..63 only. */
    @Override
    public ApMask apm() {
        return ApMask.ofWords(apmAt(0), 0, 0, 0);
    }

    /** Returns the usage domains; ids 0..15 only. */
    @Override
    public ApMask aqm() {
        return ApMask.ofWords(aqmAt(0), 0, 0, 0);
    }

    /** Returns the control domains; ids 0..15 only. */
    @Override
    public ApMask adm() {
        return ApMask.ofWords(admAt(0), 0, 0, 0);
    }

    /** Stores adapters 0..63 and domains 0..15; the rest of the doublewords becomes zero. */
    @Override
    public void masks(ApMask apm, ApMask aqm, ApMask adm) {
        doubleword(APM_OFFSET, apm.word(0));
        doubleword(AQM_OFFSET, aqm.word(0) & DOMAIN_BITS);
        doubleword(ADM_OFFSET, adm.word(0) & DOMAIN_BITS);
    }

    @Override
    public boolean grants(int qid) {
        int apid = qid >> 8 & 0xff;
        int apqi = qid & 0xff;
        return apid < ADAPTERS && apqi < DOMAINS && isSet(APM_OFFSET, apid) && isSet(AQM_OFFSET, apqi);
    }

    @Override
    long apmAt(int doubleword) {
        return doubleword == 0 ? doubleword(APM_OFFSET) : 0;
    }

    @Override
    long aqmAt(int doubleword) {
        return doubleword == 0 ? doubleword(AQM_OFFSET) & DOMAIN_BITS : 0;
    }

    @Override
    long admAt(int doubleword) {
        return doubleword == 0 ? doubleword(ADM_OFFSET) & DOMAIN_BITS : 0;
    }
}
