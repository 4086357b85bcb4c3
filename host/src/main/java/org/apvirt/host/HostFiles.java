// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.OpenFile;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;
import org.apvirt.device.SysfsTree;

/**
 * The files of a running kernel as a process with root rights sees them. Text is one {@code char} per byte. Paths and the
 * rules of opening are those of {@link SysfsTree}, as for everybody else who looks at the tree.
 */
public final class HostFiles {
    private final SysfsTree tree;

    /** The files below a root directory. */
    public HostFiles(SysfsDirectory root) {
        this.tree = new SysfsTree(root);
    }

    /**
     * Finds what a path leads to, following links.
     *
     * @param path for example {@code /sys/bus/ap/devices/card05}
     * @throws ErrnoException as {@link SysfsTree#walk}
     */
    public SysfsNode node(String path) throws ErrnoException {
        return tree.walk(path, true).node();
    }

    /**
     * Finds an entry; a link at the end of the path is not followed.
     *
     * @throws ErrnoException as {@link SysfsTree#walk}
     */
    public SysfsNode entry(String path) throws ErrnoException {
        return tree.walk(path, false).node();
    }

    /**
     * Opens an attribute, a directory or a device node.
     *
     * @throws ErrnoException as {@link SysfsTree#open(String, boolean, boolean)}
     */
    public OpenFile open(String path, boolean reading, boolean writing) throws ErrnoException {
        return tree.open(path, reading, writing);
    }

    /**
     * Reads an attribute.
     *
     * @throws ErrnoException as {@link #open}, or what the attribute answers
     */
    public String read(String path) throws ErrnoException {
        try (OpenFile file = open(path, true, false)) {
            return readAll(file);
        }
    }

    /** Reads an open file to its end. */
    public static String readAll(OpenFile file) throws ErrnoException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] bytes = file.read(SysfsFile.PAGE);
        while (bytes.length > 0) {
            all.writeBytes(bytes);
            bytes = file.read(SysfsFile.PAGE);
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /**
     * Writes an attribute with one write(2).
     *
     * @return the number of bytes taken; a write of no byte does not reach the attribute, one of more than a page is cut
     * @throws ErrnoException as {@link #open}, or what the attribute answers
     */
    public int write(String path, String text) throws ErrnoException {
        try (OpenFile file = open(path, false, true)) {
            return write(file, text);
        }
    }

    /** Writes to an open file. */
    public static int write(OpenFile file, String text) throws ErrnoException {
        return file.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Returns the target of a link.
     *
     * @throws ErrnoException as {@link #entry}; EINVAL: not a link
     */
    public String readLink(String path) throws ErrnoException {
        if (entry(path) instanceof SysfsLink link) {
            return link.target();
        }
        throw new ErrnoException(Errno.EINVAL, path + " is no link");
    }
}
