// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.function.IntSupplier;

import org.apvirt.device.Kernel;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The built-in module {@code ap}: {@code /sys/module/ap/parameters}. */
final class ApModule {
    private final Kernel kernel;
    private final ApBusParameters parameters;
    private final IntSupplier domain;

    /**
     * The module.
     *
     * @param domain what the parameter reads: the default domain of now, whatever was given
     */
    ApModule(Kernel kernel, ApBusParameters parameters, IntSupplier domain) {
        this.kernel = kernel;
        this.parameters = parameters;
        this.domain = domain;
    }

    void load() {
        KernelModule module = new KernelModule(kernel, "ap", true);
        int mode = kernel.has(ApQuirk.PARAMETERS_FOR_ALL) ? 0444 : 0440;
        module.addParameter("domain", file(it -> domain.getAsInt() + "\n", mode));
        module.addParameter("poll_thread", file(it -> it.pollThread() + "\n", mode));
        module.addParameter("apmask", file(it -> text(it.apmask()), mode));
        module.addParameter("aqmask", file(it -> text(it.aqmask()), mode));
        module.addParameter("useirq", file(it -> it.useIrq() + "\n", mode));
        if (kernel.has(ApQuirk.MSGPOOL_MIN_ITEMS)) {
            module.addParameter("msgpool_min_items", file(it -> "8\n", 0400));
        }
        kernel.addModule(module);
    }

    private SysfsFile file(SysfsAttribute.Show<ApBusParameters> show, int mode) {
        return SysfsAttribute.ro("parameter", show).withMode(mode).on(parameters);
    }

    private static String text(@Nullable String given) {
        return (given == null ? "(null)" : given) + '\n';
    }
}
