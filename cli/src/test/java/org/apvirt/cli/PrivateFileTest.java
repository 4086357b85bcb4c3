// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(30)
class PrivateFileTest {
    @TempDir
    private Path directory;

    @Test
    void aFileIsItsOwnersAlone() throws Exception {
        Path file = directory.resolve("file");
        Files.writeString(file, "old");
        PrivateFile.write(file, "new");
        assertEquals("new", Files.readString(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void aLinkStaysOne() throws Exception {
        Path file = directory.resolve("file");
        Path link = directory.resolve("link");
        Files.writeString(file, "old");
        Files.createSymbolicLink(link, Path.of("file"));
        PrivateFile.write(link, "new");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(file));
    }

    /** Root must not lose a device, /dev/null for example, by naming it. */
    @Test
    void whatIsNoFileIsWrittenToAndNotReplaced() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readString(pipe);
            } catch (IOException e) {
                return e.toString();
            }
        });
        PrivateFile.write(pipe, "new");
        assertEquals("new", read.get());
        assertFalse(Files.isRegularFile(pipe));
    }

    @Test
    void aDirectoryIsRefused() {
        IOException e = assertThrows(IOException.class, () -> PrivateFile.write(directory, "new"));
        assertEquals(directory + " cannot be written: is a directory", e.getMessage());
    }
}
