// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apvirt.ap.ApQuirk;
import org.apvirt.device.Quirk;
import org.apvirt.zcrypt.ZcryptQuirk;

/**
 * How a kernel is booted.
 *
 * @param level which kernel
 * @param kernelParameters the kernel command line; only {@code ap.NAME=VALUE} matters
 * @param modules names of the modules to load after boot, in order; those already loaded by a dependency are skipped
 * @param built what the kernel is built with that the kernel of its level is not
 */
public record HostOptions(Level level, String kernelParameters, List<String> modules, Set<BuildOption> built) {
    /** The modules of every level, in the order of their dependencies. */
    public static final List<String> ALL_MODULES = List.of("rng_core", "zcrypt", "zcrypt_cex4", "mdev", "vfio_ap");
    /** What a guest loads to use its queues. */
    public static final List<String> GUEST_MODULES = List.of("rng_core", "zcrypt", "zcrypt_cex4");

    /** A kernel that is built as that of its level. */
    public HostOptions(Level level, String kernelParameters, List<String> modules) {
        this(level, kernelParameters, modules, Set.of());
    }

    /** A kernel with all modules that its level has and no parameters. */
    public static HostOptions of(Level level) {
        return new HostOptions(level, "", modules(level));
    }

    private static List<String> modules(Level level) {
        if (!level.has(ApQuirk.OLD_CARDS)) {
            return ALL_MODULES;
        }
        List<String> modules = new ArrayList<>(ALL_MODULES);
        modules.addAll(modules.indexOf("zcrypt_cex4"), List.of("zcrypt_cex2a",
                level.has(ZcryptQuirk.PCIXCC_DRIVERS) ? "zcrypt_pcixcc" : "zcrypt_cex2c"));
        return List.copyOf(modules);
    }

    /** Returns the same with other modules. */
    public HostOptions withModules(List<String> names) {
        return new HostOptions(level, kernelParameters, List.copyOf(names), built);
    }

    /** Returns the same, built with options. */
    public HostOptions builtWith(Set<BuildOption> options) {
        return new HostOptions(level, kernelParameters, modules, Set.copyOf(options));
    }

    /** Returns what the kernel does differently from others. */
    Set<Quirk> quirks() {
        Set<Quirk> quirks = new HashSet<>(level.quirks());
        built.forEach(option -> quirks.add(option.quirk()));
        return quirks;
    }
}
