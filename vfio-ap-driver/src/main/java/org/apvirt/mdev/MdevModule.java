// SPDX-License-Identifier: Apache-2.0
package org.apvirt.mdev;

import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;

/** Module mdev: the bus of mediated devices. Source: Linux {@code drivers/vfio/mdev/mdev_core.c}, {@code mdev_init}. */
public final class MdevModule {
    private final Kernel kernel;
    private final KernelModule module;
    private final MdevBus bus;

    private MdevModule(Kernel kernel) {
        this.kernel = kernel;
        this.module = new KernelModule(kernel, "mdev", false);
        this.bus = new MdevBus(kernel);
    }

    /** Loads the module: {@code /sys/bus/mdev} appears. */
    public static MdevModule load(Kernel kernel) {
        MdevModule loaded = new MdevModule(kernel);
        kernel.addBus(loaded.bus);
        loaded.bus.addParentClass();
        loaded.bus.tellAdded();
        kernel.addModule(loaded.module);
        loaded.module.tellAdded();
        return loaded;
    }

    /** Returns the bus. */
    public MdevBus bus() {
        return bus;
    }

    /** Unloads the module. The caller sees to it that no module that uses it is left. */
    public void unload() {
        bus.dropParentClass();
        kernel.removeBus(bus);
        bus.tellRemoved();
        kernel.removeModule(module);
        module.tellRemoved();
    }
}
