// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApDevice;
import org.apvirt.ap.ApDriver;
import org.apvirt.device.KernelModule;

/** A driver by which the host itself uses cards or queues of some types. Source: Linux {@code zcrypt_cex4.c}. */
abstract class ZcryptDriver extends ApDriver {
    final ZcryptModule zcrypt;
    private final Class<? extends ApDevice> kind;
    private final Set<Integer> types;

    /**
     * @param kind cards or queues
     * @param types their types, as of {@link ApDevice#type()}
     */
    ZcryptDriver(String name, KernelModule module, ZcryptModule zcrypt, Class<? extends ApDevice> kind,
            Set<Integer> types) {
        super(name, module);
        this.zcrypt = zcrypt;
        this.kind = kind;
        this.types = types;
    }

    @Override
    public boolean isDefault() {
        return true;
    }

    @Override
    public boolean matches(ApDevice device) {
        return kind.isInstance(device) && types.contains(device.type());
    }
}
