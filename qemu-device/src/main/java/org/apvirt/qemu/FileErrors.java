// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;

import org.apvirt.device.Errno;

/** What strerror(3) says about a failed java.nio operation. */
final class FileErrors {
    private FileErrors() {}

    static String text(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return Errno.ENOENT.text();
        }
        if (failure instanceof AccessDeniedException) {
            return Errno.EACCES.text();
        }
        if (failure instanceof NotDirectoryException) {
            return Errno.ENOTDIR.text();
        }
        if (failure instanceof NotLinkException) {
            return Errno.EINVAL.text();
        }
        String reason = failure instanceof FileSystemException refused ? refused.getReason() : null;
        if (reason != null) {
            return text(reason);
        }
        return Errno.EIO.text();
    }

    /** The JDK gives the text, the simulated file system the errno's name first. */
    private static String text(String reason) {
        int colon = reason.indexOf(':');
        for (Errno errno : Errno.values()) {
            if (colon > 0 && errno.name().equals(reason.substring(0, colon))) {
                return errno.text();
            }
        }
        return reason;
    }
}
