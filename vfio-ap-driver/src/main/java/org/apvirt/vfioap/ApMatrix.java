// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.device.SysfsFile;

/**
 * Adapters, usage domains and control domains: what an mdev has been assigned, or what its guest gets. The APQNs are
 * the product of adapters and usage domains. Immutable.
 *
 * <p>Source: Linux {@code drivers/s390/crypto/vfio_ap_private.h}, {@code struct ap_matrix}.
 *
 * @param apm adapters
 * @param aqm usage domains
 * @param adm control domains
 */
public record ApMatrix(ApMask apm, ApMask aqm, ApMask adm) {
    /** Nothing at all. */
    public static final ApMatrix NONE = new ApMatrix(ApMask.NONE, ApMask.NONE, ApMask.NONE);

    /** Tells whether an APQN is in the matrix. */
    public boolean contains(Apqn apqn) {
        return apm.contains(apqn.apid()) && aqm.contains(apqn.apqi());
    }

    /** Returns this matrix with other adapters. */
    public ApMatrix withApm(ApMask newApm) {
        return newApm == apm ? this : new ApMatrix(newApm, aqm, adm);
    }

    /** Returns this matrix with other usage domains. */
    public ApMatrix withAqm(ApMask newAqm) {
        return newAqm == aqm ? this : new ApMatrix(apm, newAqm, adm);
    }

    /** Returns this matrix with other control domains. */
    public ApMatrix withAdm(ApMask newAdm) {
        return newAdm == adm ? this : new ApMatrix(apm, aqm, newAdm);
    }

    /** Returns the part of this matrix that is in the other, each mask for itself. */
    public ApMatrix and(ApMatrix other) {
        return new ApMatrix(apm.and(other.apm), aqm.and(other.aqm), adm.and(other.adm));
    }

    /** Returns this matrix less the other, each mask for itself. */
    public ApMatrix minus(ApMatrix other) {
        return new ApMatrix(apm.minus(other.apm), aqm.minus(other.aqm), adm.minus(other.adm));
    }

    /**
     * Returns the text of {@code matrix} and {@code guest_matrix}: a line per APQN, adapters outermost; with only
     * adapters or only domains, a line per id with the other part left out. What does not fit into a page is left out.
     */
    public String matrixText() {
        StringBuilder text = new StringBuilder();
        if (aqm.isEmpty()) {
            for (int apid = apm.next(0); apid >= 0; apid = apm.next(apid + 1)) {
                appendHex(text, apid, 2).append(".\n");
            }
            return text.toString();
        }
        int apid = apm.next(0);
        do {
            for (int apqi = aqm.next(0); apqi >= 0; apqi = aqm.next(apqi + 1)) {
                if (apid >= 0) {
                    appendHex(text, apid, 2);
                }
                appendHex(text.append('.'), apqi, 4).append('\n');
            }
            apid = apid < 0 ? -1 : apm.next(apid + 1);
        } while (apid >= 0 && text.length() < SysfsFile.PAGE);
        return text.length() < SysfsFile.PAGE ? text.toString() : text.substring(0, SysfsFile.PAGE - 1);
    }

    /** Returns the text of {@code control_domains}: a line per control domain. */
    public String controlDomainsText() {
        StringBuilder text = new StringBuilder();
        adm.forEach(domain -> appendHex(text, domain, 4).append('\n'));
        return text.toString();
    }

    /** Returns the text of {@code ap_config}: the three masks in a line. */
    public String configText() {
        return apm + "," + aqm + ',' + adm + '\n';
    }

    private static StringBuilder appendHex(StringBuilder text, int value, int digits) {
        for (int shift = digits * 4 - 4; shift >= 0; shift -= 4) {
            text.append(Character.forDigit(value >> shift & 0xf, 16));
        }
        return text;
    }
}
