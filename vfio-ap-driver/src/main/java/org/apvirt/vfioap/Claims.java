// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;

/**
 * Which APQNs are held by any mdev: per adapter the union of the domains held. An APQN has one holder at most, so a
 * matrix can be checked against all other mdevs by looking at its own adapters only, however many mdevs there are.
 *
 * <p>Differs from Linux: the kernel compares each matrix with every other one ({@code vfio_ap_mdev_verify_no_sharing}).
 * The answers are the same. A change needs the locks of the guests and of the mdevs' contents, a look one of them.
 */
final class Claims {
    private static final int WORDS = ApMask.BITS / Long.SIZE;

    private final long[] claimed = new long[ApMask.BITS * WORDS]; // four words of domains per adapter

    /** Replaces what one mdev holds. */
    void change(Holding before, Holding after) {
        ApMask touched = before.adapters().or(after.adapters());
        for (int apid = touched.next(0); apid >= 0; apid = touched.next(apid + 1)) {
            ApMask old = before.domainsOf(apid);
            ApMask now = after.domainsOf(apid);
            for (int word = 0; word < WORDS; word++) {
                int at = apid * WORDS + word;
                claimed[at] = claimed[at] & ~old.word(word) | now.word(word);
            }
        }
    }

    /** Tells whether an APQN is held. */
    boolean has(Apqn apqn) {
        return (claimed[apqn.apid() * WORDS + apqn.apqi() / Long.SIZE] & Long.MIN_VALUE >>> apqn.apqi()) != 0;
    }

    /**
     * Tells whether an APQN of the product of two masks is held by somebody else.
     *
     * @param own what the asking mdev holds itself, {@link Holding#NONE} if none asks
     */
    boolean conflict(ApMask apm, ApMask aqm, Holding own) {
        for (int apid = apm.next(0); apid >= 0; apid = apm.next(apid + 1)) {
            ApMask mine = own.domainsOf(apid);
            for (int word = 0; word < WORDS; word++) {
                if ((claimed[apid * WORDS + word] & ~mine.word(word) & aqm.word(word)) != 0) {
                    return true;
                }
            }
        }
        return false;
    }
}
