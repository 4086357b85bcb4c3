// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class RuntimeDirectoryTest {
    @TempDir
    private Path place;
    private int uid;
    private Path usual;
    private RuntimeDirectory runtime;

    @BeforeEach
    void setUp() throws Exception {
        uid = (Integer) Files.getAttribute(place, "unix:uid");
        usual = place.resolve("apvirt-" + uid);
        runtime = new RuntimeDirectory(List.of(place), uid);
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private void assertBeside(Path directory) throws IOException {
        assertTrue(directory.getFileName().toString().startsWith(usual.getFileName() + "-"), directory::toString);
        assertEquals("rwx------", mode(directory));
        assertEquals(directory, runtime.open(), "the same one serves again");
        assertTrue(runtime.existing().contains(directory));
    }

    @Test
    void isMadeForItsOwnerOnlyAndFoundAgain() throws Exception {
        assertEquals(usual, runtime.open());
        assertEquals("rwx------", mode(usual));
        assertEquals(usual, runtime.open());
        assertEquals(List.of(usual), runtime.existing());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxr-xr-x", "rwx-----x", "rwxrwxrwx"})
    void oneThatOthersMayEnterIsLeftAlone(String mode) throws Exception {
        Files.setPosixFilePermissions(Files.createDirectory(usual), PosixFilePermissions.fromString(mode));
        assertBeside(runtime.open());
        assertEquals(mode, mode(usual));
    }

    @Test
    void somebodyElsesNameDoesNotBlock() throws Exception {
        assumeTrue(uid == 0, "needs root to give a directory away");
        Files.createDirectory(usual,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.setAttribute(usual, "unix:uid", 65534);
        assertBeside(runtime.open());
    }

    @Test
    void aLinkIsNotFollowed() throws Exception {
        Path elsewhere = Files.createDirectory(place.resolve("elsewhere"));
        Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
        Files.createSymbolicLink(usual, elsewhere);
        assertBeside(runtime.open());
    }

    @Test
    void aFileOfTheNameDoesNotBlock() throws Exception {
        Files.createFile(usual);
        assertBeside(runtime.open());
    }

    @Test
    void thePlaceThatCannotBeUsedIsSkipped() throws Exception {
        Path next = Files.createDirectory(place.resolve("next"));
        RuntimeDirectory other = new RuntimeDirectory(
                List.of(place.resolve("missing"), place.resolve("x".repeat(120)), next), uid);
        assertEquals(next.resolve("apvirt-" + uid), other.open());
    }

    @Test
    void withoutAnyPlaceOneLineSaysWhy() {
        Path missing = place.resolve("missing");
        IOException refused = assertThrows(IOException.class, () -> new RuntimeDirectory(List.of(missing), uid).open());
        assertEquals("no place for the control socket: cannot make a directory in " + missing + ": no such directory"
                + "; set XDG_RUNTIME_DIR to a directory of yours", refused.getMessage());
    }

    @Test
    void whatAKilledProcessLeftIsTakenAway() throws Exception {
        Path directory = runtime.open();
        Path stale = directory.resolve("4194305.sock"); // above every process id
        Path starting = directory.resolve(ProcessHandle.current().pid() + ".sock");
        Path living = directory.resolve("4194306.sock"); // of another pid namespace, say
        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(stale)).close();
        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(starting)).close();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(living));
            assertEquals(starting, runtime.socketOf(ProcessHandle.current().pid()));
            assertFalse(Files.exists(stale, LinkOption.NOFOLLOW_LINKS));
            assertTrue(Files.exists(starting, LinkOption.NOFOLLOW_LINKS), "its process lives");
            assertEquals(Set.of(living, starting), Set.copyOf(runtime.sockets()));
        }
    }
}
