// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsTree;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The operations of a {@link SysfsFileSystem}. A file system is made with {@link SysfsFileSystem#of}, not by URI: it
 * belongs to one kernel object in this process.
 */
public final class SysfsFileSystemProvider extends FileSystemProvider {
    static final String SCHEME = "sysfs";
    static final SysfsFileSystemProvider INSTANCE = new SysfsFileSystemProvider();

    private SysfsFileSystemProvider() {}

    static boolean follows(LinkOption... options) {
        return !Arrays.asList(options).contains(LinkOption.NOFOLLOW_LINKS);
    }

    private static SysfsTree.Place place(Path path, boolean followLast) throws IOException {
        SysfsPath ours = SysfsPath.of(path);
        return ours.getFileSystem().place(ours, followLast);
    }

    private static IOException refused(Path path, Errno errno, String reason) {
        return Refusal.of(SysfsPath.of(path), new ErrnoException(errno, reason));
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    /** Is not possible: a URI cannot name a kernel. */
    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
        throw new UnsupportedOperationException("use SysfsFileSystem.of(root)");
    }

    /** Finds none: a URI cannot name a kernel. */
    @Override
    public FileSystem getFileSystem(URI uri) {
        throw new FileSystemNotFoundException("use SysfsFileSystem.of(root)");
    }

    /** Finds none: a URI cannot name a kernel. */
    @Override
    public Path getPath(URI uri) {
        throw new FileSystemNotFoundException("use SysfsFileSystem.of(root)");
    }

