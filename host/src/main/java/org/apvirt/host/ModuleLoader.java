// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApQuirk;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsText;
import org.apvirt.mdev.MdevModule;
import org.apvirt.vfioap.VfioApModule;
import org.apvirt.zcrypt.RngCoreModule;
import org.apvirt.zcrypt.ZcryptCex2aModule;
import org.apvirt.zcrypt.ZcryptCex2cModule;
import org.apvirt.zcrypt.ZcryptCex4Module;
import org.apvirt.zcrypt.ZcryptModule;
import org.apvirt.zcrypt.ZcryptQuirk;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The loadable modules of a kernel: which there are, what they need of each other, who uses whom.
 * Source: Linux {@code kernel/module/main.c}, {@code load_module}, {@code delete_module}.
 */
final class ModuleLoader {
    /** Part of the kernel itself: there is no file to load and nothing to unload. */
    private static final Set<String> BUILT_IN = Set.of("ap", "vfio", "vfio_iommu_type1", "kvm");

    // What a module needs of others, in the order in which the log names what is missing
    private static final List<String> OF_RNG_CORE = List.of("hwrng_unregister", "hwrng_register");
    private static final List<String> OF_MDEV = List.of("mdev_unregister_driver", "mdev_register_driver",
            "mdev_register_parent", "mdev_unregister_parent");
    private static final List<String> OF_ZCRYPT = List.of("zcrypt_card_unregister", "ep11_get_card_info",
            "zcrypt_card_free", "zcrypt_card_register", "ep11_get_domain_info", "cca_get_info",
            "zcrypt_queue_register", "zcrypt_queue_alloc", "zcrypt_msgtype", "zcrypt_card_alloc",
            "zcrypt_queue_unregister", "zcrypt_queue_free");
    private static final List<String> OF_ZCRYPT_BY_OLD_DRIVERS = OF_ZCRYPT.stream()
            .filter(symbol -> symbol.startsWith("zcrypt_")).toList();

    /** What a module's start needs and may refuse. */
    private interface Start {
        Loaded run(Map<String, Integer> parameters) throws ErrnoException;
    }

    /** A module that runs. */
    private interface Loaded {
        /** Unloads. */
        void unload() throws ErrnoException;
    }

    /**
     * A module that can be loaded.
     *
     * @param imports the symbols that it needs, by the module that exports them
     * @param parameters the parameters that it knows, unsigned numbers, with their defaults
     */
    private record Definition(Map<String, List<String>> imports, Map<String, Integer> parameters, Start start) {}

    private final Kernel kernel;
    private final @Nullable ApBus bus;
    private final Map<String, Definition> definitions = new LinkedHashMap<>();
    private final Map<String, Loaded> loaded = new LinkedHashMap<>();
    private final List<String> names = new CopyOnWriteArrayList<>(); // of those; read while one is being unloaded
    private @Nullable RngCoreModule rngCore;
    private @Nullable ZcryptModule zcrypt;

    ModuleLoader(Kernel kernel, @Nullable ApBus bus) {
        this.kernel = kernel;
        this.bus = bus;
        definitions.put("rng_core", new Definition(Map.of(), RngCoreModule.parameters(), this::rngCore));
        definitions.put("zcrypt", new Definition(Map.of("rng_core", OF_RNG_CORE), ZcryptModule.parameters(kernel),
                this::zcrypt));
        define("zcrypt_cex4", Map.of("zcrypt", OF_ZCRYPT),
                unused -> ZcryptCex4Module.load(bus, needed(zcrypt))::unload);
        if (kernel.has(ApQuirk.OLD_CARDS)) {
            Map<String, List<String>> imports = Map.of("zcrypt", OF_ZCRYPT_BY_OLD_DRIVERS);
            define("zcrypt_cex2a", imports, unused -> ZcryptCex2aModule.load(bus, needed(zcrypt))::unload);
            define(kernel.has(ZcryptQuirk.PCIXCC_DRIVERS) ? "zcrypt_pcixcc" : "zcrypt_cex2c", imports,
                    unused -> ZcryptCex2cModule.load(bus, needed(zcrypt))::unload);
        }
        define("mdev", Map.of(), unused -> MdevModule.load(kernel)::unload);
        define("vfio_ap", Map.of("mdev", OF_MDEV), unused -> VfioApModule.load(kernel, bus)::unload);
    }

    private void define(String name, Map<String, List<String>> imports, Start start) {
        definitions.put(name, new Definition(imports, Map.of(), start));
    }

    private static <T> T needed(@Nullable T module) {
        if (module == null) {
            throw new IllegalStateException("a module was started before the one that it depends on");
        }
        return module;
    }

    private Loaded rngCore(Map<String, Integer> parameters) throws ErrnoException {
        RngCoreModule module = RngCoreModule.load(kernel, parameters);
        rngCore = module;
        return module::unload;
    }

