package org.apvirt.sysfs;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Finds the entries of a tree by path, as path_lookup does. Source: Linux {@code fs/namei.c}. */
final class SysfsTree {
    /** More links than this in one path are a loop. */
    static final int MAX_LINKS = 40;
    /** Bytes in the longest file name. */
    static final int NAME_MAX = 255;

    private final SysfsDirectory root;

    SysfsTree(SysfsDirectory root) {
        this.root = root;
    }

    SysfsDirectory root() {
        return root;
    }

    /**
     * An entry and where it is.
     *
     * @param names from the root, without links, {@code .} and {@code ..}
     */
    record Place(List<String> names, SysfsNode node) {}

    /**
     * Walks a path from the root.
     *
     * @param followLast whether a link at the end is followed
     * @throws ErrnoException ENOENT: no such entry. ENOTDIR: an entry on the way is no directory. ELOOP: too many links.
     *     ENAMETOOLONG: a name is longer than {@link #NAME_MAX}
     */
    Place walk(List<String> path, boolean followLast) throws ErrnoException {
        Deque<String> ahead = new ArrayDeque<>(path);
        List<String> names = new ArrayList<>();
        List<SysfsNode> nodes = new ArrayList<>(); // the entry each name stands for
        SysfsNode here = root;
        int links = 0;
        while (!ahead.isEmpty()) {
            String name = ahead.removeFirst();
            if (!(here instanceof SysfsDirectory directory)) {
                throw new ErrnoException(Errno.ENOTDIR, "/" + String.join("/", names) + " is not a directory");
            }
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.removeLast();
                    nodes.removeLast();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                SysfsNode next = child(directory, name);
                if (next instanceof SysfsLink link && (followLast || !ahead.isEmpty())) {
                    if (++links > MAX_LINKS) {
                        throw new ErrnoException(Errno.ELOOP);
                    }
                    prepend(ahead, link.target());
                    continue;
                }
                names.add(name);
                nodes.add(next);
            }
            here = nodes.isEmpty() ? root : nodes.getLast();
        }
        return new Place(List.copyOf(names), here);
    }

    private static void prepend(Deque<String> ahead, String target) {
        String[] names = target.split("/");
        for (int i = names.length - 1; i >= 0; i--) {
            ahead.addFirst(names[i]);
        }
    }

    /**
     * Returns an entry of a directory.
     *
     * @throws ErrnoException ENOENT, ENAMETOOLONG
     */
    static SysfsNode child(SysfsDirectory directory, String name) throws ErrnoException {
        if (name.length() > NAME_MAX) {
            throw new ErrnoException(Errno.ENAMETOOLONG);
        }
        SysfsNode next = directory.child(name);
        if (next == null) {
            throw new ErrnoException(Errno.ENOENT);
        }
        return next;
    }

    /** Returns the entry at a place, null if it is gone. Links are not followed. */
    @Nullable
    SysfsNode at(List<String> names) {
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
}
