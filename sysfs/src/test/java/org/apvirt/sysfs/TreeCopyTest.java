// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

class TreeCopyTest {
    @Test
    void directoriesFilesAndLinksKeepModeAndTarget(@TempDir Path directory) throws IOException {
        Path from = Files.createDirectories(directory.resolve("from/below")).getParent();
        Files.setPosixFilePermissions(from.resolve("below"), PosixFilePermissions.fromString("rwx--x--x"));
        Path file = Files.writeString(from.resolve("below/file"), "text");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
        Files.createSymbolicLink(from.resolve("link"), Path.of("/nowhere"));
        Path to = Files.createDirectory(directory.resolve("to"));

        TreeCopy.copy(from, to);

        assertEquals("text", Files.readString(to.resolve("below/file")));
        assertEquals("r--r-----",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(to.resolve("below/file"))));
        assertEquals("rwx--x--x", PosixFilePermissions.toString(Files.getPosixFilePermissions(to.resolve("below"))));
        assertEquals(Path.of("/nowhere"), Files.readSymbolicLink(to.resolve("link")));
    }
}
