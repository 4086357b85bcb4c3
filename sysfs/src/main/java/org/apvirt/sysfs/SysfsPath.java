// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.net.URI;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.checkerframework.checker.nullness.qual.Nullable;

/** A path of a {@link SysfsFileSystem}: names separated by slashes, absolute or relative to the root. */
final class SysfsPath implements Path {
    private final SysfsFileSystem fileSystem;
    private final boolean absolute;
    private final List<String> names; // the empty path has one empty name, as java.nio wants it

    private SysfsPath(SysfsFileSystem fileSystem, boolean absolute, List<String> names) {
        this.fileSystem = fileSystem;
        this.absolute = absolute;
        this.names = absolute || !names.isEmpty() ? names : List.of("");
    }

    static SysfsPath parse(SysfsFileSystem fileSystem, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new java.nio.file.InvalidPathException(text.replace('\0', '?'), "Nul character not allowed");
        }
        List<String> names = new ArrayList<>();
        for (String name : text.split("/")) {
            if (!name.isEmpty()) {
                names.add(name);
            }
        }
        return new SysfsPath(fileSystem, text.startsWith("/"), List.copyOf(names));
    }

    static SysfsPath absolute(SysfsFileSystem fileSystem, List<String> names) {
        return new SysfsPath(fileSystem, true, names);
    }

    /** Returns a path of ours, or says that it is another provider's. */
    static SysfsPath of(Path path) {
        if (Objects.requireNonNull(path) instanceof SysfsPath ours) {
            return ours;
        }
        throw new ProviderMismatchException();
    }

    /** Returns the names from the root; the root is the working directory too. */
    List<String> names() {
        return isEmpty() ? List.of() : names;
    }

    private boolean isEmpty() {
        return !absolute && names.size() == 1 && names.get(0).isEmpty();
    }

    private SysfsPath relative(List<String> newNames) {
        return new SysfsPath(fileSystem, false, List.copyOf(newNames));
    }

    @Override
    public SysfsFileSystem getFileSystem() {
        return fileSystem;
    }

    @Override
    public boolean isAbsolute() {
        return absolute;
    }

    @Override
    public @Nullable Path getRoot() {
        return absolute ? new SysfsPath(fileSystem, true, List.of()) : null;
    }

    @Override
    public @Nullable Path getFileName() {
        return names.isEmpty() ? null : relative(List.of(names.getLast()));
    }

    @Override
    public @Nullable Path getParent() {
        if (names.size() > 1) {
            return new SysfsPath(fileSystem, absolute, names.subList(0, names.size() - 1));
        }
        return names.isEmpty() ? null : getRoot();
    }

    @Override
    public int getNameCount() {
        return names.size();
    }

    @Override
    public Path getName(int index) {
        if (index < 0 || index >= names.size()) {
            throw new IllegalArgumentException("no name " + index + " in " + this);
        }
        return relative(List.of(names.get(index)));
    }

    @Override
    public Path subpath(int begin, int end) {
        if (begin < 0 || end > names.size() || begin >= end) {
            throw new IllegalArgumentException("no names " + begin + " to " + end + " in " + this);
        }
        return relative(names.subList(begin, end));
    }

    @Override
    public boolean startsWith(Path other) {
        return other instanceof SysfsPath that && that.fileSystem == fileSystem && that.absolute == absolute
                && that.isEmpty() == isEmpty() && names.size() >= that.names.size()
                && names.subList(0, that.names.size()).equals(that.names);
    }

    @Override
    public boolean endsWith(Path other) {
        if (!(other instanceof SysfsPath that) || that.fileSystem != fileSystem || that.isEmpty() != isEmpty()) {
            return false;
        }
        int extra = names.size() - that.names.size();
        return that.absolute
                ? absolute && names.equals(that.names)
                : extra >= 0 && names.subList(extra, names.size()).equals(that.names);
    }

    @Override
    public Path normalize() {
        List<String> kept = new ArrayList<>();
        for (String name : names) {
            boolean up = name.equals("..");
            if (up && !kept.isEmpty() && !kept.getLast().equals("..")) {
                kept.removeLast();
            } else if (!name.equals(".") && !(up && absolute)) {
                kept.add(name);
            }
        }
        return new SysfsPath(fileSystem, absolute, List.copyOf(kept));
    }

    @Override
    public Path resolve(Path other) {
        SysfsPath that = of(other);
        if (that.absolute || isEmpty()) {
            return that;
        }
        if (that.isEmpty()) {
            return this;
        }
        List<String> joined = new ArrayList<>(names);
        joined.addAll(that.names);
        return new SysfsPath(fileSystem, absolute, List.copyOf(joined));
    }

    @Override
    public Path relativize(Path other) {
        SysfsPath that = of(other);
        if (that.absolute != absolute) {
            throw new IllegalArgumentException("one of " + this + " and " + that + " is absolute, the other is not");
        }
        List<String> from = names();
        List<String> to = that.names();
        int shared = 0;
        while (shared < from.size() && shared < to.size() && from.get(shared).equals(to.get(shared))) {
            shared++;
        }
        List<String> way = new ArrayList<>();
        for (int i = shared; i < from.size(); i++) {
            way.add("..");
        }
        way.addAll(to.subList(shared, to.size()));
        return relative(way);
    }

    @Override
    public URI toUri() {
        return URI.create(SysfsFileSystemProvider.SCHEME + "://" + fileSystem.id() + toAbsolutePath());
    }

    @Override
    public Path toAbsolutePath() {
        return absolute ? this : new SysfsPath(fileSystem, true, names());
    }

    @Override
    public Path toRealPath(LinkOption... options) throws IOException {
        return fileSystem.realPath(this, SysfsFileSystemProvider.follows(options));
    }

    @Override
    public WatchKey register(WatchService watcher, WatchEvent.Kind<?>[] events,
            WatchEvent.@Nullable Modifier... modifiers) {
        throw new ProviderMismatchException("sysfs has no watch service; listen to the kernel's uevents instead");
    }

    @Override
    public int compareTo(Path other) {
        return toString().compareTo(of(other).toString());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SysfsPath that && that.fileSystem == fileSystem && that.absolute == absolute
                && that.names.equals(names);
    }

    @Override
    public int hashCode() {
        return 31 * names.hashCode() + Boolean.hashCode(absolute);
    }

    @Override
    public String toString() {
        return (absolute ? "/" : "") + String.join("/", names);
    }
}
