// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * What is bit-exact here is bit-exact on the big-endian machine that it is about: the C sources and the unit tests of
 * the layers that touch bytes, on s390x under qemu-user. With {@code -Ds390x.required=true} a missing tool fails the
 * build, else it is the reason for skipping.
 */
class S390xIT {
    private static final List<String> MODULES = List.of("ap-arch", "sie-crycb", "native");

    @Test
    void theCSourcesPackRegistersAndLayOutStructuresOnABigEndianMachine() throws Exception {
        Path program = Programs.ROOT.resolve("native/target/check/check-linux-s390x");
        Programs.require("s390x.required", Files.isExecutable(program),
                "the C check program was not built for s390x: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        Programs.require("s390x.required", Programs.isInstalled("qemu-s390x-static"),
                "qemu-s390x-static is missing: apt-get install qemu-user-static");

        Programs.Output output = Programs.run(List.of("qemu-s390x-static", program.toString()));

        assertEquals(0, output.status(), output.text());
        assertTrue(output.text().contains("ok: the probe says why: operation\n"), output.text());
        assertTrue(output.text().contains("ok: DQAP R4,R6: and come out as answered\n"), output.text());
        assertTrue(output.text().matches("(?s).*\n[0-9]+ passed, 0 failed\n.*"), output.text());
    }

    @Test
    void theUnitTestsOfTheBitExactLayersPassOnABigEndianJvm() throws Exception {
        Programs.require("s390x.required",
                Files.exists(Programs.ROOT.resolve("native/target/classes/org/apvirt/hw/linux-s390x/libapvirt.so")),
                "the JNI library was not built for s390x: apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
        String java = bigEndianJava();
        List<Path> tests = MODULES.stream().map(module -> Programs.ROOT.resolve(module).resolve("target/test-classes"))
                .filter(Files::isDirectory).toList();
        assertTrue(tests.size() >= 2, () -> "only these have tests: " + tests);

        Programs.Output output = Programs.run(List.of(java, "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED", "-cp",
                Stream.concat(tests.stream().map(Path::toString), Stream.of(System.getProperty("java.class.path")))
                        .collect(Collectors.joining(File.pathSeparator)),
                "org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner",
                // An emulated JVM is fifty times slower; what random rounds find, they find on this machine.
                "--disable-ansi-colors", "--details=summary", "--exclude-classname=.*FuzzTest",
                "--scan-classpath=" + tests.stream()
                        .map(Path::toString).collect(Collectors.joining(File.pathSeparator))));

        assertEquals(0, output.status(), output.text());
        assertEquals(0, count("tests failed", output.text()), output.text());
        assertTrue(count("tests successful", output.text()) >= 100, output.text());
        System.out.println("s390x JVM: " + count("tests successful", output.text()) + " tests of " + tests.size()
                + " modules passed in " + output.millis() / 1000 + " s");
    }

    private String bigEndianJava() throws IOException, InterruptedException {
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/s390x-jvm").toString()));
        Programs.require("s390x.required", fetched.status() == 0, fetched.text());
        String java = fetched.lastLine();
        Programs.Output properties = Programs.run(List.of(java, "-XshowSettings:properties", "-version"));
        assertTrue(properties.text().contains("os.arch = s390x"), properties.text());
        assertTrue(properties.text().contains("sun.cpu.endian = big"), properties.text());
        return java;
    }

    private static long count(String what, String summary) {
        Matcher matcher = Pattern.compile("\\[ *([0-9]+) " + what).matcher(summary);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : fail("no line '" + what + "' in: " + summary);
    }
}
