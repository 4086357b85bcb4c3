// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.apvirt.device.Errno;

/**
 * Builds one reply of the kernel's FUSE protocol, in the byte order of the buffer.
 * <pre>
 *  offset  length  field of every reply
 *     0       4    length of the reply
 *     4       4    0, or the negative errno; then nothing follows
 *     8       8    unique of the request
 *    16            what the opcode needs
 * </pre>
 * Source: Linux {@code include/uapi/linux/fuse.h}.
 */
final class FuseReply {
    /** Bytes of the part that every reply has. */
    static final int HEADER_LENGTH = 16;

    /** The protocol version spoken here: {@value #MAJOR}.{@value #MINOR}. */
    static final int MAJOR = 7;
    /** The protocol version spoken here. */
    static final int MINOR = 31;
    /** INIT: lookups and listings of one directory need not wait for each other. */
    static final int INIT_PARALLEL_DIROPS = 1 << 18;
    /** OPEN: every read and write comes here, with the caller's sizes. */
    static final int OPEN_DIRECT_IO = 1;
    /** OPEN: writes to one file need not wait for each other. */
    static final int OPEN_PARALLEL_WRITES = 1 << 6;

    /** READDIR: the entry's id is not told; a lookup does. */
    static final long UNKNOWN_NODE = 0xffff_ffffL;

    private static final int NOTIFY_INVAL_ENTRY = 3;
    private static final int INIT_LENGTH = 64;
    private static final int DIRENT_NAME = 24;

    private final ByteBuffer buffer;

    FuseReply(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    /** Starts the reply to a request: success, as yet without a body. */
    void begin(long unique) {
        buffer.clear().putInt(0).putInt(0).putLong(unique);
    }

    /** Makes it a refusal. */
    void error(int errno) {
        buffer.putInt(4, -errno);
        buffer.position(HEADER_LENGTH);
    }

    void error(Errno errno) {
        error(errno.number());
    }

    /** Makes it a notification that an entry has gone: the kernel drops the name and all below it. */
    void forgetEntry(long parentId, String name) {
        buffer.putInt(4, NOTIFY_INVAL_ENTRY);
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        buffer.putLong(parentId).putInt(bytes.length).putInt(0).put(bytes).put((byte) 0);
    }

    /** Completes the reply and returns its length in bytes. */
    int finish() {
        int length = buffer.position();
        buffer.putInt(0, length);
        return length;
    }

    /** READ: where the bytes go, room for at most so many. */
    ByteBuffer room(int size) {
        return buffer.slice(HEADER_LENGTH, Math.min(size, buffer.capacity() - HEADER_LENGTH));
    }

    /** READ: so many bytes were put into {@link #room}. */
    void filled(int count) {
        buffer.position(HEADER_LENGTH + count);
    }

    /** INIT. */
    void init(int maxReadahead, int flags, int maxWrite) {
        int start = buffer.position();
        buffer.putInt(MAJOR).putInt(MINOR).putInt(maxReadahead).putInt(flags);
        buffer.putShort((short) 0).putShort((short) 0); // background requests: the kernel's defaults
        buffer.putInt(maxWrite);
        buffer.putInt(1); // times in nanoseconds
        while (buffer.position() < start + INIT_LENGTH) {
            buffer.put((byte) 0);
        }
    }

    /** INIT: only the version, for a kernel of a newer major number, which then asks again. */
    void version() {
        buffer.putInt(MAJOR).putInt(MINOR);
    }

    /** LOOKUP. @param entrySeconds how long the name may be kept. @param attributeSeconds how long the attributes may */
    void entry(FuseAttributes attributes, long entrySeconds, long attributeSeconds) {
        buffer.putLong(attributes.nodeId()).putLong(0).putLong(entrySeconds).putLong(attributeSeconds).putInt(0)
                .putInt(0);
        attributes.put(buffer);
    }

    /** GETATTR and SETATTR. */
    void attributes(FuseAttributes attributes, long attributeSeconds) {
        buffer.putLong(attributeSeconds).putInt(0).putInt(0);
        attributes.put(buffer);
    }

    /** OPEN and OPENDIR. */
    void opened(long handle, int flags) {
        buffer.putLong(handle).putInt(flags).putInt(0);
    }

    /** WRITE: the bytes taken. */
    void written(int count) {
        buffer.putInt(count).putInt(0);
    }

    /** READLINK. */
    void target(String target) {
        buffer.put(target.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** STATFS: no blocks, and names of at most so many bytes. */
    void statfs(int blockSize, int nameMax) {
        for (int i = 0; i < 5; i++) {
            buffer.putLong(0); // blocks and files: all, free, available
        }
        buffer.putInt(blockSize).putInt(nameMax).putInt(blockSize).putInt(0);
        for (int i = 0; i < 6; i++) {
            buffer.putInt(0);
        }
    }

    /**
     * READDIR: adds an entry if it fits.
     *
     * @param limit bytes that the caller has room for
     * @param nextOffset where to go on after this entry
     * @param type file type as in the mode, shifted: {@code DT_DIR} and so on
     * @return whether it fitted
     */
    boolean directoryEntry(int limit, long nodeId, long nextOffset, int type, String name) {
        int length = DIRENT_NAME + name.length() + 7 & ~7;
        int end = buffer.position() + length;
        if (end - HEADER_LENGTH > limit || end > buffer.capacity()) {
            return false;
        }
        buffer.putLong(nodeId).putLong(nextOffset).putInt(name.length()).putInt(type);
        buffer.put(name.getBytes(StandardCharsets.ISO_8859_1));
        while (buffer.position() < end) {
            buffer.put((byte) 0);
        }
        return true;
    }
}
