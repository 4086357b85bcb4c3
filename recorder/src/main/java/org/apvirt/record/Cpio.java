// SPDX-License-Identifier: Apache-2.0
package org.apvirt.record;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A cpio archive in the one form that Linux takes as a part of an initramfs ("newc"). Several archives may follow each
 * other, each on a word boundary; a later file replaces an earlier one.
 * Source: Linux {@code Documentation/driver-api/early-userspace/buffer-format.rst}.
 */
final class Cpio {
    private static final int DIRECTORY = 0040755;
    private static final int FILE = 0100000;
    private static final int FIRST_INODE = 0x20000;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int inode = FIRST_INODE;

    /** Adds a directory; those above it must be there already. */
    Cpio directory(String name) {
        entry(name, new byte[0], DIRECTORY);
        return this;
    }

    /** Adds a file. */
    Cpio file(String name, byte[] content, int permissions) {
        entry(name, content, FILE | permissions);
        return this;
    }

    /** Ends the archive. */
    byte[] end() {
        entry("TRAILER!!!", new byte[0], 0);
        return bytes.toByteArray();
    }

    private void entry(String name, byte[] content, int mode) {
        byte[] path = (name + '\0').getBytes(StandardCharsets.UTF_8);
        // magic, inode, mode, uid, gid, links, time, size, device, device of a node, length of the name, check sum
        bytes.writeBytes(String.format("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode++, mode, 0,
                0, 1, 0, content.length, 0, 0, 0, 0, path.length, 0).getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(path);
        pad();
        bytes.writeBytes(content);
        pad();
    }

    private void pad() {
        bytes.writeBytes(new byte[-bytes.size() & 3]);
    }
}
