// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Map;

import org.apvirt.ap.ApBus;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.ClassDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;

/**
 * The module {@code rng_core}: the device hw_random, as far as zcrypt shows there. While a CCA queue is bound to a
 * driver of the host, it feeds random numbers. Source: Linux {@code drivers/char/hw_random/core.c},
 * {@code zcrypt_rng_device_add}.
 */
public final class RngCoreModule {
    private static final int MINOR = 183;
    private static final String DEFAULT_QUALITY = "default_quality";
    private static final String CURRENT_QUALITY = "current_quality";
    private static final int MAX_QUALITY = 1024;
    private static final int OF_ZCRYPT = 990;
    private static final int USHORT_MAX = 0xffff;

    private static final AttributeGroup<RngCoreModule> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.ro("rng_available", rng -> rng.isFed() ? "zcrypt none\n" : "none\n"),
            SysfsAttribute.<RngCoreModule>ro("rng_current", rng -> rng.isFed() ? "zcrypt\n" : "none\n").withMode(0644),
            SysfsAttribute.<RngCoreModule>ro("rng_quality", RngCoreModule::showQuality).withMode(0644),
            SysfsAttribute.ro("rng_selected", rng -> "0\n"));

    private final Kernel kernel;
    private final KernelModule module;
    private final ClassDevice device;
    private final int quality; // of zcrypt's numbers, bits of entropy in 1024

    private RngCoreModule(Kernel kernel, int defaultQuality) {
        this.kernel = kernel;
        this.quality = Math.min(Math.min(defaultQuality, MAX_QUALITY), OF_ZCRYPT);
        this.module = new KernelModule(kernel, "rng_core", false);
        this.device = MiscDevices.create(kernel, "hw_random", "hwrng", MINOR, 0600, () -> {
            // Differs from Linux: nobody reads random numbers here; the device shows who would give them.
            throw new ErrnoException(Errno.ENODEV, "/dev/hwrng is not connected to a card");
        });
    }

    /** Returns the parameters of the module, unsigned numbers, with their defaults. */
    public static Map<String, Integer> parameters() {
        return Map.of(DEFAULT_QUALITY, MAX_QUALITY, CURRENT_QUALITY, 0);
    }

    /**
     * Loads the module.
     *
     * @param parameters values for all {@link #parameters}
     * @throws ErrnoException ERANGE: one has more than 16 bits
     */
    public static RngCoreModule load(Kernel kernel, Map<String, Integer> parameters) throws ErrnoException {
        for (Map.Entry<String, Integer> parameter : parameters.entrySet()) {
            int value = parameter.getValue();
            if (value < 0 || value > USHORT_MAX) {
                String text = Integer.toUnsignedString(value);
                kernel.log("rng_core: `" + text + "' invalid for parameter `" + parameter.getKey() + "'");
                throw new ErrnoException(Errno.ERANGE, parameter.getKey() + "=" + text + " has more than 16 bits");
            }
        }
        RngCoreModule rng = new RngCoreModule(kernel, parameters.getOrDefault(DEFAULT_QUALITY, MAX_QUALITY));
        parameters.forEach((name, value) -> rng.module.addParameter(name,
                SysfsAttribute.<String>ro(name, text -> text).withMode(0644).on(value + "\n")));
        kernel.addModule(rng.module);
        rng.device.addGroup(ATTRIBUTES.on(rng));
        rng.device.add();
        rng.module.tellAdded();
        return rng;
    }

    /** Unloads the module. */
    public void unload() {
        device.remove();
        kernel.removeModule(module);
        module.tellRemoved();
    }

    private String showQuality() throws ErrnoException {
        if (!isFed()) {
            throw new ErrnoException(Errno.ENODEV, "no random-number generator is selected");
        }
        return quality + "\n";
    }

    /**
     * Tells whether zcrypt's numbers count as entropy, so that the kernel goes on asking for them: with
     * {@code default_quality=0} they do not. Source: {@code hwrng_init}, {@code hwrng_fillfn}.
     */
    public boolean trustsNumbers() {
        return quality > 0;
    }

    private boolean isFed() {
        return kernel.bus("ap") instanceof ApBus bus && bus.cards().stream()
                .anyMatch(card -> card.driverData() instanceof ZcryptCard zcard && zcard.isCca()
                        && !zcard.queues().isEmpty());
    }
}
