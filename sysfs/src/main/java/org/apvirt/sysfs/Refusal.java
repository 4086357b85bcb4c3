// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * The one place where an errno of a path operation becomes the exception that a caller of {@code java.nio.file} expects.
 * The {@link ErrnoException} is its cause.
 */
final class Refusal {
    private Refusal() {}

    /** Translates what a path operation (open, stat, list) answered. */
    static FileSystemException of(SysfsPath path, ErrnoException refusal) {
        String file = path.toString();
        return switch (refusal.errno()) {
            case ENOENT -> caused(new NoSuchFileException(file), refusal);
            case EACCES -> caused(new AccessDeniedException(file, null, refusal.getMessage()), refusal);
            case EEXIST -> caused(new FileAlreadyExistsException(file), refusal);
            case ENOTDIR -> caused(new NotDirectoryException(file), refusal);
            default -> new SysfsException(file, refusal);
        };
    }

    /** The path is no symbolic link: readlink(2) answers EINVAL. */
    static FileSystemException notALink(SysfsPath path) {
        return caused(new NotLinkException(path.toString()),
                new ErrnoException(Errno.EINVAL, path + " is no symbolic link"));
    }

    private static FileSystemException caused(FileSystemException refused, ErrnoException by) {
        refused.initCause(by);
        return refused;
    }
}
