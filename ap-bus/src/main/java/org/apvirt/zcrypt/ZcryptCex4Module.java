// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.device.ErrnoException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The module {@code zcrypt_cex4}: drivers cex4card and cex4queue for CEX4 to CEX8. Source: Linux
 * {@code zcrypt_cex4.c}. */
public final class ZcryptCex4Module {
    private final ZcryptDrivers drivers;

    private ZcryptCex4Module(ZcryptDrivers drivers) {
        this.drivers = drivers;
    }

    /**
     * Loads the module.
     *
     * @throws ErrnoException EINVAL: there is no AP bus, which the log says
     */
    public static ZcryptCex4Module load(@Nullable ApBus bus, ZcryptModule zcrypt) throws ErrnoException {
        return new ZcryptCex4Module(
                ZcryptDrivers.load(bus, zcrypt, "zcrypt_cex4", "cex4card", "cex4queue", Set.of(10, 11, 12, 13, 14)));
    }

    /** Unloads the module: queues are let go first, then cards. */
    public void unload() {
        drivers.unload();
    }
}
