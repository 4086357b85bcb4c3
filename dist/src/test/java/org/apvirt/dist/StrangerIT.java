// SPDX-License-Identifier: Apache-2.0
package org.apvirt.dist;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The packed program on computers that are not its author's: their environments, names, full and read-only disks. */
class StrangerIT {
    /** Finds the words {@code $program} and {@code $machine}, in a directory whose name is not ASCII. */
    private static final String BEGINNING = "place=$(printf 'm\\303\\266bel') program=$0/$place/bin/apvirt"
            + " machine=$0/$place.yaml\n";

    @TempDir
    private static Path directory;

    @BeforeAll
    static void unpack() throws Exception {
        Artifacts.done("tar", "-C", directory.toString(), "-xf", Artifacts.find("apvirt-.*\\.tar\\.gz").toString());
        try (Stream<Path> trees = Files.list(directory)) {
            sh("cp \"$1\" \"$machine\"; mv \"$2\" \"$0/$place\"",
                    Artifacts.ROOT.resolve("examples/two-guests.yaml").toString(),
                    trees.findFirst().orElseThrow().toString());
        }
    }

    private static Artifacts.Said run(String script, String... words) throws Exception {
        return Artifacts.run(Stream.concat(Stream.of("sh", "-c", BEGINNING + script, directory.toString()),
                Stream.of(words)).toArray(String[]::new));
    }

    private static String sh(String script, String... words) throws Exception {
        Artifacts.Said said = run(script, words);
        assertEquals(0, said.status(), said.text());
        return said.text();
    }

    private static void requireFuse() {
        Artifacts.require("fuse.required", Files.isWritable(Path.of("/dev/fuse")),
                "/dev/fuse cannot be opened: run as root");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "LC_ALL=C", "LC_ALL=POSIX", "LANG=C", "LC_ALL=C.UTF-8", "LANG=nowhere.UTF-8",
            "LC_CTYPE=no_WHERE.utf8"})
    void namesThatAreNotAsciiAreFoundInEachLocale(String locale) throws Exception {
        String text = sh("env " + locale + " \"$program\" lszcrypt --machine \"$machine\"");

        assertTrue(text.contains("\n05.00ab"), text);
    }

    /** Of whoever has a Java program of another kind, with an agent that this runtime has not. */
    @ParameterizedTest
    @ValueSource(strings = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
    void whatTheEnvironmentSaysToOtherJavaProgramsIsNotForThisOne(String name) throws Exception {
        assertEquals("apvirt " + version() + "\n", sh(name + "=-javaagent:/nowhere.jar \"$program\" --version"));
    }

    @Test
    void theEnvironmentsOptionsForItAreTaken() throws Exception {
        assertEquals("apvirt " + version() + "\n",
                sh("APVIRT_JAVA_OPTIONS='-Xmx64m -Xss2m' \"$program\" --version"));
        assertEquals(1, run("APVIRT_JAVA_OPTIONS=-Xnonsense \"$program\" --version").status());
    }

    private static String version() throws Exception {
        return Artifacts.find("apvirt-.*\\.tar\\.gz").getFileName().toString().replaceAll("^apvirt-|-linux-.*$", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "LC_ALL=C", "LC_ALL=C.UTF-8", "LANG=C", "JAVA_TOOL_OPTIONS='-Da=b c $HOME'",
            "LC_ALL=C JDK_JAVA_OPTIONS= _JAVA_OPTIONS=-Xmx1g"})
    void theProgramOfExecHasTheEnvironmentThatWas(String variables) throws Exception {
        requireFuse();
        String environment = "env | grep -v -e ^APVIRT_CTL= -e ^SYSTEMD_DEVICE_VERIFY_SYSFS= | sort";

        assertEquals(sh("env " + variables + " sh -c \"$1\"", environment),
                sh("env " + variables + " \"$program\" exec \"$machine\" -- sh -c \"$1\"", environment));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --version >/dev/full                        | 1 | apvirt: standard output: No space left on device
            --help >/dev/full                           | 1 | apvirt: standard output: No space left on device
            lszcrypt --machine "$machine" >/dev/full    | 1 | apvirt: standard output: No space left on device
            lszcrypt --machine "$machine" >&-           | 1 | apvirt: standard output: Bad file descriptor
            check "$machine" >&- <&-                    | 1 | apvirt: standard output: Bad file descriptor
            bogus >&- 2>&- <&-                          | 2 |
            """)
    void outputThatIsLostIsTold(String command, int status, String line) throws Exception {
        assertEquals(new Artifacts.Said(status, line == null ? "" : line + '\n'), run("exec \"$program\" " + command));
    }

    /** Neither the installation nor /tmp can be written, nobody is at home. */
    @Test
    void nothingNeedsToBeWritten() throws Exception {
        requireFuse();
        Assumptions.assumeTrue(Artifacts.isRoot(), "mounts need root");
        String text = sh("""
                mkdir "$0/full"
                exec unshare --mount --propagation private sh -ec '
                    mount -t tmpfs -o size=4k none "$0/full"
                    dd if=/dev/zero of="$0/full/all" 2>/dev/null || true
                    cp /proc/self/mounts "$0/full/more" 2>/dev/null && exit 3
                    mount --bind "$0" /mnt
                    mount -o remount,bind,ro /mnt
                    mount --bind "$0/full" /tmp
                    umask 077
                    cd /
                    place=$1
                    shift
                    exec env TMPDIR=/tmp HOME=/proc LD_LIBRARY_PATH=/nowhere CLASSPATH=/nowhere JAVA_HOME=/nowhere \
                        "/mnt/$place/bin/apvirt" exec "/mnt/$place.yaml" -- cat /sys/devices/ap/card05/type
                ' "$0" "$place"
                """);

        assertEquals("CEX5C\n", text);
    }
}
