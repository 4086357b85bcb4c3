// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the running machines of a user have their sockets: a directory that only this user can enter.
 *
 * <p>The first place that serves is taken: {@code $XDG_RUNTIME_DIR} if it is the user's own, else {@code /tmp}, else
 * {@code /var/tmp}. The directory is called {@code apvirt-UID}. Everybody may make names in {@code /tmp}, so somebody else
 * may have made this one first, or it may have been opened to others: then it is left alone, and one with a name
 * that nobody can guess stands beside it. {@link #existing} finds both again.
 */
final class RuntimeDirectory {
    private static final String PRIVATE = "rwx------";
    private static final String SOCKET = ".sock";
    /** An address of a Unix socket has room for 107 bytes; a process id and the ending need up to 16. */
    private static final int LONGEST = 107 - 16;

    private final List<Path> parents;
    private final int uid;
    private final String name;

    RuntimeDirectory(List<Path> parents, int uid) {
        this.parents = List.copyOf(parents);
        this.uid = uid;
        this.name = "apvirt-" + uid;
    }

    /** Returns that of the user whose process this is. */
    static RuntimeDirectory ofUser() {
        int uid = LinuxCalls.geteuid();
        List<Path> parents = new ArrayList<>();
        String given = System.getenv("XDG_RUNTIME_DIR");
        if (given != null && given.startsWith("/") && isOwn(Path.of(given), uid)) {
            parents.add(Path.of(given));
        }
        parents.add(Path.of("/tmp"));
        parents.add(Path.of("/var/tmp"));
        return new RuntimeDirectory(parents, uid);
    }

    /**
     * Returns where the socket of a process is to be; nothing stale is left beside it.
     *
     * @param pid the process by whose number the machine is known
     * @throws IOException no place will do; one line names each with its reason
     */
    Path socketOf(long pid) throws IOException {
        Path directory = open();
        removeStale(directory);
        return directory.resolve(pid + SOCKET);
    }

    /** Returns the directory, which is made if there is none. */
    Path open() throws IOException {
        List<String> reasons = new ArrayList<>();
        for (Path parent : parents) {
            try {
                Path directory = in(parent);
                if (directory.toString().length() <= LONGEST) {
                    return directory;
                }
                reasons.add(parent + " is too long a path for a socket");
            } catch (IOException e) {
                reasons.add("cannot make a directory in " + parent + ": " + reason(e));
            }
        }
        throw new IOException("no place for the control socket: " + String.join("; ", reasons)
                + "; set XDG_RUNTIME_DIR to a directory of yours");
    }

    private Path in(Path parent) throws IOException {
        Path usual = parent.resolve(name);
        if (!Files.exists(usual, LinkOption.NOFOLLOW_LINKS)) {
            try {
                return Files.createDirectory(usual,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
            } catch (FileAlreadyExistsException e) {
                // Two at once; whose it is is seen below.
            }
        }
        for (Path known : existingIn(parent)) {
            if (Files.isWritable(known)) {
                return known;
            }
        }
        return Files.createTempDirectory(parent, name + '-');
    }

    /** Returns all directories that may hold sockets of this user, the usual one of each place first. */
    List<Path> existing() {
        List<Path> found = new ArrayList<>();
        for (Path parent : parents) {
            found.addAll(existingIn(parent));
        }
        return found;
    }

    private List<Path> existingIn(Path parent) {
        List<Path> found = new ArrayList<>();
        Path usual = parent.resolve(name);
        if (isPrivate(usual)) {
            found.add(usual);
        }
        try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, name + "-*")) {
            for (Path other : others) {
                if (isPrivate(other)) {
                    found.add(other);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return found; // a place that cannot be listed has none that we could enter
        }
        return found;
    }

    /** Returns the sockets of this user's machines, those included that nobody listens to any more. */
    List<Path> sockets() {
        List<Path> found = new ArrayList<>();
        for (Path directory : existing()) {
            found.addAll(socketsIn(directory));
        }
        return found;
    }

    private static List<Path> socketsIn(Path directory) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory, "*" + SOCKET)) {
            sockets.forEach(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            return found; // gone meanwhile
        }
        return found;
    }

    /** Takes away the sockets of processes that were killed. */
    void removeStale() {
        existing().forEach(RuntimeDirectory::removeStale);
    }

    private static void removeStale(Path directory) {
        for (Path socket : socketsIn(directory)) {
            try {
                if (!isProcess(socket) && !isListening(socket)) {
                    Files.deleteIfExists(socket);
                }
            } catch (IOException e) {
                continue; // what cannot be asked or removed disturbs nobody
            }
        }
    }

    /** A process that is about to listen has its name there already, and must keep it. */
    private static boolean isProcess(Path socket) {
        String file = String.valueOf(socket.getFileName());
        try {
            return ProcessHandle.of(Long.parseLong(file.substring(0, file.length() - SOCKET.length())))
                    .map(ProcessHandle::isAlive).orElse(false);
        } catch (NumberFormatException e) {
            return false; // not a name that we give
        }
    }

    private static boolean isListening(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isOpen();
        } catch (ConnectException e) {
            return false;
        }
    }

    private boolean isPrivate(Path directory) {
        try {
            return isOwn(directory, uid)
                    && PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)).equals(PRIVATE);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isOwn(Path directory, int uid) {
        try {
            return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    && (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS) == uid;
        } catch (IOException e) {
            return false;
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such directory";
        }
        return e instanceof FileSystemException refused && refused.getReason() != null
                ? String.valueOf(refused.getReason())
                : String.valueOf(e.getMessage());
    }
}
