// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.SysfsTree;

/**
 * A tree of a simulated kernel as a {@code java.nio.file} file system.
 * <pre>{@code
 * FileSystem fs = SysfsFileSystem.of(host.root());
 * Files.writeString(fs.getPath("/sys/bus/ap/apmask"), "-5\n");
 * }</pre>
 *
 * Reads, writes, lists, follows links, tells attributes. Nothing can be created, deleted, renamed or chmodded: like the
 * kernel's sysfs, the tree changes only by what is written to its files. What the kernel refuses becomes a
 * {@link java.nio.file.FileSystemException} whose cause is an {@link org.apvirt.device.ErrnoException}. Relative paths start at
 * the root.
 */
public final class SysfsFileSystem extends FileSystem {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final SysfsTree tree;
    private final int id = COUNT.incrementAndGet();
    private final FileTime created = FileTime.fromMillis(System.currentTimeMillis());
    private volatile boolean open = true;

    private SysfsFileSystem(SysfsDirectory root) {
        tree = new SysfsTree(root);
    }

    /** Returns a file system whose root directory is {@code root}. */
    public static SysfsFileSystem of(SysfsDirectory root) {
        return new SysfsFileSystem(root);
    }

    /**
     * Returns the entry that a path names, links followed: the way from a path to what is no plain file, for example a
     * device node.
     *
     * @throws IOException if there is none
     */
    public SysfsNode node(Path path) throws IOException {
        return place(SysfsPath.of(path), true).node();
    }

    SysfsTree tree() {
        return tree;
    }

    int id() {
        return id;
    }

    /** Returns the time that every entry shows: nothing here has a history. */
    FileTime created() {
        return created;
    }

    SysfsTree.Place place(SysfsPath path, boolean followLast) throws IOException {
        if (!open) {
            throw new java.nio.file.ClosedFileSystemException();
        }
        try {
            return tree.walk(path.toAbsolutePath().toString(), followLast);
        } catch (ErrnoException e) {
            throw Refusal.of(path, e);
        }
    }

    SysfsPath realPath(SysfsPath path, boolean followLast) throws IOException {
        return SysfsPath.absolute(this, place(path, followLast).names());
    }

    @Override
    public SysfsFileSystemProvider provider() {
        return SysfsFileSystemProvider.INSTANCE;
    }

    /** Refuses further use; the kernel behind it is not touched. */
    @Override
    public void close() {
        open = false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(SysfsPath.absolute(this, List.of()));
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of(new SysfsFileStore());
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return Set.of("basic", "posix");
    }

    @Override
    public Path getPath(String first, String... more) {
        StringBuilder text = new StringBuilder(first);
        for (String part : more) {
            if (!part.isEmpty()) {
                text.append(text.isEmpty() ? "" : "/").append(part);
            }
        }
        return SysfsPath.parse(this, text.toString());
    }

    /** Takes {@code regex:} and {@code glob:}; a glob is that of the default file system. */
    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        int colon = syntaxAndPattern.indexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("no syntax in '" + syntaxAndPattern + "'; write glob: or regex:");
        }
        String pattern = syntaxAndPattern.substring(colon + 1);
        switch (syntaxAndPattern.substring(0, colon)) {
            case "regex" -> {
                Pattern regex = Pattern.compile(pattern);
                return path -> regex.matcher(path.toString()).matches();
            }
            case "glob" -> {
                PathMatcher matcher = java.nio.file.FileSystems.getDefault().getPathMatcher("glob:" + pattern);
                return path -> matcher.matches(Path.of(path.toString()));
            }
            default -> throw new UnsupportedOperationException("unknown syntax in '" + syntaxAndPattern + "'");
        }
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException("every entry belongs to root");
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException("listen to the kernel's uevents instead");
    }

    @Override
    public String toString() {
        return SysfsFileSystemProvider.SCHEME + id;
    }
}
