// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The scripts that fetch from the distribution's archive, with an archive that is not whole: {@code apt-get} and its
 * like are played here, the scripts are real.
 */
class ScriptsTest {
    private static final String APT_GET = """
            #!/bin/sh
            # An archive whose index is whole and whose pool lacks what is in $PLAYED/lacks as SUITE/PACKAGE.
            for word; do
                case $word in
                Dir::Etc::sourcelist=*) suite=${word##*/} suite=${suite%.list} ;;
                esac
            done
            case "$*" in
            *--print-uris*) echo "'http://archive.example/dists/played/InRelease' x" ;;
            *" update") ;;
            *" download "*)
                set -- ${*##* download }
                for package; do
                    if grep -qx "$suite/$package" "$PLAYED/lacks"; then
                        echo "E: Failed to fetch $package  404" >&2
                        failed=yes
                    else
                        echo "$suite" >"${package}_1_s390x.deb"
                    fi
                done
                [ -z "${failed:-}" ] || exit 100
                ;;
            esac
            """;
    private static final String APT_CACHE = """
            #!/bin/sh
            case "$*" in
            *" pkgnames") printf '%s\\n' libc6 zlib1g program linux-image-s390x linux-image-6.12.9-s390x \
                linux-image-6.12.10-s390x ;;
            *" depends linux-image-s390x") echo "  Depends: linux-image-6.12.10-s390x" ;;
            esac
            """;
    private static final String DPKG = """
            #!/bin/sh
            name=${2##*/}
            cp "$2" "$3/${name%%_*}"
            """;

    @TempDir
    Path directory;

    @BeforeEach
    void playAnArchive() throws IOException {
        Files.createDirectory(directory.resolve("bin"));
        program("apt-get", APT_GET);
        program("apt-cache", APT_CACHE);
        program("dpkg", DPKG);
        Files.writeString(directory.resolve("lacks"), "");
    }

    private void program(String name, String text) throws IOException {
        Path file = directory.resolve("bin").resolve(name);
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    /** Runs a script of .ci; /etc/os-release names the suite, whatever it is, so the played mirror answers for it. */
    private Programs.Output run(String script, String... arguments) throws IOException, InterruptedException {
        String release = Files.readAllLines(Path.of("/etc/os-release")).stream()
                .filter(line -> line.startsWith("VERSION_CODENAME=")).findFirst().orElse("=").split("=", 2)[1];
        program("apt-get", APT_GET.replace("dists/played/", "dists/" + release + "/"));
        List<String> command = new ArrayList<>(List.of(Programs.ROOT.resolve(".ci").resolve(script).toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("PLAYED", directory.toString());
        builder.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        return new Programs.Output(process.exitValue(), text, 0);
    }

    private Programs.Output fetch(String... packages) throws IOException, InterruptedException {
        Programs.require("clients.required", Files.exists(Path.of("/usr/share/keyrings/debian-archive-keyring.gpg")),
                "debian-archive-keyring is missing: apt-get install debian-archive-keyring");
        List<String> arguments = new ArrayList<>(List.of("s390x", "trixie", directory.resolve("root").toString()));
        arguments.addAll(Arrays.asList(packages));
        return run("debian-packages", arguments.toArray(String[]::new));
    }

    private void lacks(String... lines) throws IOException {
        Files.writeString(directory.resolve("lacks"), String.join("\n", lines) + "\n");
    }

    /** Returns the suite that a package was taken from. */
    private String suiteOf(String name) throws IOException {
        return Files.readString(directory.resolve("root").resolve(name)).strip();
    }

    @Test
    void aWholeArchiveGivesItsOwnPackagesAndSaysNothing() throws IOException, InterruptedException {
        Programs.Output output = fetch("program", "libc6");
        assertEquals("", output.text());
        assertEquals(0, output.status());
        assertEquals("trixie", suiteOf("program"));
    }

    @Test
    void aPackageThatThePoolLacksComesFromTheNextSuiteAndTheCLibraryWithIt() throws IOException, InterruptedException {
        lacks("trixie/program", "forky/program");
        Programs.Output output = fetch("program", "libc6", "zlib1g");
        assertEquals(0, output.status(), output.text());
        assertEquals("sid", suiteOf("program"));
        assertEquals("sid", suiteOf("libc6"));
        assertEquals("trixie", suiteOf("zlib1g"));
        assertTrue(output.text().contains("program (s390x) is taken from sid, since trixie does not deliver it"),
                output.text());
    }

    @Test
    void aKernelThatThePoolLacksIsTheOlderOneOfTheSameSuite() throws IOException, InterruptedException {
        lacks("trixie/linux-image-6.12.10-s390x");
        Programs.Output output = fetch("=linux-image-s390x");
        assertEquals(0, output.status(), output.text());
        assertEquals("trixie", suiteOf("linux-image-6.12.9-s390x"));
        assertTrue(output.text().contains("linux-image-6.12.9-s390x is taken, since trixie does not deliver"),
                output.text());
    }

    @Test
    void whatNoSuiteHasIsNamedAndNothingAppears() throws IOException, InterruptedException {
        lacks("trixie/zlib1g", "forky/zlib1g", "sid/zlib1g");
        Programs.Output output = fetch("program", "zlib1g");
        assertEquals(3, output.status());
        assertTrue(output.text().contains("no suite of trixie forky sid delivers zlib1g for s390x"), output.text());
        assertFalse(Files.exists(directory.resolve("root")));
    }

    @Test
    void oneMissingPackageDoesNotTakeTheOthersWithIt() throws IOException, InterruptedException {
        lacks("trixie/zlib1g", "forky/zlib1g", "sid/zlib1g");
        Programs.Output output = run("debian-packages", "-k", "s390x", "trixie", directory.resolve("root").toString(),
                "program", "zlib1g");
        assertEquals(0, output.status(), output.text());
        assertEquals("trixie", suiteOf("program"));
        assertEquals("zlib1g", suiteOf(".missing"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"clients", "s390x-guest trixie", "s390x-jvm", "s390x-module bookworm /nowhere/module",
            "s390x-headers bookworm", "s390x-pkey trixie", "crypto-programs"})
    void noScriptEndsWithoutAWord(String words) throws IOException, InterruptedException {
        program("qemu-s390x-static", "#!/bin/sh\nexit 1\n");
        program("s390x-linux-gnu-gcc", "#!/bin/sh\nexit 1\n");
        program("apt-cache", "#!/bin/sh\nexit 1\n");
        program("dpkg", "#!/bin/sh\nexit 1\n");
        String[] parts = words.split(" ");
        Programs.Output output = run(parts[0], Arrays.copyOfRange(parts, 1, parts.length));
        assertFalse(output.status() == 0, output.text());
        assertTrue(output.text().contains(parts[0] + ": "), output.text());
    }
}
