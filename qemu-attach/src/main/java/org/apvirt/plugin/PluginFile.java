// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The plugin as QEMU loads it. It lies in the jar, for the architecture that it was built on. */
public final class PluginFile {
    /** Name of the file that {@link #writeTo} writes. */
    public static final String NAME = "apvirt-plugin.so";

    /** What the plugin prints when it is only asked whether it can be loaded. */
    public static final String LOADED = "apvirt-plugin: API ";

    private PluginFile() {}

    /** Returns the argument of QEMU's option {@code -plugin} for a guest that connects to this socket. */
    public static String option(Path plugin, Path socket) {
        return "file=" + quoted(plugin) + ",socket=" + quoted(socket);
    }

    /** Returns the argument with which the plugin prints {@link #LOADED}, and QEMU ends. */
    public static String probe(Path plugin) {
        return "file=" + quoted(plugin) + ",probe=on";
    }

    /** QEMU takes two commas for one. */
    private static String quoted(Path path) {
        return path.toAbsolutePath().toString().replace(",", ",,");
    }

    private static String resource() {
        String architecture = System.getProperty("os.arch", "unknown");
        return "linux-" + (architecture.equals("amd64") ? "x86_64" : architecture) + "/" + NAME;
    }

    /**
     * Writes it into a directory.
     *
     * @return its path
     * @throws IOException it cannot be written, or this jar has none for this architecture
     */
    public static Path writeTo(Path directory) throws IOException {
        try (InputStream library = PluginFile.class.getResourceAsStream(resource())) {
            if (library == null) {
                throw new IOException("this build of apvirt has no plugin for QEMU (" + resource() + ")");
            }
            Path file = directory.resolve(NAME);
            Path part = Files.createTempFile(directory, NAME, ".part");
            Files.copy(library, part, StandardCopyOption.REPLACE_EXISTING);
            return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
