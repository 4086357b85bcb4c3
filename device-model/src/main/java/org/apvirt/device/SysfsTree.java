// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A tree as paths see it: the one place where a path is walked and a file is opened, whoever asks. The caller is root, whom
 * only the modes of attributes bind. Source: Linux {@code fs/namei.c}, {@code link_path_walk}, {@code do_open}.
 */
public final class SysfsTree {
    /** More links than this in one path are a loop. */
    static final int MAX_LINKS = 40;
    /** Bytes in the longest file name. */
    public static final int NAME_MAX = 255;
    /** Bytes in the longest path, with the NUL at its end. */
    static final int PATH_MAX = 4096;

    private final SysfsDirectory root;

    /** The tree below a root directory, which is the working directory too. */
    public SysfsTree(SysfsDirectory root) {
        this.root = root;
    }

    /** Returns the root directory. */
    public SysfsDirectory root() {
        return root;
    }

    /**
     * An entry and where it is.
     *
     * @param names from the root, without links, {@code .} and {@code ..}
     */
    public record Place(List<String> names, SysfsNode node) {}

    /**
     * Walks a path.
     *
     * @param path a NUL ends it; a slash at its end wants a directory
     * @param followLast whether a link at the end is followed
     * @throws ErrnoException ENOENT: no such entry, or the path is empty. ENOTDIR: an entry on the way is no directory.
     *     ELOOP: too many links. ENAMETOOLONG: a name is longer than {@link #NAME_MAX}, or the path than 4095 bytes
     */
    public Place walk(String path, boolean followLast) throws ErrnoException {
        int nul = path.indexOf('\0');
        String text = nul < 0 ? path : path.substring(0, nul);
        if (text.isEmpty()) {
            throw new ErrnoException(Errno.ENOENT, "the path is empty");
        }
        if (text.length() >= PATH_MAX) {
            throw new ErrnoException(Errno.ENAMETOOLONG, "a path of " + text.length() + " bytes");
        }
        Deque<String> ahead = new ArrayDeque<>();
        prepend(ahead, text);
        return walk(text, ahead, followLast);
    }

    private Place walk(String path, Deque<String> ahead, boolean followLast) throws ErrnoException {
        List<String> names = new ArrayList<>();
        List<SysfsNode> nodes = new ArrayList<>(); // the entry each name stands for
        SysfsNode here = root;
        int links = 0;
        while (!ahead.isEmpty()) {
            String name = ahead.removeFirst();
            if (!(here instanceof SysfsDirectory directory)) {
                throw new ErrnoException(Errno.ENOTDIR, path + ": /" + String.join("/", names) + " is no directory");
            }
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.removeLast();
                    nodes.removeLast();
                }
            } else if (!name.equals(".")) {
                SysfsNode next = child(directory, name);
                if (next instanceof SysfsLink link && (followLast || !ahead.isEmpty())) {
                    if (++links > MAX_LINKS) {
                        throw new ErrnoException(Errno.ELOOP, path);
                    }
                    if (link.target().startsWith("/")) {
                        names.clear();
                        nodes.clear();
                    }
                    prepend(ahead, link.target());
                } else {
                    names.add(name);
                    nodes.add(next);
                }
            }
            here = nodes.isEmpty() ? root : nodes.getLast();
        }
        return new Place(List.copyOf(names), here);
    }

    /** Puts the names of a path in front; a slash at its end is one more step, to the directory itself. */
    private static void prepend(Deque<String> ahead, String path) {
        if (path.endsWith("/")) {
            ahead.addFirst(".");
        }
        String[] names = path.split("/");
        for (int i = names.length - 1; i >= 0; i--) {
            if (!names[i].isEmpty()) {
                ahead.addFirst(names[i]);
            }
        }
    }

    /**
     * Returns an entry of a directory.
     *
     * @throws ErrnoException ENOENT: there is none. ENAMETOOLONG: nor can there be
     */
    public static SysfsNode child(SysfsDirectory directory, String name) throws ErrnoException {
        if (name.length() > NAME_MAX) {
            throw new ErrnoException(Errno.ENAMETOOLONG, "a name of " + name.length() + " bytes");
        }
        SysfsNode next = directory.child(name);
        if (next == null) {
            throw new ErrnoException(Errno.ENOENT, name);
        }
        return next;
    }

    /** Returns the entry at a place, null if it is gone. Links are not followed. */
    public @Nullable SysfsNode at(List<String> names) {
        SysfsNode here = root;
        for (String name : names) {
            if (!(here instanceof SysfsDirectory directory)) {
                return null;
            }
            SysfsNode next = directory.child(name);
            if (next == null) {
                return null;
            }
            here = next;
        }
        return here;
    }

    /**
     * Opens what a path leads to.
     *
     * @throws ErrnoException as {@link #walk} and {@link #open(Place, boolean, boolean)}; what the driver of a device node
     *     answers
     */
    public OpenFile open(String path, boolean reading, boolean writing) throws ErrnoException {
        Place place = walk(path, true);
        return place.node() instanceof CharDevice device
                ? device.opener().open()
                : new AttributeFile(open(place, reading, writing), reading, writing);
    }

    /**
     * Opens an attribute or a directory.
     *
     * @throws ErrnoException as {@link OpenAttribute#open}
     */
    public OpenAttribute open(Place place, boolean reading, boolean writing) throws ErrnoException {
        boolean isAttribute = place.node() instanceof SysfsFile;
        return open(place, reading, writing, () -> !isAttribute || at(place.names()) instanceof SysfsFile);
    }

    /**
     * Opens an attribute or a directory, of which the caller knows best how long it is there.
     *
     * @param attached tells whether it is still in the tree; asked before each read and write
     * @throws ErrnoException as {@link OpenAttribute#open}
     */
    public OpenAttribute open(Place place, boolean reading, boolean writing, BooleanSupplier attached)
            throws ErrnoException {
        return OpenAttribute.open(place.node(), reading, writing, attached, access -> {
            AttributeFaults faults = root.faults();
            if (faults != null && place.node() instanceof SysfsFile) {
                faults.arrive(this, place.names(), access);
            }
        });
    }
}
