// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApQuirk;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.mdev.MdevModule;
import org.apvirt.vfioap.VfioApModule;
import org.apvirt.zcrypt.RngCoreModule;
import org.apvirt.zcrypt.ZcryptDriverModule;
import org.apvirt.zcrypt.ZcryptModule;
import org.apvirt.zcrypt.ZcryptQuirk;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The modules that a kernel has as files, what they need of each other and how each begins.
 * Source: the {@code EXPORT_SYMBOL} lines of Linux {@code drivers/s390/crypto}, {@code drivers/vfio/mdev}.
 */
final class ModuleTable {
    private static final List<String> OF_RNG_CORE = List.of("hwrng_unregister", "hwrng_register");
    private static final List<String> OF_MDEV = List.of("mdev_unregister_driver", "mdev_register_driver",
            "mdev_register_parent", "mdev_unregister_parent");
    private static final List<String> OF_ZCRYPT = List.of("zcrypt_card_unregister", "ep11_get_card_info",
            "zcrypt_card_free", "zcrypt_card_register", "ep11_get_domain_info", "cca_get_info",
            "zcrypt_queue_register", "zcrypt_queue_alloc", "zcrypt_msgtype", "zcrypt_card_alloc",
            "zcrypt_queue_unregister", "zcrypt_queue_free");
    private static final List<String> OF_ZCRYPT_BY_OLD_DRIVERS = OF_ZCRYPT.stream()
            .filter(symbol -> symbol.startsWith("zcrypt_")).toList();

    private final Kernel kernel;
    private final @Nullable ApBus bus;
    private @Nullable RngCoreModule rngCore;
    private @Nullable ZcryptModule zcrypt;

    private ModuleTable(Kernel kernel, @Nullable ApBus bus) {
        this.kernel = kernel;
        this.bus = bus;
    }

    /** Returns the modules of a kernel. */
    static List<LoadableModule> of(Kernel kernel, @Nullable ApBus bus) {
        return new ModuleTable(kernel, bus).rows();
    }

    private List<LoadableModule> rows() {
        List<LoadableModule> rows = new ArrayList<>();
        rows.add(new LoadableModule("rng_core", Map.of(), RngCoreModule.parameters(), this::rngCore));
        rows.add(new LoadableModule("zcrypt", Map.of("rng_core", OF_RNG_CORE), ZcryptModule.parameters(kernel),
                this::zcrypt));
        rows.add(drivers(ZcryptDriverModule.ZCRYPT_CEX4, OF_ZCRYPT));
        if (kernel.has(ApQuirk.OLD_CARDS)) {
            rows.add(drivers(ZcryptDriverModule.ZCRYPT_CEX2A, OF_ZCRYPT_BY_OLD_DRIVERS));
            rows.add(drivers(kernel.has(ZcryptQuirk.PCIXCC_DRIVERS)
                    ? ZcryptDriverModule.ZCRYPT_PCIXCC
                    : ZcryptDriverModule.ZCRYPT_CEX2C, OF_ZCRYPT_BY_OLD_DRIVERS));
        }
        rows.add(new LoadableModule("mdev", Map.of(), unused -> MdevModule.load(kernel)::unload));
        rows.add(new LoadableModule("vfio_ap", Map.of("mdev", OF_MDEV),
                unused -> VfioApModule.load(kernel, bus)::unload));
        return rows;
    }

    private LoadableModule drivers(ZcryptDriverModule module, List<String> symbols) {
        return new LoadableModule(module.toString(), Map.of("zcrypt", symbols),
                unused -> module.load(bus, needed(zcrypt))::unload);
    }

    private static <T> T needed(@Nullable T module) {
        if (module == null) {
            throw new IllegalStateException("a module was started before the one that it depends on");
        }
        return module;
    }

    private LoadableModule.Exit rngCore(Map<String, Integer> parameters) throws ErrnoException {
        RngCoreModule module = RngCoreModule.load(kernel, parameters);
        rngCore = module;
        return module::unload;
    }

    private LoadableModule.Exit zcrypt(Map<String, Integer> parameters) throws ErrnoException {
        ZcryptModule module = ZcryptModule.load(kernel, bus, parameters, needed(rngCore).trustsNumbers());
        zcrypt = module;
        return module::unload;
    }
}
