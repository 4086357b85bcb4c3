package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The module {@code zcrypt_pcixcc}: drivers pcixcccard and pcixccqueue for CEX2C and CEX3C.
 * Source: Linux 4.14 {@code zcrypt_pcixcc.c}. */
public final class ZcryptPcixccModule {
    private final ZcryptDrivers drivers;

    private ZcryptPcixccModule(ZcryptDrivers drivers) {
        this.drivers = drivers;
    }

    /**
     * Loads the module.
     *
     * @throws ErrnoException EINVAL: there is no AP bus, which the log says
     */
    public static ZcryptPcixccModule load(@Nullable ApBus bus, ZcryptModule zcrypt) throws ErrnoException {
        return new ZcryptPcixccModule(ZcryptDrivers.load(bus, zcrypt, "zcrypt_pcixcc", "pcixcc", Set.of(7, 9)));
    }

    /** Unloads the module: queues are let go first, then cards. */
    public void unload() {
        drivers.unload();
    }
}
