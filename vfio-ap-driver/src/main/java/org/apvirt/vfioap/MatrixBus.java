// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.device.Bus;
import org.apvirt.device.Kernel;

/** The bus {@code matrix}, which has one device. Source: Linux {@code vfio_ap_drv.c}, {@code matrix_bus}. */
public final class MatrixBus extends Bus<MatrixDevice> {
    MatrixBus(Kernel kernel) {
        super(kernel, "matrix");
    }
}
