// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The module {@code zcrypt_cex2c} for CEX2C and CEX3C, with the drivers cex2card (one c) and cex2cqueue; in older kernels
 * {@code zcrypt_pcixcc}, with pcixcccard and pcixccqueue. Source: Linux 6.1 {@code zcrypt_cex2c.c}, 4.14 {@code
 * zcrypt_pcixcc.c}.
 */
public final class ZcryptCex2cModule {
    private static final Set<Integer> TYPES = Set.of(7, 9);

    private final ZcryptDrivers drivers;

    private ZcryptCex2cModule(ZcryptDrivers drivers) {
        this.drivers = drivers;
    }

    /**
     * Loads the module.
     *
     * @throws ErrnoException EINVAL: there is no AP bus, which the log says
     */
    public static ZcryptCex2cModule load(@Nullable ApBus bus, ZcryptModule zcrypt) throws ErrnoException {
        return new ZcryptCex2cModule(zcrypt.kernel().has(ZcryptQuirk.PCIXCC_DRIVERS)
                ? ZcryptDrivers.load(bus, zcrypt, "zcrypt_pcixcc", "pcixcccard", "pcixccqueue", TYPES)
                : ZcryptDrivers.load(bus, zcrypt, "zcrypt_cex2c", "cex2card", "cex2cqueue", TYPES));
    }

    /** Unloads the module: queues are let go first, then cards. */
    public void unload() {
        drivers.unload();
    }
}
