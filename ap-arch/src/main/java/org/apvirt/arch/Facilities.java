// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What STFLE reports, as far as AP looks at it: bits 0..255, MSB-0. Immutable. That the AP instructions themselves are
 * installed is no facility bit; it shows when one is executed.
 */
public final class Facilities {
    /** PQAP(QCI) is installed. */
    public static final int QCI = 12;
    /** TAPQ with the T bit is installed (AP facilities test). */
    public static final int APFT = 15;
    /** PQAP(AQIC) is installed (queue interruption control). */
    public static final int APQI = 65;
    /** MSA extension 3: the CRYCB formats 1 and 2. */
    public static final int MSA3 = 76;
    /** UVC is installed (ultravisor call). */
    public static final int UVC = 158;
    /** No facility. */
    public static final Facilities NONE = new Facilities(ApMask.NONE);

    private final ApMask bits;

    private Facilities(ApMask bits) {
        this.bits = bits;
    }

    /** Returns the facilities with exactly these bits, each 0..255. */
    public static Facilities of(int... bits) {
        return new Facilities(ApMask.of(bits));
    }

    /** Tells whether a facility is installed. */
    public boolean has(int bit) {
        return bits.contains(bit);
    }

    /** Returns these facilities and one more. */
    public Facilities with(int bit) {
        return new Facilities(bits.with(bit));
    }

    /** Returns these facilities less one. */
    public Facilities without(int bit) {
        return new Facilities(bits.without(bit));
    }

    /** Returns the bits as a mask. */
    public ApMask bits() {
        return bits;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Facilities facilities && bits.equals(facilities.bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    @Override
    public String toString() {
        return bits.ids().boxed().toList().toString();
    }
}
