// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * Header of a coprocessor's reply, message type 86.
 * <pre>
 *  offset length field
 *   0x00    1    0
 *   0x01    1    type 0x86
 *   0x02    1    format: 2, or 1 for an error of which only the first 8 bytes count
 *   0x04    1    reply code, 0 or one of {@link ErrorReply}
 *   0x0c    4    apfs
 *   0x10    4    count1: bytes of CPRB and parameters
 *   0x14    4    offset1: where they begin, 0x30
 *   0x18    4    count2: bytes of data
 *   0x1c    4    offset2: where they begin
 *   0x20   16    count3, offset3, count4, offset4
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype6.h}, {@code struct type86_hdr}, {@code struct type86_fmt2_ext}.
 */
public final class Type86Header extends MessageBlock {
    /** Message type. */
    public static final int TYPE = 0x86;
    /** Format of an error. */
    public static final int FORMAT_ERROR = 1;
    /** Format of an answer. */
    public static final int FORMAT_ANSWER = 2;
    /** Length in bytes. */
    public static final int LENGTH = 0x30;

    private Type86Header(byte[] storage) {
        super(storage, 0, LENGTH);
    }

    /**
     * Views the header of a reply.
     *
     * @throws IndexOutOfBoundsException if the reply is shorter
     */
    public static Type86Header at(byte[] reply) {
        return new Type86Header(reply);
    }

    /** Writes type, format and the place of the first part, which follows the header, into a reply. */
    public static Type86Header init(byte[] reply, int count1) {
        Type86Header header = new Type86Header(reply);
        header.u8(ErrorReply.TYPE_OFFSET, TYPE);
        header.u8(0x02, FORMAT_ANSWER);
        header.i32(0x10, count1);
        header.i32(0x14, LENGTH);
        return header;
    }

    /** Returns the format. */
    public int format() {
        return u8(0x02);
    }

    /** Returns the reply code, 0 if all is well. */
    public int replyCode() {
        return u8(ErrorReply.CODE_OFFSET);
    }

    /** Returns the apfs word. */
    public int apfs() {
        return i32(0x0c);
    }

    /** Returns the bytes of CPRB and parameters. */
    public int count1() {
        return i32(0x10);
    }

    /** Returns where CPRB and parameters begin. */
    public int offset1() {
        return i32(0x14);
    }

    /** Returns the bytes of data. */
    public int count2() {
        return i32(0x18);
    }

    /** Returns where the data begin. */
    public int offset2() {
        return i32(0x1c);
    }

    /** Stores place and length of the data. */
    public Type86Header data(int offset, int count) {
        i32(0x18, count);
        i32(0x1c, offset);
        return this;
    }
}
