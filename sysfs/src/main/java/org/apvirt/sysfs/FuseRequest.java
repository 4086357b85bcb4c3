// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A view of one request of the kernel's FUSE protocol, in the byte order of the buffer. It copies nothing.
 * <pre>
 *  offset  length  field of every request
 *     0       4    length of the request
 *     4       4    opcode
 *     8       8    unique, returned in the reply
 *    16       8    node id
 *    24       4    uid     28  4  gid     32  4  pid of the caller
 *    36       2    length of extensions   38  2  padding
 *    40            what the opcode needs
 * </pre>
 * Source: Linux {@code include/uapi/linux/fuse.h}.
 */
final class FuseRequest {
    /** Bytes of the part that every request has. */
    static final int HEADER_LENGTH = 40;

    static final int LOOKUP = 1;
    static final int FORGET = 2;
    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int READLINK = 5;
    static final int SYMLINK = 6;
    static final int MKNOD = 8;
    static final int MKDIR = 9;
    static final int UNLINK = 10;
    static final int RMDIR = 11;
    static final int RENAME = 12;
    static final int LINK = 13;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int FSYNC = 20;
    static final int INIT = 26;
    static final int OPENDIR = 27;
    static final int READDIR = 28;
    static final int RELEASEDIR = 29;
    static final int FSYNCDIR = 30;
    static final int CREATE = 35;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int BATCH_FORGET = 42;
    static final int RENAME2 = 45;

    /** SETATTR: the bits of {@link #setattrValid} that ask for another mode, uid or gid. */
    static final int SETATTR_OWNERSHIP = 7;
    /** SETATTR: the bit that asks for another size. */
    static final int SETATTR_SIZE = 8;

    private static final int OPCODE = 4;
    private static final int UNIQUE = 8;
    private static final int NODE_ID = 16;
    private static final int PID = 32;
    private static final int BODY = HEADER_LENGTH;
    private static final int READ_OFFSET = BODY + 8;
    private static final int READ_SIZE = BODY + 16;
    private static final int WRITE_DATA = BODY + 40;
    private static final int BATCH_FORGETS = BODY + 8;
    private static final int FORGET_ONE_LENGTH = 16;

    private final ByteBuffer buffer;

    FuseRequest(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    int length() {
        return buffer.getInt(0);
    }

    int opcode() {
        return buffer.getInt(OPCODE);
    }

    /** Tells whether the request is as long as its opcode and its own counts say, with no count or offset below 0. */
    boolean isWellFormed() {
        int body = length() - HEADER_LENGTH;
        return switch (opcode()) {
            case LOOKUP -> body > 0 && buffer.get(length() - 1) == 0;
            case FORGET, OPEN -> body >= 8;
            case BATCH_FORGET -> body >= 8 && fits(BATCH_FORGETS, buffer.getInt(BODY), FORGET_ONE_LENGTH);
            case INIT -> body >= 16;
            case SETATTR -> body >= 4;
            case READ, READDIR -> body >= 40 && size() >= 0 && offset() >= 0;
            case WRITE -> body >= 40 && fits(WRITE_DATA, size(), 1);
            case RELEASE, RELEASEDIR, INTERRUPT -> body >= 8;
            default -> true;
        };
    }

    private boolean fits(int start, int count, int each) {
        return count >= 0 && start + (long) count * each <= length();
    }

    long unique() {
        return buffer.getLong(UNIQUE);
    }

    long nodeId() {
        return buffer.getLong(NODE_ID);
    }

    /** Returns the thread that asks, 0 if it is in a PID namespace that the server does not see. */
    int pid() {
        return buffer.getInt(PID);
    }

    /** INTERRUPT: unique of the request whose program got a signal. */
    long interrupted() {
        return buffer.getLong(BODY);
    }

    /** LOOKUP: the name that ends with a zero byte. */
    String name() {
        int end = BODY;
        while (buffer.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - BODY];
        buffer.get(BODY, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** FORGET: how many lookups are taken back. */
    long forgotten() {
        return buffer.getLong(BODY);
    }

    /** BATCH_FORGET: hands node id and lookups taken back, in turn, to a consumer of pairs. */
    void forgottenEach(Forgotten each) {
        int count = buffer.getInt(BODY);
        for (int i = 0; i < count; i++) {
            int at = BATCH_FORGETS + i * FORGET_ONE_LENGTH;
            each.forget(buffer.getLong(at), buffer.getLong(at + 8));
        }
    }

    /** Takes one pair of BATCH_FORGET. */
    @FunctionalInterface
    interface Forgotten {
        void forget(long nodeId, long lookups);
    }

    /** INIT: the protocol's major number. */
    int initMajor() {
        return buffer.getInt(BODY);
    }

    /** INIT: the protocol's minor number. */
    int initMinor() {
        return buffer.getInt(BODY + 4);
    }

    /** INIT: the most bytes the kernel reads ahead. */
    int initMaxReadahead() {
        return buffer.getInt(BODY + 8);
    }

    /** INIT: what the kernel offers. */
    int initFlags() {
        return buffer.getInt(BODY + 12);
    }

    /** SETATTR: which attributes are to be set. */
    int setattrValid() {
        return buffer.getInt(BODY);
    }

    /** OPEN: the flags of open(2). */
    int openFlags() {
        return buffer.getInt(BODY);
    }

    /** READ, READDIR, WRITE, RELEASE and RELEASEDIR: the open file. */
    long handle() {
        return buffer.getLong(BODY);
    }

    /** READ, READDIR and WRITE: where, in bytes or as an entry gave it. */
    long offset() {
        return buffer.getLong(READ_OFFSET);
    }

    /** READ, READDIR and WRITE: bytes wanted or brought. */
    int size() {
        return buffer.getInt(READ_SIZE);
    }

    /** WRITE: the bytes, as a view. */
    ByteBuffer data() {
        return buffer.slice(WRITE_DATA, size());
    }
}
