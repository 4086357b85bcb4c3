// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The third argument of ioctl(2).
 *
 * @param value the argument as an integer; 0 if it is a pointer
 * @param buffer what it points to, read and written in place; empty for an integer. A pointer inside a structure is
 *     replaced by what it points to, appended after the structure
 * @param files the descriptors of the calling process
 */
public record IoctlArgument(long value, byte[] buffer, FileTable files) {
    /** The descriptors of a process. */
    public interface FileTable {
        /** Returns the open file of a descriptor, null if it is none. */
        @Nullable
        OpenFile file(int fd);

        /** Gives an open file a descriptor. */
        int install(OpenFile file);

        /** Returns the number of the process. */
        default int processId() {
            return 1;
        }
    }
}
