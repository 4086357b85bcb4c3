package org.apvirt.host;

import java.util.ArrayDeque;
import java.util.Deque;

import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;

/**
 * The files of a running kernel as a process with root rights sees them: path names are resolved, links followed, modes
 * checked. Text is one {@code char} per byte.
 *
 * <p>Source: Linux {@code fs/namei.c}, {@code fs/kernfs/file.c}. Sysfs refuses root too when the mode has no bit for the
 * wanted access.
 */
public final class HostFiles {
    private static final int MOST_LINKS = 40;
    private static final int READABLE = 0444;
    private static final int WRITABLE = 0222;

    private final SysfsDirectory root;

    /** The files below a root directory. */
    public HostFiles(SysfsDirectory root) {
        this.root = root;
    }

    /**
     * Finds what a path leads to, following links.
     *
     * @param path absolute path, for example {@code /sys/bus/ap/devices/card05}
     * @throws ErrnoException ENOENT: no such entry. ENOTDIR: a part of the path is no directory. ELOOP: too many links
     */
    public SysfsNode node(String path) throws ErrnoException {
        return resolve(path, true);
    }

    /**
     * Finds an entry; a link at the end of the path is not followed.
     *
     * @throws ErrnoException as {@link #node}
     */
    public SysfsNode entry(String path) throws ErrnoException {
        return resolve(path, false);
    }

    private SysfsNode resolve(String path, boolean followLast) throws ErrnoException {
        Deque<String> names = new ArrayDeque<>();
        push(names, path);
        boolean directoryWanted = path.endsWith("/");
        Deque<SysfsDirectory> parents = new ArrayDeque<>();
        SysfsNode here = root;
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.pop();
            if (!(here instanceof SysfsDirectory directory)) {
                throw new ErrnoException(Errno.ENOTDIR, path);
            }
            if (name.equals("..")) {
                here = parents.isEmpty() ? root : parents.pop();
                continue;
            }
            SysfsNode next = directory.child(name);
            if (next == null) {
                throw new ErrnoException(Errno.ENOENT, path);
            }
            if (next instanceof SysfsLink link && (followLast || directoryWanted || !names.isEmpty())) {
                if (++links > MOST_LINKS) {
                    throw new ErrnoException(Errno.ELOOP, path);
                }
                push(names, link.target());
                if (link.target().startsWith("/")) {
                    parents.clear();
                    here = root;
                }
                continue;
            }
            parents.push(directory);
            here = next;
        }
        if (directoryWanted && !(here instanceof SysfsDirectory)) {
            throw new ErrnoException(Errno.ENOTDIR, path);
        }
        return here;
    }

    private static void push(Deque<String> names, String path) {
        String[] parts = path.split("/");
        for (int i = parts.length - 1; i >= 0; i--) {
            if (!parts[i].isEmpty() && !parts[i].equals(".")) {
                names.push(parts[i]);
            }
        }
    }

    /**
     * Opens an attribute for reading.
     *
     * @throws ErrnoException as {@link #node}; EISDIR: a directory. EACCES: it cannot be read
     */
    public SysfsFile openToRead(String path) throws ErrnoException {
        return open(path, READABLE);
    }

    /**
     * Opens an attribute for writing.
     *
     * @throws ErrnoException as {@link #node}; EISDIR: a directory. EACCES: it cannot be written
     */
    public SysfsFile openToWrite(String path) throws ErrnoException {
        return open(path, WRITABLE);
    }

    private SysfsFile open(String path, int wanted) throws ErrnoException {
        SysfsNode node = node(path);
        if (node instanceof SysfsDirectory) {
            throw new ErrnoException(Errno.EISDIR, path);
        }
        if (!(node instanceof SysfsFile file)) {
            throw new ErrnoException(Errno.EINVAL, path + " is a device, not an attribute");
        }
        if ((file.mode() & wanted) == 0) {
            throw new ErrnoException(Errno.EACCES, path);
        }
        return file;
    }

    /**
     * Reads an attribute.
     *
     * @throws ErrnoException as {@link #openToRead}, or what the attribute answers
     */
    public String read(String path) throws ErrnoException {
        return openToRead(path).show();
    }

    /**
     * Writes an attribute with one write(2).
     *
     * @return the number of bytes taken; a write of no byte does not reach the attribute, one of more than a page is cut
     * @throws ErrnoException as {@link #openToWrite}, or what the attribute answers
     */
    public int write(String path, String text) throws ErrnoException {
        return write(openToWrite(path), text);
    }

    /** Writes to an open attribute. */
    static int write(SysfsFile file, String text) throws ErrnoException {
        if (text.isEmpty()) {
            return 0;
        }
        String taken = text.length() <= SysfsFile.PAGE ? text : text.substring(0, SysfsFile.PAGE);
        file.store(taken);
        return taken.length();
    }

    /**
     * Returns the target of a link.
     *
     * @throws ErrnoException as {@link #node}; EINVAL: not a link
     */
    public String readLink(String path) throws ErrnoException {
        if (entry(path) instanceof SysfsLink link) {
            return link.target();
        }
        throw new ErrnoException(Errno.EINVAL, path + " is no link");
    }

    /**
     * Opens a device node.
     *
     * @throws ErrnoException as {@link #node}; EINVAL: not a device node. Else what the driver answers
     */
    public OpenFile openDevice(String path) throws ErrnoException {
        if (node(path) instanceof CharDevice device) {
            return device.opener().open();
        }
        throw new ErrnoException(Errno.EINVAL, path + " is no device");
    }
}
