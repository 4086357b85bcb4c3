// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.device.Driver;

/** The driver of the matrix device; it only shows {@code features}. Source: Linux {@code vfio_ap_drv.c}. */
final class MatrixDriver extends Driver<MatrixDevice> {
    MatrixDriver() {
        super("vfio_ap", null);
    }

    @Override
    public boolean bindsByHand() {
        return false;
    }

    @Override
    public boolean matches(MatrixDevice device) {
        return true;
    }

    @Override
    protected void probe(MatrixDevice device) {
        device.showAttributes(true);
    }

    @Override
    protected void remove(MatrixDevice device) {
        device.showAttributes(false);
    }
}
