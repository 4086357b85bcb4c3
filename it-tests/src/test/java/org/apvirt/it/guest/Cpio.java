package org.apvirt.it.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** A cpio archive in the form that Linux takes as a part of its initramfs ("newc"). */
final class Cpio {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int inode = 0x10000;

    /** Adds a file. */
    void add(String name, byte[] content, int mode) {
        entry(name, content, 0100000 | mode);
    }

    private void entry(String name, byte[] content, int mode) {
        byte[] path = (name + "\0").getBytes(StandardCharsets.UTF_8);
        String header = String.format("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode++, mode, 0, 0,
                1, 0, content.length, 0, 0, 0, 0, path.length, 0);
        out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(path);
        pad();
        out.writeBytes(content);
        pad();
    }

    private void pad() {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }

    /** Returns the finished archive, compressed: it can be appended to another. */
    byte[] compressed() throws IOException {
        entry("TRAILER!!!", new byte[0], 0);
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            out.writeTo(gzip);
        }
        return zipped.toByteArray();
    }
}
