// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.FileSystemException;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/** The kernel refused a file operation, most often a write. The reason begins with the errno's name. */
public final class SysfsException extends FileSystemException implements RefusedByKernel {
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
        errno = refusal.errno();
    }

    @Override
    public Errno errno() {
        return errno;
    }
}
