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
import org.checkerframework.checker.nullness.qual.Nullable;

/** The one place where an errno of a path operation becomes an exception of {@code java.nio.file}. */
final class Refusal {
    private Refusal() {}

    /** Translates what a path operation (open, stat, list) answered. */
    static FileSystemException of(SysfsPath path, ErrnoException refusal) {
        String file = path.toString();
        return switch (refusal.errno()) {
            case ENOENT -> new NoSuchFile(file);
            case EACCES -> new AccessDenied(file, refusal.getMessage());
            case EEXIST -> new FileExists(file);
            case ENOTDIR -> new NotDirectory(file);
            default -> new SysfsException(file, refusal);
        };
    }

    static final class NoSuchFile extends NoSuchFileException implements RefusedByKernel {
        private static final long serialVersionUID = 1;

        NoSuchFile(String file) {
            super(file);
        }

        @Override
        public Errno errno() {
            return Errno.ENOENT;
        }
    }

    static final class AccessDenied extends AccessDeniedException implements RefusedByKernel {
        private static final long serialVersionUID = 1;

        AccessDenied(String file, @Nullable String reason) {
            super(file, null, reason);
        }

        @Override
        public Errno errno() {
            return Errno.EACCES;
        }
    }

    static final class FileExists extends FileAlreadyExistsException implements RefusedByKernel {
        private static final long serialVersionUID = 1;

        FileExists(String file) {
            super(file);
        }

        @Override
        public Errno errno() {
            return Errno.EEXIST;
        }
    }

    static final class NotDirectory extends NotDirectoryException implements RefusedByKernel {
        private static final long serialVersionUID = 1;

        NotDirectory(String file) {
            super(file);
        }

        @Override
        public Errno errno() {
            return Errno.ENOTDIR;
        }
    }

    static final class NotLink extends NotLinkException implements RefusedByKernel {
        private static final long serialVersionUID = 1;

        NotLink(String file) {
            super(file);
        }

        @Override
        public Errno errno() {
            return Errno.EINVAL;
        }
    }
}
