// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApMask;

/**
 * The APQNs that nobody but one mdev may have: those assigned to it and, at a level where a running guest keeps what it
 * was started with, those of its guest.
 *
 * @param assigned the mdev's matrix
 * @param kept what the running guest has whatever is assigned; {@link ApMatrix#NONE} where changes reach it at once
 */
record Holding(ApMatrix assigned, ApMatrix kept) {
    static final Holding NONE = new Holding(ApMatrix.NONE, ApMatrix.NONE);

    /** Returns the domains held on an adapter. */
    ApMask domainsOf(int apid) {
        ApMask domains = assigned.apm().contains(apid) ? assigned.aqm() : ApMask.NONE;
        return kept.apm().contains(apid) ? domains.or(kept.aqm()) : domains;
    }

    /** Returns the adapters on which something may be held. */
    ApMask adapters() {
        return assigned.apm().or(kept.apm());
    }

    /** Tells whether an APQN of the product of two masks is held. */
    boolean intersects(ApMask apm, ApMask aqm) {
        return assigned.apm().intersects(apm) && assigned.aqm().intersects(aqm)
                || kept.apm().intersects(apm) && kept.aqm().intersects(aqm);
    }
}
