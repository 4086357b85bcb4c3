// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Mutex;
import org.apvirt.device.Device;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsLink;
import org.apvirt.mdev.MdevBus;
import org.apvirt.mdev.MdevDevice;
import org.apvirt.mdev.MdevParent;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Module vfio_ap: loading makes the matrix device and registers the drivers, unloading takes all that back.
 * Source: Linux {@code vfio_ap_drv.c}, {@code vfio_ap_init}, {@code vfio_ap_exit}.
 */
public final class VfioApModule {
    private static final int MAX_INSTANCES = ApMask.BITS * ApMask.BITS;

    private final Kernel kernel;
    private final ApBus apBus;
    private final MdevBus mdevBus;
    private final KernelModule module;
    private final RootDevice root;
    private final MatrixBus matrixBus;
    private final MatrixDevice matrixDev;
    private final MatrixDriver matrixDriver = new MatrixDriver();
    private final VfioApDriver apDriver;
    private final MatrixMdevDriver mdevDriver;
    private final MdevParent parent;

    private VfioApModule(Kernel kernel, ApBus apBus, MdevBus mdevBus) {
        this.kernel = kernel;
        this.apBus = apBus;
        this.mdevBus = mdevBus;
        module = new KernelModule(kernel, "vfio_ap", false);
        root = new RootDevice(kernel);
        matrixBus = new MatrixBus(kernel);
        matrixDev = new MatrixDevice(root, matrixBus, apBus);
        root.matrix = matrixDev;
        apDriver = new VfioApDriver(matrixDev, module);
        mdevDriver = new MatrixMdevDriver(matrixDev,
                kernel.has(VfioApQuirk.DRIVER_IS_VFIO_MDEV) ? "vfio_mdev" : "vfio_ap_mdev", module);
        parent = new MdevParent(matrixDev, mdevBus, mdevDriver, "vfio_ap", "passthrough",
                "VFIO AP Passthrough Device", MAX_INSTANCES);
        matrixDev.parent(parent);
    }

    /**
     * Loads the module.
     *
     * @param apBus the AP bus, null if this machine has no AP instructions
     * @throws ErrnoException ENODEV: no AP instructions. ENOENT: module mdev is not loaded
     */
    public static VfioApModule load(Kernel kernel, @Nullable ApBus apBus) throws ErrnoException {
        if (!(kernel.bus("mdev") instanceof MdevBus mdevBus)) {
            throw new ErrnoException(Errno.ENOENT, "vfio_ap needs module mdev: load that first");
        }
        if (apBus == null || !apBus.commands().installed()) {
            throw new ErrnoException(Errno.ENODEV, "this machine has no AP instructions");
        }
        VfioApModule loaded = new VfioApModule(kernel, apBus, mdevBus);
        loaded.register();
        return loaded;
    }

    private void register() {
        kernel.addRootDevice(root);
        kernel.addBus(matrixBus);
        matrixBus.tellAdded();
        matrixBus.add(matrixDev);
        matrixBus.register(matrixDriver);
        kernel.addModule(module);
        apBus.register(apDriver);
        mdevBus.register(mdevDriver);
        parent.register();
        module.tellAdded();
        if (kernel.has(VfioApQuirk.MIGRATES)) {
            // Differs from Linux: a kernel does not say what is not merged
            kernel.log("vfio_ap: live guest migration as posted on 2026-07-07 (version 4): not merged, may change");
        }
    }

    /** Returns the matrix device. */
    public MatrixDevice matrixDevice() {
        return matrixDev;
    }

    /** Returns the mdev of a UUID in lower case, null if there is none or it has no driver. */
    public @Nullable MatrixMdev mdev(String uuid) {
        MdevDevice device = mdevBus.device(uuid);
        return device == null || device.driver() != mdevDriver ? null : MatrixMdevDriver.mdevOf(device);
    }

    /**
     * Unloads the module, with its mdevs.
     *
     * @throws ErrnoException EAGAIN: a guest uses an mdev
     */
    public void unload() throws ErrnoException {
        if (mdevDriver.isInUse()) {
            throw new ErrnoException(Errno.EAGAIN, "a mediated device is in use");
        }
        parent.unregister();
        mdevBus.unregister(mdevDriver);
        apBus.unregister(apDriver);
        matrixBus.release(matrixDev, null);
        matrixBus.unregister(matrixDriver);
        matrixBus.remove(matrixDev);
        kernel.removeBus(matrixBus);
        matrixBus.tellRemoved();
        kernel.removeRootDevice(root);
        kernel.removeModule(module);
        module.tellRemoved();
    }

    /** {@code /sys/devices/vfio_ap}; it belongs to no bus, so its events go nowhere. */
    private static final class RootDevice extends Device {
        private final ReentrantLock lock = new Mutex();
        private @Nullable MatrixDevice matrix;

        RootDevice(Kernel kernel) {
            super(kernel, null);
        }

        @Override
        public String name() {
            return "vfio_ap";
        }

        @Override
        public ReentrantLock deviceLock() {
            return lock;
        }

        @Override
        protected List<EntryGroup> groups() {
            return List.of(EntryGroup.of("module", SysfsLink.between(devpath(), "/module/vfio_ap")));
        }

        @Override
        protected List<? extends Device> children() {
            MatrixDevice only = matrix;
            return only == null ? List.of() : List.of(only);
        }

        @Override
        protected @Nullable Device child(String childName) {
            return childName.equals("matrix") ? matrix : null;
        }
    }
}
