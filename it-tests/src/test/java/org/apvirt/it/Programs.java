// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/** Programs that tests run, and what happens where they are missing. */
public final class Programs {
    /** The root of the checkout. */
    public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /**
     * How a program ended.
     *
     * @param status its exit status
     * @param text both its outputs
     * @param millis how long it took
     */
    public record Output(int status, String text, long millis) {
        /** Returns the last line. */
        public String lastLine() {
            return text.lines().reduce("", (first, second) -> second);
        }
    }

    private static Path qemus; // guarded by the class

    private Programs() {}

    /** Returns the QEMU of a version, for example {@code 10.0}, of those that {@code .ci/qemus} fetches. */
    public static Path qemu(String version) throws IOException, InterruptedException {
        Path program = qemus().resolve("qemu-system-s390x-" + version);
        require("qemu.required", Files.isExecutable(program), program + " is missing: .ci/qemus did not fetch it");
        return program;
    }

    /** Returns the newest QEMU that {@code .ci/qemus} fetches, the only one that loads our plugin. */
    public static Path newestQemu() throws IOException, InterruptedException {
        List<Path> found;
        try (Stream<Path> commands = Files.list(qemus())) {
            found = commands.filter(name -> name.getFileName().toString().matches("qemu-system-s390x-[0-9.]+"))
                    .sorted(Comparator.comparing(name -> Double.valueOf(
                            name.getFileName().toString().replaceFirst(".*-", ""))))
                    .toList();
        }
        require("qemu.required", !found.isEmpty(), ".ci/qemus fetched no QEMU");
        return found.getLast();
    }

    private static synchronized Path qemus() throws IOException, InterruptedException {
        if (qemus == null) {
            Output fetched = run(List.of(ROOT.resolve(".ci/qemus").toString()));
            require("qemu.required", fetched.status() == 0, fetched.text());
            qemus = Path.of(fetched.lastLine(), "bin");
        }
        return qemus;
    }

    /**
     * Skips the test, saying why, unless a condition holds; fails it where the property demands the tool.
     *
     * @param property for example {@code qemu.required}, which CI sets
     */
    public static void require(String property, boolean there, String otherwise) {
        if (!there && Boolean.getBoolean(property)) {
            fail(otherwise);
        }
        Assumptions.assumeTrue(there, otherwise);
    }

    /** Tells whether a program is on the path. */
    public static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** Returns the processes whose command line has some text in it. {@code ProcessHandle} forgets what lies behind 4096 bytes. */
    public static List<ProcessHandle> processes(String text) {
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1)
                        .replace('\0', ' ').contains(text);
            } catch (IOException e) {
                return false; // it has ended
            }
        }).toList();
    }

    /** Runs a program to its end, five minutes at most. */
    public static Output run(List<String> command) throws IOException, InterruptedException {
        Path text = Files.createTempFile("apvirt", ".txt");
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(text.toFile()).start();
        try {
            assertTrue(process.waitFor(5, TimeUnit.MINUTES), () -> "no end in 5 minutes: " + command);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            return new Output(process.exitValue(), Files.readString(text), millis);
        } finally {
            process.destroyForcibly();
            Files.delete(text);
        }
    }
}
