// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An attribute that a program has open, or a directory, which it may open for reading but cannot read. The text is taken when a read starts at offset 0 and kept for the reads that
 * follow; each write is one store, wherever the file offset is. Reads and writes of one open file follow each other,
 * two open files of one attribute do not wait for each other.
 *
 * <p>Source: Linux {@code fs/kernfs/file.c}, {@code struct kernfs_open_file}.
 */
public final class OpenAttribute {
    /** Who may open a directory finds out at the first read. */
    private static final SysfsFile DIRECTORY = new SysfsFile() {
        @Override
        public int mode() {
            return 0444;
        }

        @Override
        public String show() throws ErrnoException {
            throw new ErrnoException(Errno.EISDIR, "a directory is listed, not read");
        }

        @Override
        public void store(String text) throws ErrnoException {
            throw new ErrnoException(Errno.EISDIR, "a directory is not written");
        }
    };

    private final SysfsFile file;
    private final BooleanSupplier attached;
    private final Arrival arrival;
    private final ReentrantLock lock = new ReentrantLock();
    @GuardedBy("lock")
    private byte @Nullable [] text; // what show gave last

    /** What stands between a program and the attribute's own code. */
    @FunctionalInterface
    interface Arrival {
        /** Lets an access through, or refuses it. */
        void arrive(AttributeFault.Access access) throws ErrnoException;
    }

    private OpenAttribute(SysfsFile file, BooleanSupplier attached, Arrival arrival) {
        this.file = file;
        this.attached = attached;
        this.arrival = arrival;
    }

    /**
     * Opens an attribute or a directory.
     *
     * @param attached tells whether it is still in the tree; asked before each read and write
     * @param arrival asked then too, before the attribute's own code
     * @throws ErrnoException EACCES: the attribute's mode has no bit for what is wanted; this binds root too. EISDIR: a
     *     directory is to be written. ELOOP: a link, which the caller did not want to follow. ENXIO: a device node, which
     *     its driver opens
     */
    static OpenAttribute open(SysfsNode node, boolean reading, boolean writing, BooleanSupplier attached,
            Arrival arrival) throws ErrnoException {
        SysfsFile file = file(node, writing);
        if (reading && (file.mode() & 0444) == 0) {
            throw new ErrnoException(Errno.EACCES, "the attribute can only be written");
        }
        if (writing && (file.mode() & 0222) == 0) {
            throw new ErrnoException(Errno.EACCES, "the attribute can only be read");
        }
        return new OpenAttribute(file, attached, arrival);
    }

    /** Without a switch over types: the first in a program takes a tenth of a short command's time. */
    private static SysfsFile file(SysfsNode node, boolean writing) throws ErrnoException {
        if (node instanceof SysfsFile attribute) {
            return attribute;
        }
        if (node instanceof SysfsDirectory) {
            if (writing) {
                throw new ErrnoException(Errno.EISDIR, "a directory is not written");
            }
            return DIRECTORY;
        }
        throw node instanceof SysfsLink
                ? new ErrnoException(Errno.ELOOP, "the file is a symbolic link")
                : new ErrnoException(Errno.ENXIO, "a device node is opened through its kernel");
    }

    /**
     * Reads.
     *
     * @param offset where to start, in bytes
     * @param into takes as many bytes as it has room for
     * @return the bytes read, 0 at the end of the text
     * @throws ErrnoException ENODEV: the attribute has left the tree. Else what the attribute's show says
     */
    public int read(long offset, ByteBuffer into) throws ErrnoException {
        lock.lock();
        try {
            requireAttached();
            byte[] shown = text;
            if (shown == null || offset == 0) {
                arrival.arrive(AttributeFault.Access.READ);
                shown = file.show().getBytes(StandardCharsets.ISO_8859_1);
                text = shown;
            }
            if (offset >= shown.length) {
                return 0;
            }
            int count = Math.min(shown.length - (int) offset, into.remaining());
            into.put(shown, (int) offset, count);
            return count;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes: one store of what {@code from} holds, at most one page of it, or of as much as the file takes. Nothing to write is no store.
     *
     * @return the bytes taken
     * @throws ErrnoException ENODEV: the attribute has left the tree. Else what the attribute's store says; then nothing
     *     is taken
     */
    public int write(ByteBuffer from) throws ErrnoException {
        String stored = text(from);
        if (stored.isEmpty()) {
            return 0;
        }
        int taken;
        lock.lock();
        try {
            requireAttached();
            arrival.arrive(AttributeFault.Access.WRITE);
            taken = file.write(stored);
        } finally {
            lock.unlock();
        }
        from.position(from.position() + taken);
        return taken;
    }

    /** Returns the text of one store of what a buffer holds, which is not consumed. */
    public static String text(ByteBuffer from) {
        byte[] bytes = new byte[Math.min(from.remaining(), SysfsFile.PAGE)];
        from.get(from.position(), bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void requireAttached() throws ErrnoException {
        if (!attached.getAsBoolean()) {
            throw new ErrnoException(Errno.ENODEV, "the attribute has been removed");
        }
    }
}
