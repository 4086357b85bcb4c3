// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A module with one card driver and one queue driver of the host itself. */
final class ZcryptDrivers {
    private final Kernel kernel;
    private final ApBus bus;
    private final KernelModule module;
    private final ZcryptCardDriver cardDriver;
    private final ZcryptQueueDriver queueDriver;

    private ZcryptDrivers(ApBus bus, ZcryptModule zcrypt, String moduleName, String card, String queue,
            Set<Integer> types) {
        this.kernel = bus.kernel();
        this.bus = bus;
        this.module = new KernelModule(kernel, moduleName, false);
        this.cardDriver = new ZcryptCardDriver(card, module, zcrypt, types);
        this.queueDriver = new ZcryptQueueDriver(queue, module, zcrypt, types);
    }

    /**
     * Loads the module: the card driver is registered first, so that the queue driver finds its cards.
     *
     * @throws ErrnoException EINVAL: there is no AP bus, which the log says
     */
    static ZcryptDrivers load(@Nullable ApBus bus, ZcryptModule zcrypt, String moduleName, String card,
            String queue, Set<Integer> types) throws ErrnoException {
        if (bus == null) {
            zcrypt.kernel().log("Driver '" + card + "' was unable to register with bus_type 'ap' because the bus "
                    + "was not initialized.");
            throw new ErrnoException(Errno.EINVAL, moduleName + " needs the AP bus, and there is none");
        }
        ZcryptDrivers drivers = new ZcryptDrivers(bus, zcrypt, moduleName, card, queue, types);
        drivers.kernel.addModule(drivers.module);
        bus.register(drivers.cardDriver);
        bus.register(drivers.queueDriver);
        drivers.module.tellAdded();
        return drivers;
    }

    void unload() {
        bus.unregister(queueDriver);
        bus.unregister(cardDriver);
        kernel.removeModule(module);
        module.tellRemoved();
    }
}
