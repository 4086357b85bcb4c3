// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

import org.apvirt.machine.InputFile;

/** A file that only its user may read, whole or not at all. */
final class PrivateFile {
    private PrivateFile() {}

    /**
     * Writes a file; one that is there is replaced.
     *
     * @throws IOException one line that names the file
     */
    static void write(Path file, String text) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path unfinished = null;
        try {
            unfinished = Files.createTempFile(directory == null ? file : directory, ".apvirt", ".tmp",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(unfinished, text);
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            if (unfinished != null) {
                Files.deleteIfExists(unfinished);
            }
            throw new IOException(file + " cannot be written: " + InputFile.reason(e), e);
        }
    }
}
