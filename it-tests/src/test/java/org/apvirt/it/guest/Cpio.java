// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** A cpio archive in the form that Linux takes as a part of its initramfs ("newc"). */
final class Cpio implements AutoCloseable {
    private static final int DIRECTORY = 0040000;
    private static final int FILE = 0100000;

    private final OutputStream out;
    private long position;
    private int inode = 0x10000;

    /** An archive that is written to a stream as it grows, and ends when it is closed. */
    Cpio(OutputStream out) {
        this.out = new BufferedOutputStream(out, 1 << 16);
    }

    /** A compressed archive of a few files, which can be appended to another. */
    static byte[] compressed(List<Entry> entries) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (Cpio archive = new Cpio(new GZIPOutputStream(zipped))) {
            for (Entry entry : entries) {
                archive.add(entry.name, entry.content, entry.mode);
            }
        }
        return zipped.toByteArray();
    }

    /** A file to be: its name without a leading slash, what is in it and its permissions. */
    record Entry(String name, byte[] content, int mode) {}

    /** Adds a file. */
    void add(String name, byte[] content, int mode) throws IOException {
        entry(name, content, FILE | mode);
    }

    /** Adds directories, each before what is in it. */
    void directories(String... names) throws IOException {
        for (String name : names) {
            entry(name, new byte[0], DIRECTORY | 0755);
        }
    }

    /** Adds a file or a directory with all that is in it; links are followed. */
    void tree(String name, Path file) throws IOException {
        if (!Files.isDirectory(file)) {
            add(name, Files.readAllBytes(file), Files.isExecutable(file) ? 0755 : 0644);
            return;
        }
        directories(name);
        try (Stream<Path> files = Files.list(file)) {
            for (Path each : files.sorted().toList()) {
                tree(name + "/" + each.getFileName(), each);
            }
        }
    }

    private void entry(String name, byte[] content, int mode) throws IOException {
        byte[] path = (name + "\0").getBytes(StandardCharsets.UTF_8);
        String header = String.format("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode++, mode, 0, 0,
                1, 0, content.length, 0, 0, 0, 0, path.length, 0);
        write(header.getBytes(StandardCharsets.US_ASCII));
        write(path);
        pad();
        write(content);
        pad();
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }

    private void pad() throws IOException {
        while (position % 4 != 0) {
            out.write(0);
            position++;
        }
    }

    @Override
    public void close() throws IOException {
        entry("TRAILER!!!", new byte[0], 0);
        out.close();
    }
}
