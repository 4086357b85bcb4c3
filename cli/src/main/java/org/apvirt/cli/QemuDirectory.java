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
import java.time.Instant;
import java.util.Optional;

/**
 * What one {@code apvirt qemu} has on disk: a directory with the socket of the gdb stub, the process id of its QEMU, and a file
 * that is locked as long as the process runs. The kernel takes the lock away however a process ends, so the next one knows by it
 * what was left by one that was killed.
 */
final class QemuDirectory implements AutoCloseable {
    private static final int SECONDS_TO_MAKE = 10;
    private static final String PREFIX = "qemu-";
    private static final String LOCK = "lock";
    private static final String PID = "pid";
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
    static QemuDirectory make(Path parent) throws IOException {
        removeStale(parent);
        Path directory = Files.createTempDirectory(parent, PREFIX);
        FileChannel lock = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        lock.lock();
        return new QemuDirectory(directory, lock);
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
            Optional<ProcessHandle> qemu = qemuOf(candidate);
            if (qemu.isPresent() && Files.exists(candidate.resolve(LEFT))) {
                return; // so its user wanted
            }
            qemu.ifPresent(ProcessHandle::destroyForcibly);
            remove(candidate);
        } catch (NoSuchFileException e) {
            removeIfOld(candidate);
        } catch (OverlappingFileLockException e) {
            return; // this process has made it
        }
    }

    /** Without a lock it is just being made, or removed, or was left in between. */
    private static void removeIfOld(Path candidate) throws IOException {
        try {
            Instant made = Files.getLastModifiedTime(candidate).toInstant();
            if (made.isBefore(Instant.now().minusSeconds(SECONDS_TO_MAKE))) {
                remove(candidate);
            }
        } catch (NoSuchFileException e) {
            return; // removed
        }
    }

    /** Returns the QEMU that was started for a directory; a process number may belong to another program by now. */
    private static Optional<ProcessHandle> qemuOf(Path candidate) throws IOException {
        try {
            long pid = Long.parseLong(Files.readString(candidate.resolve(PID)).strip());
            String words = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            return words.contains(candidate.toString()) ? ProcessHandle.of(pid) : Optional.empty();
        } catch (NoSuchFileException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(directory);
    }

    /** Returns where QEMU is to make the socket of its gdb stub. */
    Path gdb() {
        return directory.resolve("gdb");
    }

    /**
     * Writes down which QEMU it is for.
     *
     * @param staysBehind whether that QEMU may outlive its apvirt
     */
    void belongsTo(long pid, boolean staysBehind) throws IOException {
        Files.writeString(directory.resolve(PID), pid + "\n");
        if (staysBehind) {
            Files.writeString(directory.resolve(LEFT), "");
        }
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
