// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

import org.apvirt.machine.InputFile;
import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads a tree out of a tar: that of version 7, POSIX ustar and pax, and GNU's with its long names, sparse files and numbers of base 256,
 * compressed by gzip or not. Programs that collect data for a service organisation pack {@code /sys} on its own as {@code
 * sysfs.tgz} into their tar; that is looked into. Source: POSIX {@code pax}, "ustar Interchange Format"; GNU tar, "Basic Tar
 * Format"; s390-tools {@code dbginfo.sh}.
 */
final class TarReader {
    private static final int BLOCK = 512;
    private static final int SUM = 0x94;
    private static final int MAGIC = 0x101;
    private static final int GNU_PIECES = 0x182; // of a sparse file: four pairs of offset and length
    private static final int GNU_MORE_PIECES = 0x1e2;
    private static final int LONGEST_NAME = 1 << 16;
    private static final String NESTED = "sysfs.tgz";

    private final SysTree tree;
    private final InputStream in;
    private final boolean nested;

    private TarReader(SysTree tree, InputStream in, boolean nested) {
        this.tree = tree;
        this.in = in;
        this.nested = nested;
    }

    /**
     * Reads a tree.
     *
     * @throws IOException it is no tar, or not a whole one
     */
    static SysTree read(InputStream from) throws IOException {
        SysTree tree = SysTree.empty();
        read(from, tree, false);
        return tree;
    }

    private static void read(InputStream from, SysTree tree, boolean nested) throws IOException {
        InputStream in = new BufferedInputStream(from);
        in.mark(4);
        byte[] magic = in.readNBytes(4);
        in.reset();
        String begin = new String(magic, StandardCharsets.ISO_8859_1);
        String packer = begin.startsWith("\u00fd7zX")
                ? "xz"
                : begin.startsWith("(\u00b5/\u00fd") ? "zstd" : begin.startsWith("BZh") ? "bzip2" : null;
        if (packer != null) {
            throw new IOException("is compressed by " + packer + "; unpack it, or compress it with gzip");
        }
        try {
            new TarReader(tree, begin.startsWith("\u001f\u008b") ? new GZIPInputStream(in) : in, nested).run();
        } catch (EOFException e) {
            throw new IOException("is cut off: the tar ends before its end", e);
        } catch (ZipException e) {
            throw new IOException("is no whole gzip file: " + e.getMessage(), e);
        }
    }

    /** What the headers before that of a file say of it. */
    private static final class Extended {
        private @Nullable String name;
        private @Nullable String target;
        private long size = -1;
    }

    private void run() throws IOException {
        Extended extended = new Extended();
        for (byte[] block = block(); block[0] != 0; block = block()) {
            if (!sumIsRight(block)) {
                throw new IOException("is no tar (no header where one belongs)");
            }
            long size = extended.size >= 0 ? extended.size : number(block, 0x7c);
            char type = (char) block[0x9c];
            switch (type) {
                case 'L' -> extended.name = text(name(size));
                case 'K' -> extended.target = text(name(size));
                case 'x' -> pax(name(size), extended);
                case 'g' -> skip(size);
                default -> {
                    String prefix = text(block, MAGIC, 6).equals("ustar") ? text(block, 0x159, 155) : "";
                    String name = extended.name != null
                            ? extended.name
                            : (prefix.isEmpty() ? "" : prefix + '/') + text(block, 0, 100);
                    String target = extended.target != null ? extended.target : text(block, 0x9d, 100);
                    entry(name, type, block, target, size);
                    extended = new Extended();
                }
            }
        }
    }

    private byte[] block() throws IOException {
        byte[] block = in.readNBytes(BLOCK);
        if (block.length < BLOCK) {
            throw new EOFException();
        }
        return block;
    }

    private void entry(String name, char type, byte[] header, String target, long size) throws IOException {
        if (!nested && type == '0' && name.substring(name.lastIndexOf('/') + 1).equals(NESTED)) {
            read(new ByteArrayInputStream(in.readNBytes(Math.toIntExact(Math.min(size, Integer.MAX_VALUE - BLOCK)))),
                    tree, true);
            skipFrom(size);
            return;
        }
        String path = TreePath.of(type == '0' || type == '\0' || !name.endsWith("/")
                ? name
                : name.substring(0, name.length() - 1));
        Entry entry = null;
        switch (type) {
            case '5' -> entry = new Directory();
            case '2' -> entry = new Link(target);
            case '0', '\0', '7', 'S' -> {
                boolean sparse = type == 'S';
                long real = sparse ? number(header, 0x1e3) : size;
                if (path != null && real <= InputFile.LONGEST_ATTRIBUTE && size <= InputFile.LONGEST_ATTRIBUTE) {
                    byte[] content = sparse ? sparse(header, (int) size, (int) real) : padded((int) size);
                    int mode = (int) number(header, 0x64, 8) & 0777;
                    entry = new Attribute(mode, (mode & 0444) == 0 ? null : SysTree.text(content));
                    size = 0;
                }
            }
            case '1' -> {
                String other = TreePath.of(target);
                entry = other == null ? null : tree.entries().get(other);
            }
            default -> {
                // a device, a pipe: no part of a /sys
            }
        }
        skip(size);
        if (path != null && entry != null) {
            tree.directories(path);
            tree.entries().put(path, entry);
        }
    }

