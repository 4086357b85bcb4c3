// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The calls into the C library that the commands make; a failed one throws with errno. */
final class LinuxCalls {
    static final int O_WRONLY = 1;
    private static final long SYS_PIDFD_OPEN = 434; // the same on every architecture
    private static final int POLLFD_LENGTH = 8;
    private static final short POLLIN = 1;
    private static final int EINTR = 4;
    private static final int EPIPE = 32;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int PR_CAPBSET_READ = 23;
    private static final int PR_CAPBSET_DROP = 24;

    static {
        Native.register(LinuxCalls.class, "c");
    }

    private LinuxCalls() {}

    /** int execvp(const char *file, char *const argv[]) */
    private static native int execvp(String file, Pointer arguments) throws LastErrorException;

    /** int open(const char *path, int flags) */
    static native int open(String path, int flags) throws LastErrorException;

    /** int dup2(int from, int to) */
    static native int dup2(int from, int to) throws LastErrorException;

    /** int close(int fd) */
    static native int close(int fd) throws LastErrorException;

    /** long syscall(long number, ...) */
    private static native long syscall(long number, long one, long two) throws LastErrorException;

    /** int poll(struct pollfd *fds, nfds_t count, int timeout) */
    private static native int poll(Pointer descriptors, long count, int timeout) throws LastErrorException;

    /** int fcntl(int fd, int command, int argument) */
    private static native int fcntl(int fd, int command, int argument) throws LastErrorException;

    /** int chdir(const char *path) */
    static native int chdir(String path) throws LastErrorException;

    /** int prctl(int option, unsigned long argument, ...) */
    private static native int prctl(int option, long argument, long none1, long none2, long none3)
            throws LastErrorException;

    /** uid_t geteuid(void) */
    static native int geteuid();

    /** char *strerror(int errno) */
    static native String strerror(int errno);

    /** Tells whether the message of a failed write says EPIPE: Java keeps only the C library's text, in any language. */
    static boolean isBrokenPipe(@Nullable String message) {
        return message != null && message.equals(strerror(EPIPE));
    }

    /**
     * Replaces this process by another program: same process id, files and environment. Returns only by the exception.
     * The files that the Java machine has opened for itself are not handed on.
     *
     * @param arguments one {@code char} per byte, ISO 8859-1
     * @throws LastErrorException ENOENT: no such program
     */
    static void exec(String... arguments) throws LastErrorException, IOException {
        keepAllBut(inherited());
        execvp(arguments[0], new StringArray(arguments, "ISO-8859-1"));
    }

    /** Returns the open descriptors but those that the Java machine has for itself. */
    static Set<Integer> inherited() throws IOException {
        Set<Integer> inherited = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                String name = Files.readSymbolicLink(file).toString();
                if (!name.matches("/proc/[0-9]+/fd") && !(Files.exists(file) && isOwn(name))) {
                    inherited.add(Integer.valueOf(String.valueOf(file.getFileName())));
                }
            }
        }
        return inherited;
    }

    /** Lets programs that are executed have these descriptors and no others. */
    static void keepAllBut(Set<Integer> handedOn) throws LastErrorException, IOException {
        List<Integer> open = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            files.forEach(file -> open.add(Integer.valueOf(String.valueOf(file.getFileName()))));
        }
        for (int each : open) {
            if (!handedOn.contains(each)) {
                try {
                    fcntl(each, F_SETFD, FD_CLOEXEC);
                } catch (LastErrorException e) {
                    continue; // that of the directory
                }
            }
        }
    }

    /**
     * Takes a capability from every program that the calling thread executes. One that is not there need not be taken.
     *
     * @param capability {@code CAP_…} of {@code linux/capability.h}
     */
    static void dropCapability(int capability) throws LastErrorException {
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) {
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }

    private static boolean isOwn(String file) {
        return file.startsWith(System.getProperty("java.home", "/")) || file.endsWith(".jar")
                || file.equals("/dev/random") || file.equals("/dev/urandom");
    }

    /** Opens a file that stands for a running process: pidfd_open(2). */
    static int openProcess(long pid) throws LastErrorException {
        return (int) syscall(SYS_PIDFD_OPEN, pid, 0);
    }

    /** Waits until a process has ended, whether or not its parent has taken notice, and closes its file. */
    static void awaitEnd(int descriptor) throws LastErrorException {
        try (com.sun.jna.Memory entry = new com.sun.jna.Memory(POLLFD_LENGTH)) {
            while (true) {
                entry.setInt(0, descriptor);
                entry.setShort(4, POLLIN);
                entry.setShort(6, (short) 0);
                try {
                    poll(entry, 1, -1);
                    return;
                } catch (LastErrorException e) {
                    if (e.getErrorCode() != EINTR) {
                        throw e;
                    }
                }
            }
        } finally {
            close(descriptor);
        }
    }
}
