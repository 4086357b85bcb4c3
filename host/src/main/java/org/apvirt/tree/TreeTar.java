// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Map;

import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;

/**
 * A tree as a tar: POSIX ustar is written, the same tree as the same bytes; {@link TarReader} says what is read.
 *
 * <pre>
 *  offset length field                  offset length field
 *   0x000    100 name                    0x09c      1 type: 0 file, 2 link, 5 directory
 *   0x064      8 mode, octal             0x09d    100 target of a link
 *   0x07c     12 size, octal             0x101      8 "ustar", 0, "00"
 *   0x094      8 sum of all bytes        0x159    155 what comes before the name and a slash
 * </pre>
 */
public final class TreeTar {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final int PREFIX_OFFSET = 0x159;
    private static final int PREFIX = 155;

    private TreeTar() {}

    /** Writes a tree. */
    public static void write(SysTree tree, OutputStream out) throws IOException {
        for (Map.Entry<String, Entry> entry : tree.entries().entrySet()) {
            switch (entry.getValue()) {
                case Directory it -> header(out, entry.getKey() + '/', 0755, 0, '5', "");
                case Link link -> header(out, entry.getKey(), 0777, 0, '2', link.target());
                case Attribute file -> {
                    String text = file.text();
                    byte[] bytes = SysTree.bytes(text == null ? "" : text);
                    header(out, entry.getKey(), file.mode(), bytes.length, '0', "");
                    out.write(Arrays.copyOf(bytes, (bytes.length + BLOCK - 1) / BLOCK * BLOCK));
                }
            }
        }
        out.write(new byte[2 * BLOCK]);
        out.flush();
    }

    private static void header(OutputStream out, String path, int mode, int size, char type, String target)
            throws IOException {
        byte[] block = new byte[BLOCK];
        int slash = path.length() <= NAME ? -1 : path.indexOf('/', path.length() - NAME - 1);
        if (path.length() > NAME && (slash < 0 || slash > PREFIX) || target.length() > NAME) {
            throw new IOException(path + " is too long for a tar");
        }
        put(block, 0, path.substring(slash + 1));
        put(block, PREFIX_OFFSET, slash < 0 ? "" : path.substring(0, slash));
        put(block, 0x64, String.format("%07o", mode));
        put(block, 0x6c, "0000000");
        put(block, 0x74, "0000000");
        put(block, 0x7c, String.format("%011o", size));
        put(block, 0x88, "00000000000"); // no time: the same tree, the same bytes
        put(block, 0x94, "        ");
        put(block, 0x9c, String.valueOf(type));
        put(block, 0x9d, target);
        put(block, 0x101, "ustar");
        put(block, 0x107, "00");
        int sum = 0;
        for (byte each : block) {
            sum += each & 0xff;
        }
        put(block, 0x94, String.format("%06o\0 ", sum));
        out.write(block);
    }

    private static void put(byte[] block, int offset, String text) {
        byte[] bytes = SysTree.bytes(text);
        System.arraycopy(bytes, 0, block, offset, bytes.length);
    }

    /**
     * Reads a tree, compressed by gzip or not. Whatever comes before {@code sys/} and {@code proc/} in its paths is left out, and so
     * is everything else.
     *
     * @throws IOException it is no tar, or not a whole one
     */
    public static SysTree read(InputStream from) throws IOException {
        return TarReader.read(from);
    }
}
