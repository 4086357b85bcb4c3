// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import org.apvirt.arch.ApMask;

/** The masks of a CRYCB whose format is none: they grant nothing. */
final class NoApcb extends Apcb {
    static final NoApcb INSTANCE = new NoApcb();

    private NoApcb() {
        super(new byte[0], 0, 0);
    }

    @Override
    public ApMask apm() {
        return ApMask.NONE;
    }

    @Override
    public ApMask aqm() {
        return ApMask.NONE;
    }

    @Override
    public ApMask adm() {
        return ApMask.NONE;
    }

    @Override
    public void masks(ApMask apm, ApMask aqm, ApMask adm) {
        throw new IllegalArgumentException("no APCB in a CRYCB of the invalid format");
    }

    @Override
    public boolean grants(int qid) {
        return false;
    }

    @Override
    long apmAt(int doubleword) {
        return 0;
    }

    @Override
    long aqmAt(int doubleword) {
        return 0;
    }

    @Override
    long admAt(int doubleword) {
        return 0;
    }
}
