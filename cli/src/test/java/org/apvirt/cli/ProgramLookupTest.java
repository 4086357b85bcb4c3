// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ProgramLookupTest {
    @TempDir
    private Path directory;

    @BeforeEach
    void programs() throws Exception {
        Files.setPosixFilePermissions(Files.createFile(directory.resolve("runs")),
                PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(Files.createFile(directory.resolve("text")),
                PosixFilePermissions.fromString("rw-r--r--"));
        Files.createDirectory(directory.resolve("folder"));
    }

    private ProgramLookup look(String name) {
        return ProgramLookup.of(name, "/no/where:" + directory);
    }

    @Test
    void aProgramIsFoundByNameAndByPath() {
        assertEquals(0, look("runs").status());
        assertEquals(0, look(directory + "/runs").status());
        assertEquals(0, ProgramLookup.of("sh", null).status());
    }

    @Test
    void oneThatIsNotThereIs127() {
        assertEquals(new ProgramLookup(127, "nosuchprog: not found"), look("nosuchprog"));
        assertEquals(new ProgramLookup(127, "/no/prog: not found"), look("/no/prog"));
        assertEquals(new ProgramLookup(127, "'': not found"), look(""));
    }

    @Test
    void oneThatMayNotBeExecutedIs126() {
        assertEquals(new ProgramLookup(126, "text: permission denied"), look("text"));
        assertEquals(new ProgramLookup(126, "folder: permission denied"), look("folder"));
    }
}
