// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The module {@code zcrypt_cex2a}: drivers cex2acard and cex2aqueue for CEX2A and CEX3A.
 * Source: Linux 5.10 {@code zcrypt_cex2a.c}. */
public final class ZcryptCex2aModule {
    private final ZcryptDrivers drivers;

    private ZcryptCex2aModule(ZcryptDrivers drivers) {
        this.drivers = drivers;
    }

    /**
     * Loads the module.
     *
     * @throws ErrnoException EINVAL: there is no AP bus, which the log says
     */
    public static ZcryptCex2aModule load(@Nullable ApBus bus, ZcryptModule zcrypt) throws ErrnoException {
        return new ZcryptCex2aModule(
                ZcryptDrivers.load(bus, zcrypt, "zcrypt_cex2a", "cex2acard", "cex2aqueue", Set.of(6, 8)));
    }

    /** Unloads the module: queues are let go first, then cards. */
    public void unload() {
        drivers.unload();
    }
}
