// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apvirt.plugin.PluginFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Whether a QEMU loads the plugin, which only it can say: it is started with a machine without anything, and the plugin says
 * that it was loaded, and refuses.
 *
 * @param plugin the file, null if it is not loaded
 * @param refusal why it is not, a line
 */
record PluginProbe(@Nullable Path plugin, String refusal) {
    private static final int SECONDS = 10;
    private static final String REFUSAL = "Could not load plugin";

    /**
     * Asks a QEMU.
     *
     * @param directory where the plugin is put
     */
    static PluginProbe of(String program, Path directory) throws InterruptedException {
        try {
            Path plugin = PluginFile.writeTo(directory);
            Path output = directory.resolve("probe");
            Process process = new ProcessBuilder(List.of(program, "-machine", "none", "-display", "none", "-plugin",
                    PluginFile.probe(plugin))).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            String said = Files.readString(output, StandardCharsets.ISO_8859_1).strip();
            Files.delete(output);
            return said.contains(PluginFile.LOADED)
                    ? new PluginProbe(plugin, "")
                    : new PluginProbe(null, "this QEMU does not load the plugin (11.1 and later do): " + reason(said));
        } catch (IOException e) {
            return new PluginProbe(null, String.valueOf(e.getMessage()));
        }
    }

    /** Returns the line about the plugin, without program and file, else the last. */
    private static String reason(String said) {
        String line = said.lines().reduce("it says nothing",
                (best, next) -> best.contains(REFUSAL) ? best : next);
        return line.replaceFirst("^\\S+: (" + REFUSAL + " \\S+: )?", "");
    }
}
