// SPDX-License-Identifier: Apache-2.0
package org.apvirt.tree;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apvirt.machine.InputFile;
import org.apvirt.tree.SysTree.Attribute;
import org.apvirt.tree.SysTree.Directory;
import org.apvirt.tree.SysTree.Entry;
import org.apvirt.tree.SysTree.Link;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads a tree out of a tar of whatever kind, compressed by gzip or not. Programs that collect data for a service organisation pack
 * {@code /sys} on its own as {@code sysfs.tgz} into their tar; that is looked into. Source: s390-tools {@code dbginfo.sh}.
 */
final class TarReader {
    private static final String NESTED = "sysfs.tgz";

    private final SysTree tree;
    private final EndWatch whole;
    private final TarArchiveInputStream tar;

    private TarReader(SysTree tree, EndWatch whole, TarArchiveInputStream tar) {
        this.tree = tree;
        this.whole = whole;
        this.tar = tar;
    }

    /**
     * Reads a tree.
     *
     * @throws IOException it is no tar, or not a whole one
     */
    static SysTree read(InputStream from) throws IOException {
        SysTree tree = SysTree.empty();
        read(from, tree, true);
        return tree;
    }

    private static void read(InputStream from, SysTree tree, boolean looksInto) throws IOException {
        InputStream in = new BufferedInputStream(from);
        in.mark(4);
        String begin = new String(in.readNBytes(4), StandardCharsets.ISO_8859_1);
        in.reset();
        String packer = begin.startsWith("\u00fd7zX")
                ? "xz"
                : begin.startsWith("(\u00b5/\u00fd") ? "zstd" : begin.startsWith("BZh") ? "bzip2" : null;
        if (packer != null) {
            throw new IOException("is compressed by " + packer + "; unpack it, or compress it with gzip");
        }
        try (EndWatch whole = new EndWatch(begin.startsWith("\u001f\u008b") ? new GZIPInputStream(in) : in);
                TarArchiveInputStream tar = new TarArchiveInputStream(whole, StandardCharsets.ISO_8859_1.name())) {
            new TarReader(tree, whole, tar).entries(looksInto);
        } catch (EOFException e) {
            throw new IOException("is cut off: the tar ends before its end", e);
        } catch (ZipException e) {
            throw new IOException("is no whole gzip file: " + e.getMessage(), e);
        }
    }

    private void entries(boolean looksInto) throws IOException {
        for (TarArchiveEntry header = next(); header != null; header = next()) {
            String name = header.getName();
            if (looksInto && header.isFile() && name.substring(name.lastIndexOf('/') + 1).equals(NESTED)) {
                read(new ByteArrayInputStream(content()), tree, false);
                continue;
            }
            String path = TreePath.of(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
            Entry entry = path == null ? null : entry(header);
            if (path != null && entry != null) {
                tree.directories(path);
                tree.entries().put(path, entry);
            }
        }
        if (whole.isCutOff()) {
            throw new EOFException();
        }
    }

    private @Nullable TarArchiveEntry next() throws IOException {
        try {
            TarArchiveEntry header = tar.getNextEntry();
            if (header != null && !header.isCheckSumOK()) {
                throw new IOException("its sum is wrong");
            }
            return header;
        } catch (IOException | IllegalArgumentException e) {
            throw because(e, "no header where one belongs");
        }
    }

    private byte[] content() throws IOException {
        try {
            return tar.readAllBytes();
        } catch (IOException e) {
            throw because(e, e.getMessage());
        }
    }

    private IOException because(Exception e, @Nullable String reason) throws IOException {
        if (e instanceof ZipException broken) {
            return broken;
        }
        if (e instanceof EOFException || whole.isCutOff()) {
            return new EOFException();
        }
        return new IOException("is no tar (" + reason + ")", e);
    }

    private @Nullable Entry entry(TarArchiveEntry header) throws IOException {
        if (header.isDirectory()) {
            return new Directory();
        }
        if (header.isSymbolicLink()) {
            return new Link(header.getLinkName());
        }
        if (header.isLink()) {
            String other = TreePath.of(header.getLinkName());
            return other == null ? null : tree.entries().get(other);
        }
        if (!header.isFile() || header.getRealSize() > InputFile.LONGEST_ATTRIBUTE) {
            return null; // a device or a pipe is no part of a /sys
        }
        byte[] content = content();
        int mode = header.getMode() & 0777;
        return new Attribute(mode, (mode & 0444) == 0 ? null : SysTree.text(content));
    }
}