    /**
     * Opens an attribute. {@code CREATE} changes nothing, and so does {@code TRUNCATE_EXISTING} for attributes, as in the kernel.
     *
     * @throws java.nio.file.NoSuchFileException the path leads nowhere and nothing was to be created
     * @throws java.nio.file.AccessDeniedException the attribute's mode forbids it, or something was to be created
     * @throws SysfsException EISDIR for a directory that is to be written, or later when it is read; ENXIO for a device node,
     *     which is opened by the kernel it is of
     */
    @Override
    public SeekableByteChannel newByteChannel(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        if (options.contains(StandardOpenOption.DELETE_ON_CLOSE)) {
            throw new UnsupportedOperationException("DELETE_ON_CLOSE: sysfs has no delete");
        }
        boolean writing = options.contains(StandardOpenOption.WRITE) || options.contains(StandardOpenOption.APPEND);
        boolean reading = options.contains(StandardOpenOption.READ) || !writing;
        boolean createNew = writing && options.contains(StandardOpenOption.CREATE_NEW);
        boolean create = createNew || writing && options.contains(StandardOpenOption.CREATE);
        SysfsTree.Place place;
        try {
            place = place(path, !createNew && !options.contains(LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            Path parent = path.toAbsolutePath().getParent();
            if (create && parent != null && place(parent, true).node() instanceof SysfsDirectory) {
                throw refused(path, Errno.EACCES, "sysfs creates no files");
            }
            throw e;
        }
        if (createNew) {
            throw refused(path, Errno.EEXIST, "the file exists");
        }
        SeekableByteChannel opened = open(path, place, reading, writing);
        if (writing && options.contains(StandardOpenOption.TRUNCATE_EXISTING)
                && place.node() instanceof SysfsFile file) {
            file.truncate();
        }
        return opened;
    }

    private static SeekableByteChannel open(Path path, SysfsTree.Place place, boolean reading, boolean writing)
            throws IOException {
        SysfsPath ours = SysfsPath.of(path);
        try {
            OpenAttribute attribute = ours.getFileSystem().tree().open(place, reading, writing);
            return new AttributeChannel(path.toString(), attribute, reading, writing);
        } catch (ErrnoException e) {
            throw Refusal.of(ours, e);
        }
    }

    /** Lists a directory, sorted by name, as it is at this moment. */
    @Override
    @SuppressWarnings("keyfor:override.param") // the stub's KeyFor bound of the wildcard cannot be written here
    public DirectoryStream<Path> newDirectoryStream(Path directory, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        if (!(place(directory, true).node() instanceof SysfsDirectory listed)) {
            throw refused(directory, Errno.ENOTDIR, "not a directory");
        }
        List<Path> entries = new ArrayList<>();
        for (String name : listed.names().stream().sorted().toList()) {
            Path entry = directory.resolve(name);
            if (filter.accept(entry)) {
                entries.add(entry);
            }
        }
        return new Listing(entries);
    }

    private static final class Listing implements DirectoryStream<Path> {
        private @Nullable List<Path> entries; // null once it was iterated or closed

        Listing(List<Path> entries) {
            this.entries = entries;
        }

        @Override
        public Iterator<Path> iterator() throws DirectoryIteratorException {
            List<Path> once = entries;
            if (once == null) {
                throw new IllegalStateException("the directory was iterated already, or the stream is closed");
            }
            entries = null;
            return List.copyOf(once).iterator();
        }

        @Override
        public void close() {
            entries = null;
        }
    }

    @Override
    public Path readSymbolicLink(Path path) throws IOException {
        if (place(path, false).node() instanceof SysfsLink link) {
            return path.getFileSystem().getPath(link.target());
        }
        throw Refusal.notALink(SysfsPath.of(path));
    }

    @Override
    public boolean isSameFile(Path one, Path other) throws IOException {
        return one.equals(other) || other.getFileSystem() == one.getFileSystem()
                && place(one, true).names().equals(place(other, true).names());
    }

    @Override
    public boolean isHidden(Path path) {
        return false;
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
        place(path, true);
        return new SysfsFileStore();
    }

    /** Answers for root, whom only an attribute's mode binds. */
    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        SysfsTree.Place place = place(path, true);
        int mode = SysfsAttributes.mode(place.node());
        for (AccessMode wanted : modes) {
            int bits = switch (wanted) {
                case READ -> 0444;
                case WRITE -> place.node() instanceof SysfsDirectory ? 0 : 0222;
                case EXECUTE -> 0111;
            };
            if ((mode & bits) == 0) {
                throw refused(path, Errno.EACCES, "mode " + Integer.toOctalString(mode) + " forbids it");
            }
        }
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
            throws IOException {
        SysfsAttributes attributes = attributes(path, options);
        if (!type.isInstance(attributes)) {
            throw new UnsupportedOperationException("no attributes of " + type);
        }
        return type.cast(attributes);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
            throws IOException {
        return attributes(path, options).named(names);
    }

    private static SysfsAttributes attributes(Path path, LinkOption... options) throws IOException {
        SysfsTree.Place place = place(path, follows(options));
        return new SysfsAttributes(place.names(), place.node(), SysfsPath.of(path).getFileSystem().created());
    }

    @Override
    @SuppressWarnings("nullness:return") // null for an unknown view, as the interface has it
    public <V extends @Nullable FileAttributeView> V getFileAttributeView(Path path, Class<V> type,
            LinkOption... options) {
        SysfsAttributeView view = new SysfsAttributeView(path, options);
        return type.isInstance(view) ? type.cast(view) : null;
    }

    /**
     * Refuses.
     *
     * @throws SysfsException EPERM. Differs from Linux: root may chmod an attribute there
     */
    @Override
    public void setAttribute(Path path, String attribute, @Nullable Object value, LinkOption... options)
            throws IOException {
        throw refused(path, Errno.EPERM, "attributes are fixed");
    }

    @Override
    public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
        throw refused(path, Errno.EPERM, "sysfs creates no directories");
    }

    @Override
    public void delete(Path path) throws IOException {
        place(path, false);
        throw refused(path, Errno.EPERM, "sysfs deletes nothing");
    }

    /** Refuses to copy into sysfs; {@code Files.copy} to another file system works. */
    @Override
    public void copy(Path source, Path target, CopyOption... options) throws IOException {
        throw refused(target, Errno.EPERM, "sysfs takes no copies; write to the attribute");
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        throw refused(source, Errno.EPERM, "sysfs moves nothing");
    }
}
