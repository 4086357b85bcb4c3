// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.FileSystemException;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * The kernel refused a file operation for which {@code java.nio.file} has no exception of its own, and always a read or a
 * write. The reason begins with the errno's name. As with those of {@code java.nio.file}, the cause is the
 * {@link ErrnoException}.
 */
public final class SysfsException extends FileSystemException {
    private static final long serialVersionUID = 1;

    private final Errno errno;

    /**
     * A refusal.
     *
     * @param file path of the file
     * @param refusal what the kernel said
     */
    public SysfsException(String file, ErrnoException refusal) {
        super(file, null, refusal.getMessage());
        initCause(refusal);
        errno = refusal.errno();
    }

    /** Returns what the system call would have answered. */
    public Errno errno() {
        return errno;
    }
}
