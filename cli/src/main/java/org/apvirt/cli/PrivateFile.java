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
     * Writes a file; one that is there is replaced, and where a link leads. What is no file, a pipe or a device, is written to.
     *
     * @throws IOException one line that names the file
     */
    static void write(Path file, String text) throws IOException {
        Path unfinished = null;
        try {
            if (Files.isDirectory(file)) {
                throw new IOException("is a directory");
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                Files.writeString(file, text); // a device, a pipe: to put a file in its place would take it away from all
                return;
            }
            Path whole = Files.exists(file) ? file.toRealPath() : file; // a link stays one
            Path directory = whole.toAbsolutePath().getParent();
            unfinished = Files.createTempFile(directory == null ? whole : directory, ".apvirt", ".tmp",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(unfinished, text);
            Files.move(unfinished, whole, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            if (unfinished != null) {
                Files.deleteIfExists(unfinished);
            }
            throw new IOException(file + " cannot be written: " + InputFile.reason(e), e);
        }
    }
}