    private Loaded zcrypt(Map<String, Integer> parameters) throws ErrnoException {
        ZcryptModule module = ZcryptModule.load(kernel, bus, parameters, needed(rngCore).trustsNumbers());
        zcrypt = module;
        return module::unload;
    }

    private static String name(String module) {
        return module.replace('-', '_'); // a file's name may have either
    }

    /**
     * insmod(8).
     *
     * @param module the name of its file without {@code .ko}
     * @param arguments {@code NAME=VALUE}, separated by blanks; a parameter that the module does not know is ignored
     * @throws ErrnoException ENOENT: there is no such file, or a module that it needs is not loaded. EEXIST: it is
     *     loaded. EINVAL, ERANGE: the value of a parameter. Else what its start answers
     */
    synchronized void load(String module, String arguments) throws ErrnoException {
        String name = name(module);
        Definition definition = definitions.get(name);
        if (definition == null) {
            throw new ErrnoException(Errno.ENOENT, BUILT_IN.contains(name)
                    ? name + " is part of the kernel"
                    : "no module '" + SysfsText.printable(name) + "'");
        }
        if (loaded.containsKey(name)) {
            throw new ErrnoException(Errno.EEXIST, name + " is loaded");
        }
        requireSymbols(name, definition);
        loaded.put(name, definition.start().run(parameters(name, definition, arguments)));
        names.add(name);
    }

    private void requireSymbols(String name, Definition definition) throws ErrnoException {
        for (Map.Entry<String, List<String>> needed : definition.imports().entrySet()) {
            if (!loaded.containsKey(needed.getKey())) {
                needed.getValue().forEach(
                        symbol -> kernel.log(name + ": Unknown symbol " + symbol + " (err -2)"));
                throw new ErrnoException(Errno.ENOENT, name + " needs " + needed.getKey() + ", which is not loaded");
            }
        }
    }

    /** Returns the names of the loaded modules, in order; does not wait for one that comes or goes. */
    List<String> names() {
        return List.copyOf(names);
    }

    private Map<String, Integer> parameters(String name, Definition definition, String text) throws ErrnoException {
        Map<String, Integer> values = new LinkedHashMap<>(definition.parameters());
        ErrnoException refusal = null;
        for (ModuleArguments.Argument argument : ModuleArguments.parse(text)) {
            if (argument.isEnd()) {
                kernel.log(name + ": parameters '" + text.substring(text.indexOf("--") + 2).strip()
                        + "' after `--' ignored");
                break;
            }
            String known = definition.parameters().keySet().stream().filter(argument::isNamed).findFirst().orElse(null);
            if (known == null) {
                kernel.log(name + ": unknown parameter '" + argument.name() + "' ignored");
                continue;
            }
            String value = argument.value();
            try {
                values.put(known, unsigned(value));
            } catch (ErrnoException e) {
                kernel.log(name + ": `" + (value == null ? "" : value) + "' invalid for parameter `" + argument.name()
                        + "'");
                refusal = e;
            }
        }
        if (refusal != null) {
            throw refusal;
        }
        return values;
    }

    /** Source: Linux {@code kernel/params.c}, {@code param_set_uint}. */
    private static int unsigned(@Nullable String text) throws ErrnoException {
        if (text == null) {
            throw new ErrnoException(Errno.EINVAL, "a parameter has no value");
        }
        long value = SysfsText.parseNumber(text);
        if (value >>> Integer.SIZE != 0) {
            throw new ErrnoException(Errno.ERANGE, "number above 32 bits: '" + SysfsText.printable(text) + "'");
        }
        return (int) value;
    }

    /** modprobe(8): loads a module after those that it depends on; what is loaded stays as it is. */
    synchronized void loadWithDependencies(String module) throws ErrnoException {
        String name = name(module);
        if (loaded.containsKey(name) || BUILT_IN.contains(name)) {
            return;
        }
        Definition definition = definitions.get(name);
        if (definition != null) {
            for (String dependency : definition.imports().keySet()) {
                loadWithDependencies(dependency);
            }
        }
        load(name, "");
    }

    /**
     * Unloads a module: delete_module(2).
     *
     * @param module its name, which has underscores and no hyphens
     * @throws ErrnoException ENOENT: it is not loaded. EAGAIN: another module or a user needs it
     */
    synchronized void unload(String module) throws ErrnoException {
        Loaded running = loaded.get(module);
        if (running == null) {
            throw new ErrnoException(Errno.ENOENT, SysfsText.printable(module) + " is not loaded");
        }
        for (String other : loaded.keySet()) {
            Definition definition = definitions.get(other);
            if (definition != null && definition.imports().containsKey(module)) {
                throw new ErrnoException(Errno.EAGAIN, module + " is used by " + other);
            }
        }
        running.unload();
        loaded.remove(module);
        names.remove(module);
    }
}
