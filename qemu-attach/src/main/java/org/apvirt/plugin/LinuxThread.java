// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Linux's number of a thread, which Java does not tell. Source: Linux {@code Documentation/filesystems/proc.rst}. */
final class LinuxThread {
    private static final Path SELF = Path.of("/proc/thread-self");

    private LinuxThread() {}

    /** Returns the number of the thread that calls, in the name space of {@code /proc}; 0 if that does not tell. */
    static int current() {
        try {
            String self = Files.readSymbolicLink(SELF).toString(); // PROCESS/task/THREAD
            return Integer.parseInt(self.substring(self.lastIndexOf('/') + 1));
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
