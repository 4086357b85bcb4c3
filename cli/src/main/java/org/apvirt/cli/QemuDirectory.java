// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What one {@code apvirt qemu} has on disk: a directory with the socket of the gdb stub, or the plugin and its, and a file that is locked as long as the
 * process runs. The kernel takes the lock away however a process ends, so the next one knows by it what was left by one that was
 * killed. Directories are made one at a time, so none is taken for left that is just being made.
 */
final class QemuDirectory implements AutoCloseable {
    private static final String PREFIX = "qemu-";
    private static final String MAKING = ".qemu"; // beside the directories; locked while one is made
    private static final String LOCK = "lock";
    private static final String LEFT = "left-running";

    private final Path directory;
    private final FileChannel lock;

    private QemuDirectory(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Makes a directory, and takes away those of processes that were killed, with their QEMUs.
     *
     * @param parent a directory that only this user can enter
     */
    static synchronized QemuDirectory make(Path parent) throws IOException {
        try (FileChannel making = FileChannel.open(parent.resolve(MAKING), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            making.lock(); // until it is closed
            removeStale(parent);
            Path directory = Files.createTempDirectory(parent, PREFIX);
            FileChannel lock = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            lock.lock();
            return new QemuDirectory(directory, lock);
        }
    }

    private static void removeStale(Path parent) throws IOException {
        try (DirectoryStream<Path> candidates = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path candidate : candidates) {
                removeIfStale(candidate);
            }
        }
    }

    private static void removeIfStale(Path candidate) throws IOException {
        try (FileChannel channel = FileChannel.open(candidate.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            if (taken == null) {
                return; // it runs
            }
            List<ProcessHandle> qemus = processesOf(candidate);
            if (!qemus.isEmpty() && Files.exists(candidate.resolve(LEFT))) {
                return; // so its user wanted
            }
            qemus.forEach(ProcessHandle::destroyForcibly);
            remove(candidate);
        } catch (NoSuchFileException e) {
            remove(candidate); // its process was killed while it made it, or is removing it
        } catch (OverlappingFileLockException e) {
            return; // this process has made it
        }
    }

    /** Returns the QEMU that was started for a directory: its command line names the socket there. */
    private static List<ProcessHandle> processesOf(Path candidate) {
        String socket = "=" + candidate + "/";
        return ProcessHandle.allProcesses().filter(process -> commandLine(process.pid()).contains(socket)).toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            return; // another has removed it
        }
        Files.deleteIfExists(directory);
    }

    /** Returns the directory itself. */
    Path path() {
        return directory;
    }

    /** Returns where the plugin in QEMU is to find our socket. */
    Path plugin() {
        return directory.resolve("plugin");
    }

    /** Returns where QEMU is to make the socket of its gdb stub. */
    Path gdb() {
        return directory.resolve("gdb");
    }

    /** Notes that QEMU may outlive its apvirt; to be called before it starts. */
    void staysBehind() throws IOException {
        Files.writeString(directory.resolve(LEFT), "");
    }

    /** Removes it; does nothing the second time. */
    @Override
    public void close() throws IOException {
        if (lock.isOpen()) {
            remove(directory);
            lock.close();
        }
    }
}
