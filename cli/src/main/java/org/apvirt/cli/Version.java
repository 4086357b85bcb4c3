// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import picocli.CommandLine.IVersionProvider;

/** Tells the version: that of the jar, or that it was started from classes. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        Package own = Version.class.getPackage();
        String version = own == null ? null : own.getImplementationVersion();
        return new String[]{"apvirt " + (version == null ? "(not packaged)" : version)};
    }
}
