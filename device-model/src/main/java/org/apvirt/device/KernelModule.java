// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * A loaded module, or a built-in one that has parameters: {@code /sys/module/NAME}.
 * Source: Linux {@code kernel/module/sysfs.c}, {@code kernel/params.c}.
 */
public final class KernelModule {
    private final String name;
    private final boolean builtIn;
    private final Kobject kobject;
    private final Map<String, SysfsFile> parameters = new ConcurrentSkipListMap<>();
    private final Map<String, String> drivers = new ConcurrentSkipListMap<>();

    /**
     * A module; {@link Kernel#addModule} makes it visible.
     *
     * @param name with underscores, as {@code /sys/module} has it
     */
    public KernelModule(Kernel kernel, String name, boolean builtIn) {
        this.name = name;
        this.builtIn = builtIn;
        this.kobject = new Kobject(kernel, "/module/" + name, "module");
    }

    /** Returns the name. */
    public String name() {
        return name;
    }

    /** Tells whether it came with the kernel, for good. */
    public boolean isBuiltIn() {
        return builtIn;
    }

    /** Adds a file below {@code parameters}. */
    public void addParameter(String parameter, SysfsFile file) {
        parameters.put(parameter, file);
    }

    void addDriver(String bus, String driver) {
        drivers.put(bus + ':' + driver, "/bus/" + bus + "/drivers/" + driver);
    }

    void removeDriver(String bus, String driver) {
        drivers.remove(bus + ':' + driver);
    }

    /** Tells that the module is there. */
    public void tellAdded() {
        kobject.added();
    }

    /** Tells that the module goes. */
    public void tellRemoved() {
        kobject.removed();
    }

    SysfsDirectory directory() {
        return SysfsDirectory.of(this::entries);
    }

    private Map<String, SysfsNode> entries() {
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("uevent", kobject.file());
        if (!builtIn) {
            entries.put("initstate", SysfsAttribute.<KernelModule>ro("initstate", module -> "live\n").on(this));
        }
        if (!drivers.isEmpty()) {
            entries.put("drivers", SysfsDirectory.of(() -> {
                Map<String, SysfsNode> links = new TreeMap<>();
                drivers.forEach((link, path) -> links.put(link,
                        SysfsLink.between("/module/" + name + "/drivers", path)));
                return links;
            }));
        }
        if (!parameters.isEmpty()) {
            entries.put("parameters", SysfsDirectory.of(() -> new TreeMap<>(parameters)));
        }
        return entries;
    }
}
