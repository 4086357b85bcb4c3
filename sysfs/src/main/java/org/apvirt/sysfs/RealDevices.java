// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The entries of the real {@code /dev} in a namespace of our own. All can be seen. Opened can be those behind which
 * nothing of the machine can be changed: terminals, sources and sinks of bytes, shared memory, {@code kvm} and {@code fuse}. All
 * others, disks above all, answer EACCES; directories of others are read-only.
 */
final class RealDevices {
    /** Names that the simulated machine has alone. */
    private static final List<String> HIDDEN = List.of("z90crypt", "vfio");
    private static final Set<String> OPEN = Set.of("null", "zero", "full", "random", "urandom", "tty", "console",
            "ptmx",
            "kvm", "fuse");
    private static final Set<String> OPEN_DIRECTORIES = Set.of("pts", "shm", "mqueue");
    private static final List<String> TERMINALS = List.of("tty", "hvc", "sclp");
    private static final int S_IFMT = 0170000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFCHR = 0020000;

    private final Path real;
    private final Path shown;
    private final boolean all;

    /**
     * Of a directory, to be shown in another.
     *
     * @param all all may be opened by whoever may open them outside
     */
    RealDevices(Path real, Path shown, boolean all) {
        this.real = real;
        this.shown = shown;
        this.all = all;
    }

    /** Shows them. Returns their names. */
    Set<String> show() throws IOException {
        Set<String> names = new HashSet<>();
        Set<Path> closed = new HashSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(real)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!HIDDEN.contains(name)) {
                    PrivateNamespace.show(entry, shown.resolve(name));
                    if (!all && !mayBeOpened(entry, name)) {
                        closed.add(shown.resolve(name));
                    }
                    names.add(name);
                }
            }
        }
        PrivateNamespace.seal(closed, LinuxCalls.MS_RDONLY | LinuxCalls.MS_NODEV);
        return names;
    }

    private static boolean mayBeOpened(Path entry, String name) throws IOException {
        if (Files.isSymbolicLink(entry)) {
            return true; // what it leads to decides
        }
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
            return OPEN_DIRECTORIES.contains(name);
        }
        int type = (Integer) Files.getAttribute(entry, "unix:mode", LinkOption.NOFOLLOW_LINKS) & S_IFMT;
        return switch (type) {
            case S_IFBLK -> false;
            case S_IFCHR -> OPEN.contains(name) || TERMINALS.stream().anyMatch(name::startsWith);
            default -> true; // a socket or a pipe of a daemon
        };
    }
}
