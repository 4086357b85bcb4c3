package org.apvirt.cli;

import picocli.CommandLine.IVersionProvider;

/** Tells the version: that of the jar, or that it was started from classes. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[]{"apvirt " + (version == null ? "(not packaged)" : version)};
    }
}
