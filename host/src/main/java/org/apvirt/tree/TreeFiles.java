// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;

/** A tree as files below a directory. */
public final class TreeFiles {
    private static final PosixFilePermission[] BITS = {PosixFilePermission.OTHERS_EXECUTE,
            PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ, PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ, PosixFilePermission.OWNER_EXECUTE,
            PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ};
    private static final int DEEPEST = 64;
    private static final int SEARCHED = 3; // levels of directories in which a copy is looked for
    /** The parts of a real {@code /sys} that are looked at: elsewhere, reading has effects, or there is nothing of ours. */
    private static final List<String> LOOKED_AT = List.of("sys/bus/ap", "sys/bus/mdev", "sys/bus/matrix",
            "sys/devices/ap", "sys/devices/vfio_ap", "sys/devices/virtual/zcrypt", "sys/devices/virtual/misc",
            "sys/class/zcrypt", "sys/firmware/uv", "sys/module", "proc/sysinfo");

    private TreeFiles() {}

    /**
     * Writes a tree; what cannot be read becomes an empty file.
     *
     * @param directory an empty one, or one that is to be made
     * @throws IOException one line that names the file
     */
    public static void write(SysTree tree, Path directory) throws IOException {
        if (Files.exists(directory) && (!Files.isDirectory(directory) || !isEmpty(directory))) {
            throw new IOException(directory + " is there already and not an empty directory; name another");
        }
        try {
            Files.createDirectories(directory);
            for (Map.Entry<String, Entry> entry : tree.entries().entrySet()) {
                Path path = directory.resolve(entry.getKey());
                switch (entry.getValue()) {
                    case Directory it -> Files.createDirectories(path);
                    case Link link -> Files.createSymbolicLink(path, Path.of(link.target()));
                    case Attribute file -> {
                        String text = file.text();
                        Files.write(path, SysTree.bytes(text == null ? "" : text));
                        Files.setPosixFilePermissions(path, permissions(file.mode()));
                    }
                }
            }
        } catch (IOException e) {
            throw new IOException(directory + " cannot be written: " + InputFile.reason(e), e);
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = new HashSet<>();
        for (int bit = 0; bit < BITS.length; bit++) {
            if ((mode >> bit & 1) != 0) {
                permissions.add(BITS[bit]);
            }
        }
        return permissions;
    }

    /**
     * Reads a tree: a copy with {@code sys} in it, a {@code /sys} itself, the root of a machine, or a directory with one copy
     * somewhere in it, as it is or packed as {@code sysfs.tgz}.
     *
     * @throws FileFormatException there is no AP bus in it, or several are
     */
    public static SysTree read(Path directory) throws FileFormatException {
        List<Path> found = new ArrayList<>();
        if (isRoot(directory)) {
            found.add(directory);
        } else {
            search(directory, found, SEARCHED);
        }
        if (found.isEmpty()) {
            throw new FileFormatException(directory.toString(), "has no AP bus (name a /sys, or a copy of one)");
        }
        Path root = found.get(0);
        if (found.size() > 1) {
            throw new FileFormatException(directory.toString(), "has several copies of a /sys (name one of "
                    + String.join(", ", found.stream().limit(3).map(Path::toString).toList()) + ')');
        }
        if (!Files.isDirectory(root)) {
            try (InputStream in = Files.newInputStream(root)) {
                return TarReader.read(in);
            } catch (IOException e) {
                throw new FileFormatException(root.toString(), InputFile.reason(e));
            }
        }
        SysTree tree = SysTree.empty();
        boolean isSys = Files.isDirectory(root.resolve("bus"));
        for (String part : LOOKED_AT) {
            String below = isSys && part.startsWith("sys/") ? part.substring("sys/".length()) : part;
            Path path = root.resolve(below);
            if (Files.exists(path)) {
                tree.directories(part);
                add(tree, part, path, part.equals("sys/module") ? 1 : DEEPEST);
            }
        }
        return tree;
    }

    private static boolean isRoot(Path directory) {
        return Stream.of("sys/bus/ap", "sys/devices/ap", "bus/ap", "devices/ap")
                .anyMatch(path -> Files.isDirectory(directory.resolve(path)));
    }

    /** Looks for copies, packed ones too. */
    private static void search(Path directory, List<Path> found, int depth) {
        try (Stream<Path> entries = Files.list(directory)) {
            List<Path> sorted = entries.filter(entry -> !Files.isSymbolicLink(entry)).sorted().toList();
            for (Path entry : sorted) {
                if (Files.isRegularFile(entry) && entry.endsWith("sysfs.tgz")) {
                    found.add(entry);
                } else if (Files.isDirectory(entry) && isRoot(entry)) {
                    found.add(entry);
                } else if (Files.isDirectory(entry) && depth > 1) {
                    search(entry, found, depth - 1);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            return; // somebody else's directory: there is none to be taken in it
        }
    }

    private static void add(SysTree tree, String name, Path path, int depth) throws FileFormatException {
        try {
            if (Files.isSymbolicLink(path)) {
                tree.entries().put(name, new Link(Files.readSymbolicLink(path).toString()));
            } else if (Files.isDirectory(path)) {
                tree.entries().put(name, new Directory());
                if (depth > 0) {
                    for (Path entry : entries(path)) {
                        add(tree, name + '/' + entry.getFileName(), entry, depth - 1);
                    }
                }
            } else if (Files.isRegularFile(path)) {
                tree.entries().put(name, attribute(path));
            }
        } catch (AccessDeniedException e) {
            tree.entries().put(name, new Attribute(0, null)); // a directory nobody may look into
        } catch (IOException e) {
            throw new FileFormatException(path.toString(), "cannot be read: " + InputFile.reason(e));
        }
    }

    private static List<Path> entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        }
    }

    private static Attribute attribute(Path path) throws IOException {
        int mode = 0;
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        for (int bit = 0; bit < BITS.length; bit++) {
            mode |= permissions.contains(BITS[bit]) ? 1 << bit : 0;
        }
        if ((mode & 0444) == 0) {
            return new Attribute(mode, null);
        }
        try {
            return new Attribute(mode, SysTree.text(InputFile.read(path, InputFile.LONGEST_ATTRIBUTE)));
        } catch (FileFormatException e) {
            return new Attribute(mode, null); // the kernel refuses to tell
        }
    }
}
