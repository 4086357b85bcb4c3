// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/** Copies directories, files and links with their modes. What may not be read is left out, and so are sockets and devices. */
final class TreeCopy extends SimpleFileVisitor<Path> {
    private final Path from;
    private final Path to;

    private TreeCopy(Path from, Path to) {
        this.from = from;
        this.to = to;
    }

    /** Copies what is below a directory into another one. */
    static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new TreeCopy(from, to));
    }

    private Path target(Path path) {
        return to.resolve(from.relativize(path));
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
        Path target = target(directory);
        if (!directory.equals(from)) {
            Files.createDirectory(target);
        }
        Files.setPosixFilePermissions(target, Files.getPosixFilePermissions(directory));
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
            try {
                Files.copy(file, target(file), StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            } catch (AccessDeniedException e) {
                return FileVisitResult.CONTINUE;
            }
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
        if (e instanceof AccessDeniedException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }
}
