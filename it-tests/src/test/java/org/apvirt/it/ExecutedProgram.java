// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs under {@code apvirt exec}, started as a user starts them: in a process of their own. */
public final class ExecutedProgram {
    /**
     * How a program ended and what it said.
     *
     * @param status its exit status, 128 + n if signal n ended it
     */
    public record Said(int status, String out, String err) {}

    private ExecutedProgram() {}

    /** Skips the test, saying why, unless a mount is possible here; {@code -Dfuse.required=true} insists. */
    public static void requireFuse() {
        Programs.require("fuse.required", Files.isWritable(Path.of("/dev/fuse")),
                "/dev/fuse cannot be opened: run as root, or give yourself access to it");
        Programs.require("fuse.required", Programs.isInstalled("unshare"),
                "unshare is missing: apt-get install util-linux");
    }

    /** Returns the command line of apvirt with arguments. */
    public static List<String> apvirt(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), "org.apvirt.cli.Apvirt"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs apvirt to its end, a minute at most. */
    public static Said run(Map<String, String> environment, String... arguments) throws Exception {
        return run(environment, Duration.ofMinutes(1), arguments);
    }

    /** Runs apvirt to its end. */
    public static Said run(Map<String, String> environment, Duration most, String... arguments) throws Exception {
        Path out = Files.createTempFile("apvirt", ".out");
        Path err = Files.createTempFile("apvirt", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(apvirt(arguments)).redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(most.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(
                        "no end in " + most + ": " + String.join(" ", arguments) + "\n" + Files.readString(out)
                                + Files.readString(err));
            }
            return new Said(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Runs a script of bash on a machine. */
    public static Said bash(Path machine, String script, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("exec"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of(machine.toString(), "--", "bash", "-c", script));
        return run(Map.of(), arguments.toArray(String[]::new));
    }
}
