// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The real QEMU.
 *
 * @param version as which it is played, null: it is none of those
 * @param plugin the plugin as a file, null: it does not load it
 */
record EmulatorQemu(@Nullable QemuVersion version, @Nullable Path plugin) {
    private static final Pattern VERSION = Pattern.compile("version ([0-9]+)\\.([0-9]+)");

    /**
     * Asks it.
     *
     * @param directory where the plugin is put
     * @throws IOException it cannot be started, or does not say which it is
     */
    static EmulatorQemu of(Path program, Path directory) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(program.toString(), "--version")).redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        process.waitFor();
        Matcher matcher = VERSION.matcher(said);
        if (!matcher.find()) {
            throw new IOException(
                    program + " --version says no version: " + said.lines().findFirst().orElse("nothing"));
        }
        int major = Integer.parseInt(String.valueOf(matcher.group(1)));
        int minor = Integer.parseInt(String.valueOf(matcher.group(2)));
        boolean mayLoad = major > 11 || major == 11 && minor >= 1;
        return new EmulatorQemu(QemuVersion.ofPrinted(said),
                mayLoad ? PluginProbe.of(program.toString(), directory).plugin() : null);
    }
}