    /** Reads a sparse file of GNU: the pieces that are not zeros, in blocks behind a list of where they belong. */
    private byte[] sparse(byte[] header, int size, int real) throws IOException {
        byte[] list = header;
        int pieces = 4;
        int at = GNU_PIECES;
        byte[] whole = new byte[real];
        StringBuilder ranges = new StringBuilder();
        boolean more = header[GNU_MORE_PIECES] != 0;
        while (true) {
            for (int i = 0; i < pieces; i++, at += 24) {
                long offset = number(list, at);
                long length = number(list, at + 12);
                if (offset + length > real) {
                    throw new IOException("is no tar (a sparse file is longer than it says)");
                }
                if (length > 0) {
                    ranges.append(offset).append(' ').append(length).append(' ');
                }
            }
            if (!more) {
                break;
            }
            list = block();
            pieces = 21;
            at = 0;
            more = list[pieces * 24] != 0;
        }
        byte[] content = padded(size);
        int from = 0;
        String[] words = ranges.toString().split(" ");
        for (int i = 0; i + 1 < words.length; i += 2) {
            int length = Integer.parseInt(words[i + 1]);
            if (from + length > content.length) {
                throw new IOException("is no tar (a sparse file is shorter than it says)");
            }
            System.arraycopy(content, from, whole, Integer.parseInt(words[i]), length);
            from += length;
        }
        return whole;
    }

    private byte[] name(long size) throws IOException {
        if (size > LONGEST_NAME) {
            throw new IOException("is no tar (a name of " + size + " bytes)");
        }
        return padded((int) size);
    }

    private byte[] padded(int size) throws IOException {
        byte[] content = in.readNBytes(size);
        if (content.length < size) {
            throw new EOFException();
        }
        skipFrom(size);
        return content;
    }

    private void skip(long size) throws IOException {
        in.skipNBytes(size);
        skipFrom(size);
    }

    /** Skips what fills the last block of a file. */
    private void skipFrom(long size) throws IOException {
        in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
    }

    private static void pax(byte[] records, Extended extended) throws IOException {
        int at = 0;
        while (at < records.length) {
            int blank = at;
            while (blank < records.length && records[blank] >= '0' && records[blank] <= '9') {
                blank++;
            }
            String digits = new String(records, at, blank - at, StandardCharsets.ISO_8859_1);
            int end = digits.matches("[0-9]{1,6}") ? at + Integer.parseInt(digits) : -1;
            if (end <= blank + 1 || end > records.length) {
                throw new IOException("is no tar (a record of pax without its length)");
            }
            String record = new String(records, blank + 1, end - blank - 2, StandardCharsets.UTF_8);
            String value = record.substring(record.indexOf('=') + 1);
            switch (record.substring(0, Math.max(0, record.indexOf('=')))) {
                case "path" -> extended.name = value;
                case "linkpath" -> extended.target = value;
                case "size" -> extended.size = value.matches("[0-9]{1,18}") ? Long.parseLong(value) : -1;
                case "GNU.sparse.major", "GNU.sparse.size" ->
                    throw new IOException("has a sparse file in the form of pax; pack it without --sparse");
                default -> {
                    // times, owners
                }
            }
            at = end;
        }
    }

    private static boolean sumIsRight(byte[] block) throws IOException {
        int bytes = 0;
        int signed = 0;
        for (int i = 0; i < BLOCK; i++) {
            byte each = i >= SUM && i < SUM + 8 ? (byte) ' ' : block[i];
            bytes += each & 0xff;
            signed += each; // some old programs
        }
        String text = text(block, SUM, 8).strip();
        return text.matches("[0-7]{1,8}")
                && (Integer.parseInt(text, 8) == bytes || Integer.parseInt(text, 8) == signed);
    }

    private static String text(byte[] bytes) {
        return text(bytes, 0, bytes.length);
    }

    private static String text(byte[] block, int offset, int length) {
        int end = offset;
        while (end < offset + length && block[end] != 0) {
            end++;
        }
        return new String(block, offset, end - offset, StandardCharsets.ISO_8859_1);
    }

    private static long number(byte[] block, int offset) throws IOException {
        return number(block, offset, 12);
    }

    /** Returns a number: octal digits, or with the first bit set its bytes. */
    private static long number(byte[] block, int offset, int length) throws IOException {
        if ((block[offset] & 0x80) != 0) {
            long number = 0;
            for (byte each : Arrays.copyOfRange(block, offset + length - 8, offset + length)) {
                number = number << 8 | each & 0xff;
            }
            if (number < 0) {
                throw new IOException("is no tar (a number below zero)");
            }
            return number;
        }
        String text = text(block, offset, length).strip();
        if (!text.matches("[0-7]{0,12}")) {
            throw new IOException("is no tar ('" + text + "' is no octal number)");
        }
        return text.isEmpty() ? 0 : Long.parseLong(text, 8);
    }
}
