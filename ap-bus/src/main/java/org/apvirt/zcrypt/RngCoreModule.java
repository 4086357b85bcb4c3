package org.apvirt.zcrypt;

import java.util.List;
import java.util.Map;

import org.apvirt.ap.ApBus;
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

    private static final List<SysfsAttribute<RngCoreModule>> ATTRIBUTES = List.of(
            SysfsAttribute.ro("rng_available", rng -> rng.isFed() ? "zcrypt none\n" : "none\n"),
            SysfsAttribute.<RngCoreModule>ro("rng_current", rng -> rng.isFed() ? "zcrypt\n" : "none\n").withMode(0644),
            SysfsAttribute.<RngCoreModule>ro("rng_quality", RngCoreModule::showQuality).withMode(0644),
            SysfsAttribute.ro("rng_selected", rng -> "0\n"));

    private final Kernel kernel;
    private final KernelModule module;
    private final ClassDevice device;

    private RngCoreModule(Kernel kernel) {
        this.kernel = kernel;
        this.module = new KernelModule(kernel, "rng_core", false);
        this.device = MiscDevices.create(kernel, "hw_random", "hwrng", MINOR, 0600, () -> {
            // Differs from Linux: nobody reads random numbers here; the device shows who would give them.
            throw new ErrnoException(Errno.ENODEV, "/dev/hwrng is not connected to a card");
        });
    }

    /** Returns the parameters that insmod takes and what they are without. */
    public static Map<String, Integer> parameters() {
        return Map.of("current_quality", 0, "default_quality", 1024);
    }

    /**
     * Loads the module.
     *
     * @param parameters values of {@link #parameters}; shown, and otherwise of no effect
     */
    public static RngCoreModule load(Kernel kernel, Map<String, Integer> parameters) {
        RngCoreModule rng = new RngCoreModule(kernel);
        parameters.forEach((name, value) -> rng.module.addParameter(name,
                SysfsAttribute.<String>ro(name, text -> text).withMode(0644).on(value + "\n")));
        kernel.addModule(rng.module);
        rng.device.addAttributes(rng, ATTRIBUTES);
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
        return "990\n";
    }

    private boolean isFed() {
        return kernel.bus("ap") instanceof ApBus bus && bus.cards().stream()
                .anyMatch(card -> card.driverData() instanceof ZcryptCard zcard && zcard.isCca()
                        && !zcard.queues().isEmpty());
    }
}
