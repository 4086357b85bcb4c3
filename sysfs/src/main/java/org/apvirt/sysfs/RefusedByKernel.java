// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import org.apvirt.device.Errno;

/**
 * What every exception of a {@link SysfsFileSystem} that stands for a refusal of the kernel can tell: the errno. The
 * exceptions extend the class that a caller of {@code java.nio.file} expects: {@code NoSuchFileException} where a path
 * leads nowhere, {@code AccessDeniedException} where an attribute may not be opened that way, {@link SysfsException}
 * for all else, and always for a refused read or write.
 */
public sealed interface RefusedByKernel permits SysfsException, Refusal.NoSuchFile, Refusal.AccessDenied,
        Refusal.NotDirectory, Refusal.FileExists, Refusal.NotLink {
    /** Returns what the system call would have answered. */
    Errno errno();
}
