// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import org.apvirt.device.KernelModule;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.mdev.MdevDriver;
import org.apvirt.vfio.VfioDevice;

/**
 * The driver of the matrix mdevs. Source: Linux {@code vfio_ap_ops.c}, {@code vfio_ap_matrix_driver}.
 */
final class MatrixMdevDriver extends MdevDriver {
    private final MatrixDevice matrixDev;

    record Bound(MatrixMdev mdev, VfioDevice vfioDevice) {}

    MatrixMdevDriver(MatrixDevice matrixDev, String name, KernelModule module) {
        super(name, module, "vfio-ap");
        this.matrixDev = matrixDev;
    }

    @Override
    protected void probe(MdevDevice device) {
        MatrixMdev mdev = new MatrixMdev(matrixDev, device);
        VfioDevice vfioDevice = VfioDevice.register(device, new MdevUser(mdev));
        device.driverData(new Bound(mdev, vfioDevice));
        try (UpdateLocks held = matrixDev.lockGuests()) {
            matrixDev.add(mdev, held);
        }
        device.addGroup(mdev.attributes());
    }

    /** Waits until no guest uses the device, then resets and frees its queues. */
    @Override
    protected void remove(MdevDevice device) {
        if (device.driverData() instanceof Bound bound) {
            MatrixMdev mdev = bound.mdev;
            device.removeGroup(mdev.attributes());
            try (UpdateLocks held = matrixDev.lockForUpdate(mdev)) {
                mdev.leave(held);
            }
            bound.vfioDevice.unregister();
            try (UpdateLocks held = matrixDev.thenContents(matrixDev.lockGuests())) {
                mdev.resets().resetAll(mdev.queues(held).inTableOrder(), held);
                for (VfioApQueue queue : mdev.queues(held).inTableOrder()) {
                    mdev.queues(held).unlink(queue);
                }
                matrixDev.remove(mdev, held);
            }
            device.driverData(null);
        }
    }

    /** Tells whether a user has one of the devices open: the module cannot go. */
    boolean isInUse() {
        return devices().stream().anyMatch(
                device -> device.driverData() instanceof Bound bound && bound.vfioDevice.isOpen());
    }

    /** Returns the mdev of a device, which must be bound to this driver. */
    static MatrixMdev mdevOf(MdevDevice device) {
        if (device.driverData() instanceof Bound bound) {
            return bound.mdev;
        }
        throw new IllegalArgumentException(device + " is not bound");
    }
}
