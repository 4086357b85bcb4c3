package org.apvirt.it;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * What is bit-exact here is bit-exact on the big-endian machine that it is about: the C sources and the unit tests of
 * the layers that touch bytes, on s390x under qemu-user. With {@code -Ds390x.required=true} a missing tool fails the
 * build, else it is the reason for skipping.
 */
class S390xIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> MODULES = List.of("ap-arch", "sie-crycb", "native");

    @TempDir
    private Path temporary;

    @Test
    void theCSourcesPackRegistersAndLayOutStructuresOnABigEndianMachine() throws Exception {
        Path program = ROOT.resolve("native/target/check/check-linux-s390x");
        require(Files.isExecutable(program),
                "the C check program was not built for s390x: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        require(isInstalled("qemu-s390x-static"), "qemu-s390x-static is missing: apt-get install qemu-user-static");

        Output output = run(List.of("qemu-s390x-static", program.toString()));

        assertEquals(0, output.status, output.text);
        assertTrue(output.text.contains("ok: the probe says why: operation\n"), output.text);
        assertTrue(output.text.contains("ok: DQAP R4,R6: and come out as answered\n"), output.text);
        assertTrue(output.text.matches("(?s).*\n[0-9]+ passed, 0 failed\n.*"), output.text);
    }

    @Test
    void theUnitTestsOfTheBitExactLayersPassOnABigEndianJvm() throws Exception {
        require(Files.exists(ROOT.resolve("native/target/classes/org/apvirt/hw/linux-s390x/libapvirt.so")),
                "the JNI library was not built for s390x: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        String java = bigEndianJava();
        List<Path> tests = MODULES.stream().map(module -> ROOT.resolve(module).resolve("target/test-classes"))
                .filter(Files::isDirectory).toList();
        assertTrue(tests.size() >= 2, () -> "only these have tests: " + tests);

        Output output = run(List.of(java, "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                Stream.concat(tests.stream().map(Path::toString), Stream.of(System.getProperty("java.class.path")))
                        .collect(Collectors.joining(File.pathSeparator)),
                "org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner",
                "--disable-ansi-colors", "--details=summary", "--scan-classpath=" + tests.stream()
                        .map(Path::toString).collect(Collectors.joining(File.pathSeparator))));

        assertEquals(0, output.status, output.text);
        assertEquals(0, count("tests failed", output.text), output.text);
        assertTrue(count("tests successful", output.text) >= 100, output.text);
        System.out.println("s390x JVM: " + count("tests successful", output.text) + " tests of " + tests.size()
                + " modules passed in " + output.millis / 1000 + " s");
    }

    private String bigEndianJava() throws IOException, InterruptedException {
        Output fetched = run(List.of(ROOT.resolve(".ci/s390x-jvm").toString()));
        require(fetched.status == 0, fetched.text);
        String java = fetched.text.lines().reduce((first, second) -> second).orElseThrow();
        Output properties = run(List.of(java, "-XshowSettings:properties", "-version"));
        assertTrue(properties.text.contains("os.arch = s390x"), properties.text);
        assertTrue(properties.text.contains("sun.cpu.endian = big"), properties.text);
        return java;
    }

    private static long count(String what, String summary) {
        Matcher matcher = Pattern.compile("\\[ *([0-9]+) " + what).matcher(summary);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : fail("no line '" + what + "' in: " + summary);
    }

    private static void require(boolean there, String otherwise) {
        if (!there && Boolean.getBoolean("s390x.required")) {
            fail(otherwise);
        }
        Assumptions.assumeTrue(there, otherwise);
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private record Output(int status, String text, long millis) {}

    private Output run(List<String> command) throws IOException, InterruptedException {
        Path text = Files.createTempFile(temporary, "output", ".txt");
        long start = System.nanoTime();
        Process process = new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true)
                .redirectOutput(text.toFile()).start();
        try {
            assertTrue(process.waitFor(5, TimeUnit.MINUTES), () -> "no end in 5 minutes: " + command);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            return new Output(process.exitValue(), Files.readString(text), millis);
        } finally {
            process.destroyForcibly();
        }
    }
}
