// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apvirt.ap.ApBus;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsText;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The loadable modules of a kernel: loads and unloads those of {@link ModuleTable}, knows who uses whom.
 * Source: Linux {@code kernel/module/main.c}, {@code load_module}, {@code delete_module}.
 */
final class ModuleLoader {
    /** Part of the kernel itself: there is no file to load and nothing to unload. */
    private static final Set<String> BUILT_IN = Set.of("ap", "vfio", "vfio_iommu_type1", "kvm");

    private final Kernel kernel;
    private final Map<String, LoadableModule> modules = new LinkedHashMap<>();
    private final Map<String, LoadableModule.Exit> loaded = new LinkedHashMap<>();
    private final List<String> names = new CopyOnWriteArrayList<>(); // of those; read while one is being unloaded

    ModuleLoader(Kernel kernel, @Nullable ApBus bus) {
        this.kernel = kernel;
        ModuleTable.of(kernel, bus).forEach(module -> modules.put(module.name(), module));
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
        LoadableModule known = modules.get(name);
        if (known == null) {
            throw new ErrnoException(Errno.ENOENT, BUILT_IN.contains(name)
                    ? name + " is part of the kernel"
                    : "no module '" + SysfsText.printable(name) + "'");
        }
        if (loaded.containsKey(name)) {
            throw new ErrnoException(Errno.EEXIST, name + " is loaded");
        }
        requireSymbols(name, known);
        loaded.put(name, known.init().run(parameters(name, known, arguments)));
        names.add(name);
    }

    private void requireSymbols(String name, LoadableModule known) throws ErrnoException {
        for (Map.Entry<String, List<String>> needed : known.imports().entrySet()) {
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

    private Map<String, Integer> parameters(String name, LoadableModule known, String text) throws ErrnoException {
        Map<String, Integer> values = new LinkedHashMap<>(known.parameters());
        ErrnoException refusal = null;
        for (ModuleArguments.Argument argument : ModuleArguments.parse(text)) {
            if (argument.isEnd()) {
                kernel.log(name + ": parameters '" + text.substring(text.indexOf("--") + 2).strip()
                        + "' after `--' ignored");
                break;
            }
            String parameter = known.parameters().keySet().stream().filter(argument::isNamed).findFirst().orElse(null);
            if (parameter == null) {
                kernel.log(name + ": unknown parameter '" + argument.name() + "' ignored");
                continue;
            }
            String value = argument.value();
            try {
                values.put(parameter, unsigned(value));
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
        LoadableModule known = modules.get(name);
        if (known != null) {
            for (String dependency : known.imports().keySet()) {
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
        LoadableModule.Exit exit = loaded.get(module);
        if (exit == null) {
            throw new ErrnoException(Errno.ENOENT, SysfsText.printable(module) + " is not loaded");
        }
        for (String other : loaded.keySet()) {
            LoadableModule known = modules.get(other);
            if (known != null && known.imports().containsKey(module)) {
                throw new ErrnoException(Errno.EAGAIN, module + " is used by " + other);
            }
        }
        exit.run();
        loaded.remove(module);
        names.remove(module);
    }
}
