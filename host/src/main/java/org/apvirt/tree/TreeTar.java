// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPInputStream;

import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;

/**
 * A tree as a tar: POSIX ustar is written, and read with the long names of GNU and of pax. The same tree is the same bytes.
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
    private static final int LONGEST = 1 << 24; // bytes of one file

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
     * @throws IOException it is no tar
     */
    public static SysTree read(InputStream from) throws IOException {
        InputStream in = new BufferedInputStream(from);
        in.mark(2);
        boolean compressed = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        in = compressed ? new GZIPInputStream(in) : in;
        SysTree tree = SysTree.empty();
        String longName = null;
        String longTarget = null;
        for (byte[] block = in.readNBytes(BLOCK); block.length == BLOCK && block[0] != 0; block = in
                .readNBytes(BLOCK)) {
            if (!text(block, 0x101, 5).equals("ustar")) {
                throw new IOException("is no tar (no header where one belongs)");
            }
            String prefix = text(block, PREFIX_OFFSET, PREFIX);
            String name = longName != null ? longName : (prefix.isEmpty() ? "" : prefix + '/') + text(block, 0, NAME);
            String target = longTarget != null ? longTarget : text(block, 0x9d, NAME);
            byte[] content = content(in, octal(block, 0x7c, 12));
            char type = (char) block[0x9c];
            longName = null;
            longTarget = null;
            switch (type) {
                case 'L' -> longName = text(content, 0, content.length);
                case 'K' -> longTarget = text(content, 0, content.length);
                case 'x' -> {
                    longName = pax(content, "path");
                    longTarget = pax(content, "linkpath");
                }
                default -> add(tree, name, type, (int) octal(block, 0x64, 8), target, content);
            }
        }
        return tree;
    }

    private static void add(SysTree tree, String name, char type, int mode, String target, byte[] content) {
        String path = own(name);
        if (path == null) {
            return;
        }
        tree.directories(path);
        switch (type) {
            case '5' -> tree.entries().put(path, new Directory());
            case '2' -> tree.entries().put(path, new Link(target));
            case '0', '\0' -> tree.entries().put(path, new Attribute(mode & 0777,
                    (mode & 0444) == 0 ? null : new String(content, StandardCharsets.ISO_8859_1)));
            default -> {
                // a device, a pipe: no part of a /sys
            }
        }
    }

    private static @org.checkerframework.checker.nullness.qual.Nullable String own(String name) {
        String path = name.replaceAll("/+", "/").replaceAll("/$", "");
        for (String root : new String[]{"sys", "proc"}) {
            if (path.equals(root) || path.startsWith(root + '/')) {
                return path;
            }
            int at = path.indexOf('/' + root + '/');
            if (at >= 0) {
                return path.substring(at + 1);
            }
        }
        return null;
    }

    private static @org.checkerframework.checker.nullness.qual.Nullable String pax(byte[] content, String key) {
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n")) {
            int at = line.indexOf(' ' + key + '=');
            if (at > 0 && line.substring(0, at).matches("[0-9]+")) {
                return line.substring(at + key.length() + 2);
            }
        }
        return null;
    }

    private static byte[] content(InputStream in, long size) throws IOException {
        if (size > LONGEST) {
            throw new IOException("has a file of " + size + " bytes, more than " + LONGEST);
        }
        byte[] padded = in.readNBytes((int) ((size + BLOCK - 1) / BLOCK * BLOCK));
        if (padded.length < size) {
            throw new EOFException("ends in the midst of a file");
        }
        return Arrays.copyOf(padded, (int) size);
    }

    private static String text(byte[] block, int offset, int length) {
        int end = offset;
        while (end < offset + length && block[end] != 0) {
            end++;
        }
        return new String(block, offset, end - offset, StandardCharsets.ISO_8859_1);
    }

    private static long octal(byte[] block, int offset, int length) throws IOException {
        String text = text(block, offset, length).strip();
        if (!text.matches("[0-7]{0,11}")) {
            throw new IOException("is no tar ('" + text + "' is no octal number)");
        }
        return text.isEmpty() ? 0 : Long.parseLong(text, 8);
    }
}
