package org.apvirt.host;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ApQuirk;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.mdev.MdevModule;
import org.apvirt.vfioap.VfioApModule;
import org.apvirt.zcrypt.RngCoreModule;
import org.apvirt.zcrypt.ZcryptCex2aModule;
import org.apvirt.zcrypt.ZcryptCex4Module;
import org.apvirt.zcrypt.ZcryptModule;
import org.apvirt.zcrypt.ZcryptPcixccModule;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The loadable modules of a kernel: which there are, what they need, who uses whom.
 * Source: Linux {@code kernel/module/main.c}.
 */
final class ModuleLoader {
    /** Part of the kernel itself: loading them succeeds in doing nothing with modprobe, and is EEXIST with insmod. */
    private static final Set<String> BUILT_IN = Set.of("ap", "vfio", "vfio_iommu_type1", "kvm");

    /** What a module's start needs and may refuse. */
    private interface Start {
        Loaded run() throws ErrnoException;
    }

    /** A module that runs. */
    private interface Loaded {
        /** Unloads. */
        void unload() throws ErrnoException;
    }

    private record Definition(List<String> dependencies, Start start) {}

    private final Kernel kernel;
    private final @Nullable ApBus bus;
    private final Map<String, Definition> definitions = new LinkedHashMap<>();
    private final Map<String, Loaded> loaded = new LinkedHashMap<>();
    private @Nullable ZcryptModule zcrypt;

    ModuleLoader(Kernel kernel, @Nullable ApBus bus) {
        this.kernel = kernel;
        this.bus = bus;
        define("rng_core", List.of(), () -> RngCoreModule.load(kernel)::unload);
        define("zcrypt", List.of("rng_core"), this::zcrypt);
        define("zcrypt_cex4", List.of("zcrypt"), () -> ZcryptCex4Module.load(bus, needed(zcrypt))::unload);
        if (kernel.has(ApQuirk.OLD_CARDS)) {
            define("zcrypt_cex2a", List.of("zcrypt"), () -> ZcryptCex2aModule.load(bus, needed(zcrypt))::unload);
            define("zcrypt_pcixcc", List.of("zcrypt"), () -> ZcryptPcixccModule.load(bus, needed(zcrypt))::unload);
        }
        define("mdev", List.of(), () -> MdevModule.load(kernel)::unload);
        define("vfio_ap", List.of("mdev"), () -> VfioApModule.load(kernel, bus)::unload);
    }

    private void define(String name, List<String> dependencies, Start start) {
        definitions.put(name, new Definition(dependencies, start));
    }

    private static <T> T needed(@Nullable T module) {
        if (module == null) {
            throw new IllegalStateException("a module was started before the one that it depends on");
        }
        return module;
    }

    private Loaded zcrypt() {
        ZcryptModule module = ZcryptModule.load(kernel, bus);
        zcrypt = module;
        return module::unload;
    }

    /**
     * insmod(8).
     *
     * @throws ErrnoException ENOENT: no such module, or one that it depends on is not loaded. EEXIST: it is loaded. Else
     *     what its start answers
     */
    synchronized void load(String module) throws ErrnoException {
        String name = module.replace('-', '_');
        Definition definition = definitions.get(name);
        if (loaded.containsKey(name) || BUILT_IN.contains(name)) {
            throw new ErrnoException(Errno.EEXIST, name + " is loaded");
        }
        if (definition == null) {
            throw new ErrnoException(Errno.ENOENT, "no module '" + name + "'");
        }
        for (String dependency : definition.dependencies()) {
            if (!loaded.containsKey(dependency)) {
                throw new ErrnoException(Errno.ENOENT, name + " needs " + dependency + ", which is not loaded");
            }
        }
        loaded.put(name, definition.start().run());
    }

    /** modprobe(8): loads a module after those that it depends on; what is loaded stays as it is. */
    synchronized void loadWithDependencies(String module) throws ErrnoException {
        String name = module.replace('-', '_');
        if (loaded.containsKey(name) || BUILT_IN.contains(name)) {
            return;
        }
        Definition definition = definitions.get(name);
        if (definition != null) {
            for (String dependency : definition.dependencies()) {
                loadWithDependencies(dependency);
            }
        }
        load(name);
    }

    /**
     * rmmod(8).
     *
     * @throws ErrnoException ENOENT: it is not loaded. EAGAIN: another module or a user needs it
     */
    synchronized void unload(String module) throws ErrnoException {
        String name = module.replace('-', '_');
        Loaded running = loaded.get(name);
        if (running == null) {
            throw new ErrnoException(Errno.ENOENT, name + " is not loaded");
        }
        for (String other : loaded.keySet()) {
            Definition definition = definitions.get(other);
            if (definition != null && definition.dependencies().contains(name)) {
                throw new ErrnoException(Errno.EAGAIN, name + " is used by " + other);
            }
        }
        running.unload();
        loaded.remove(name);
    }
}
