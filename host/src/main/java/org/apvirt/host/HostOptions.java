package org.apvirt.host;

import java.util.List;

import org.apvirt.ap.ApQuirk;

/**
 * How a kernel is booted.
 *
 * @param level which kernel
 * @param kernelParameters the kernel command line; only {@code ap.NAME=VALUE} matters
 * @param modules names of the modules to load after boot, in order; those already loaded by a dependency are skipped
 */
public record HostOptions(Level level, String kernelParameters, List<String> modules) {
    /** The modules of every level, in the order of their dependencies. */
    public static final List<String> ALL_MODULES = List.of("rng_core", "zcrypt", "zcrypt_cex4", "mdev", "vfio_ap");
    private static final List<String> WITH_OLD_CARDS = List.of("rng_core", "zcrypt", "zcrypt_cex2a", "zcrypt_pcixcc",
            "zcrypt_cex4", "mdev", "vfio_ap");
    /** What a guest loads to use its queues. */
    public static final List<String> GUEST_MODULES = List.of("rng_core", "zcrypt", "zcrypt_cex4");

    /** A kernel with all modules that its level has and no parameters. */
    public static HostOptions of(Level level) {
        return new HostOptions(level, "", level.has(ApQuirk.OLD_CARDS) ? WITH_OLD_CARDS : ALL_MODULES);
    }

    /** Returns the same with other modules. */
    public HostOptions withModules(List<String> names) {
        return new HostOptions(level, kernelParameters, List.copyOf(names));
    }
}
