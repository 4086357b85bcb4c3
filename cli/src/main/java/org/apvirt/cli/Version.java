// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.lang.module.ModuleDescriptor;

import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.IVersionProvider;

/** Tells the version: that of the module, in a packed program, that of the jar, or that it was started from classes. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = version();
        return new String[]{"apvirt " + (version == null ? "(not packaged)" : version)};
    }

    private static @Nullable String version() {
        ModuleDescriptor module = Version.class.getModule().getDescriptor();
        if (module != null) {
            return module.rawVersion().orElse(null);
        }
        Package own = Version.class.getPackage();
        return own == null ? null : own.getImplementationVersion();
    }
}
