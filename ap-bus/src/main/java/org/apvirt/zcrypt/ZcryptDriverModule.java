// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Locale;
import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The modules with one card driver and one queue driver of the host itself, for cards of some types. */
public enum ZcryptDriverModule {
    /** CEX4 to CEX8. Source: Linux {@code zcrypt_cex4.c}. */
    ZCRYPT_CEX4("cex4card", "cex4queue", Set.of(10, 11, 12, 13, 14)),
    /** CEX2A and CEX3A. Source: Linux 5.10 {@code zcrypt_cex2a.c}. */
    ZCRYPT_CEX2A("cex2acard", "cex2aqueue", Set.of(6, 8)),
    /** CEX2C and CEX3C; the card driver has one c. Source: Linux 6.1 {@code zcrypt_cex2c.c}. */
    ZCRYPT_CEX2C("cex2card", "cex2cqueue", Set.of(7, 9)),
    /** The same cards with older kernels. Source: Linux 4.14 {@code zcrypt_pcixcc.c}. */
    ZCRYPT_PCIXCC("pcixcccard", "pcixccqueue", Set.of(7, 9));

    private final String card;
    private final String queue;
    private final Set<Integer> types;

    ZcryptDriverModule(String card, String queue, Set<Integer> types) {
        this.card = card;
        this.queue = queue;
        this.types = types;
    }

    /** Returns the module's name, for example {@code zcrypt_cex4}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Loads the module: the card driver is registered first, so that the queue driver finds its cards.
     *
     * @throws ErrnoException EINVAL: there is no AP bus, which the log says
     */
    public Loaded load(@Nullable ApBus bus, ZcryptModule zcrypt) throws ErrnoException {
        if (bus == null) {
            zcrypt.kernel().log("Driver '" + card + "' was unable to register with bus_type 'ap' because the bus "
                    + "was not initialized.");
            throw new ErrnoException(Errno.EINVAL, this + " needs the AP bus, and there is none");
        }
        return new Loaded(this, bus, zcrypt);
    }

    /** Such a module, loaded. */
    public static final class Loaded {
        private final Kernel kernel;
        private final ApBus bus;
        private final KernelModule module;
        private final ZcryptCardDriver cardDriver;
        private final ZcryptQueueDriver queueDriver;

        private Loaded(ZcryptDriverModule row, ApBus bus, ZcryptModule zcrypt) {
            this.kernel = bus.kernel();
            this.bus = bus;
            this.module = new KernelModule(kernel, row.toString(), false);
            this.cardDriver = new ZcryptCardDriver(row.card, module, zcrypt, row.types);
            this.queueDriver = new ZcryptQueueDriver(row.queue, module, zcrypt, row.types);
            kernel.addModule(module);
            bus.register(cardDriver);
            bus.register(queueDriver);
            module.tellAdded();
        }

        /** Unloads the module: queues are let go first, then cards. */
        public void unload() {
            bus.unregister(queueDriver);
            bus.unregister(cardDriver);
            kernel.removeModule(module);
            module.tellRemoved();
        }
    }
}
