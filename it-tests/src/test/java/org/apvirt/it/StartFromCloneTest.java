// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code ./apvirt} in a checkout whose Maven and JDK are played. */
@Timeout(60)
class StartFromCloneTest {
    private static final String JAVA = """
            #!/bin/sh
            case "$*" in
            *-Xshare:dump*)
                echo dump >>asked
                sleep 0.2
                for word; do case $word in -XX:SharedArchiveFile=*) echo classes >"${word#*=}" ;; esac; done ;;
            *-Xshare:off*) echo train >>asked ;;
            *) echo "run $*" >>asked; echo done ;;
            esac
            """;
    private static final String MAVEN = """
            #!/bin/sh
            [ "$1" != -v ] || { echo 'Apache Maven 3.9.9'; exit; }
            echo build >>asked
            sleep 0.3
            echo program >cli/target/apvirt.jar
            """;

    @TempDir
    private Path checkout;

    @BeforeEach
    void make() throws IOException {
        Files.copy(Programs.ROOT.resolve("apvirt"), checkout.resolve("apvirt"));
        assertTrue(checkout.resolve("apvirt").toFile().setExecutable(true));
        Files.createDirectories(checkout.resolve("cli/src/main"));
        Files.writeString(checkout.resolve("cli/src/main/Source"), "");
        program("tools/mvn", MAVEN);
        program("jdk/bin/java", JAVA);
        release("25.0.1+8");
    }

    private void program(String name, String text) throws IOException {
        Path file = checkout.resolve(name);
        Files.createDirectories(file.resolveSibling(""));
        assertTrue(Files.writeString(file, text).toFile().setExecutable(true));
    }

    private void release(String version) throws IOException {
        Files.writeString(checkout.resolve("jdk/release"), "JAVA_RUNTIME_VERSION=\"" + version + "\"\nJAVA_VERSION=\""
                + version.replaceAll("[+].*", "") + "\"\n");
    }

    private Process start(String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("./apvirt").directory(checkout.toFile()).redirectErrorStream(true);
        builder.command().addAll(List.of(arguments));
        builder.environment().put("PATH", checkout.resolve("tools") + ":/usr/bin:/bin");
        builder.environment().put("JAVA_HOME", checkout.resolve("jdk").toString());
        return builder.start();
    }

    private String says(int status, Process process) throws Exception {
        String said = new String(process.getInputStream().readAllBytes());
        assertEquals(status, process.waitFor(), said);
        return said;
    }

    /** Returns what was asked of Maven and the JDK since the last time. */
    private List<String> asked() throws IOException {
        Path file = checkout.resolve("asked");
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        Files.deleteIfExists(file);
        return lines.stream().map(line -> line.replaceAll(" .*", "")).toList();
    }

    @Test
    void twoThatStartAtOnceBuildAndMakeTheArchiveOnce() throws Exception {
        Process first = start("--version");
        Process second = start("--version");
        assertTrue(says(0, first).endsWith("done\n"));
        assertTrue(says(0, second).endsWith("done\n"));
        assertEquals(List.of("build", "train", "dump", "run", "run"), asked());
    }

    @Test
    void theNextStartAsksNobodyAndUsesTheArchive() throws Exception {
        says(0, start("--version"));
        asked();
        assertEquals("done\n", says(0, start("lszcrypt", "two words")));
        String run = Files.readString(checkout.resolve("asked"));
        assertTrue(run.contains(" -XX:SharedArchiveFile=" + checkout + "/cli/target/apvirt.jsa "), run);
        assertTrue(run.endsWith(" -jar " + checkout + "/cli/target/apvirt.jar lszcrypt two words\n"), run);
        assertEquals(List.of("run"), asked());
    }

    @Test
    void newerSourcesAreBuiltAndAnotherJdkGetsAnArchiveOfItsOwn() throws Exception {
        says(0, start("--version"));
        asked();
        Files.setLastModifiedTime(checkout.resolve("cli/src/main/Source"), FileTime.from(Instant.now().plusSeconds(1)));
        says(0, start("--version"));
        assertEquals(List.of("build", "train", "dump", "run"), asked());
        Files.setLastModifiedTime(checkout.resolve("cli/src/main/Source"), FileTime.from(Instant.EPOCH));
        release("25.0.2+3");
        says(0, start("--version"));
        assertEquals(List.of("train", "dump", "run"), asked());
    }

    @Test
    void withoutAnArchiveItRunsAndDoesNotTryAgainEachTime() throws Exception {
        program("jdk/bin/java", JAVA.replace("echo dump >>asked", "echo dump >>asked; exit 1"));
        says(0, start("--version"));
        assertEquals(List.of("build", "train", "dump", "run"), asked());
        says(0, start("--version"));
        assertEquals(List.of("run"), asked());
    }

    @Test
    void aTerminalIsToldHowFarTheBuildIs() throws Exception {
        program("tools/mvn", MAVEN.replace("sleep 0.3", """
                echo '[INFO] Building apvirt 0.1.0-SNAPSHOT                           [1/16]'
                sleep 1.5
                echo '[INFO] Building apvirt ap-arch 0.1.0-SNAPSHOT                   [2/16]'
                sleep 1.5
                """));
        Programs.require("clients.required", Programs.isInstalled("script"), "script is missing: install bsdutils");
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", "./apvirt --version", "/dev/null")
                .directory(checkout.toFile());
        builder.environment().put("PATH", checkout.resolve("tools") + ":/usr/bin:/bin");
        builder.environment().put("JAVA_HOME", checkout.resolve("jdk").toString());
        String shown = says(0, builder.start());
        assertTrue(shown.startsWith("\r\033[Kapvirt: building 1 of 16, 1 s\r\033[K"), shown);
        assertTrue(shown.contains("\r\033[Kapvirt: building 2 of 16 ap-arch, "), shown);
        assertTrue(shown.endsWith("\r\033[Kdone\r\n"), shown);
    }

    @Test
    void aBuildThatFailsIsSaidWithItsErrors() throws Exception {
        program("tools/mvn", "#!/bin/sh\n[ \"$1\" != -v ] || { echo 'Apache Maven 3.9.9'; exit; }\n"
                + "echo '[ERROR] no such module'\nexit 1\n");
        String said = says(1, start("--version"));
        assertTrue(said.contains("[ERROR] no such module\n"), said);
        assertTrue(said.endsWith("apvirt: the build failed, see " + checkout + "/cli/target/build.log\n"), said);
    }
}
