// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * The highest ids that this host knows, taken when an mdev is created: from QCI with APXA, else 63, 15 and 15.
 * Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_matrix_init}.
 *
 * @param apmMax highest adapter
 * @param aqmMax highest usage domain
 * @param admMax highest control domain
 */
record MatrixLimits(int apmMax, int aqmMax, int admMax) {
    static MatrixLimits of(ApConfigInfo host) {
        return host.has(ApConfigInfo.APXA)
                ? new MatrixLimits(host.na(), host.nd(), host.nd())
                : new MatrixLimits(63, 15, 15);
    }

    /**
     * Checks one id.
     *
     * @param number as parsed, unsigned
     * @throws ErrnoException ENODEV: above the limit
     */
    static int require(String what, long number, int max) throws ErrnoException {
        if (Long.compareUnsigned(number, max) > 0) {
            throw new ErrnoException(Errno.ENODEV, what + " " + Long.toUnsignedString(number) + " is above " + max);
        }
        return (int) number;
    }

    /** Checks a whole matrix: ENODEV if an id is above its limit. */
    void require(ApMatrix matrix) throws ErrnoException {
        require("adapter", Math.max(matrix.apm().last(), 0), apmMax);
        require("domain", Math.max(matrix.aqm().last(), 0), aqmMax);
        require("control domain", Math.max(matrix.adm().last(), 0), admMax);
    }
}
