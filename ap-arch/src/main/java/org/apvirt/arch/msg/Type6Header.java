// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * Header of a request to a coprocessor, message type 6. The CPRB with its parameter block follows at offset1, data, if
 * any, at offset2.
 * <pre>
 *  offset length field
 *   0x00    1    0
 *   0x01    1    type 0x06
 *   0x04    4    right
 *   0x0c    4    apfs
 *   0x10    4    offset1: of the CPRB, 0x58
 *   0x14    4    offset2: of the data, 0 if there is none
 *   0x18    8    offset3, offset4: 0
 *   0x20   16    agent: CA or XC in the first two bytes
 *   0x30    2    request id
 *   0x34    2    function code
 *   0x38   16    tocardlen1..4: bytes of CPRB with parameters, of data, 0, 0
 *   0x48   16    fromcardlen1..4: room for each in the reply
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype6.h}, {@code struct type6_hdr}.
 */
public final class Type6Header extends MessageBlock {
    /** Message type. */
    public static final int TYPE = 0x06;
    /** Length in bytes. */
    public static final int LENGTH = 0x58;

    private Type6Header(byte[] storage) {
        super(storage, 0, LENGTH);
    }

    /**
     * Views the header of a message.
     *
     * @throws IndexOutOfBoundsException if the message is shorter
     */
    public static Type6Header at(byte[] message) {
        return new Type6Header(message);
    }

    /** Writes type, agent, function code and the offset of the CPRB into a message. */
    public static Type6Header init(byte[] message, int agent, int functionCode) {
        Type6Header header = new Type6Header(message);
        header.u8(ErrorReply.TYPE_OFFSET, TYPE);
        header.i32(0x10, LENGTH);
        header.u16(0x20, agent);
        header.u16(0x34, functionCode);
        return header;
    }

    /** Returns the message type as stored. */
    public int type() {
        return u8(ErrorReply.TYPE_OFFSET);
    }

    /** Returns the offset of the CPRB. */
    public int offset1() {
        return i32(0x10);
    }

    /** Returns the offset of the data, 0 if there is none. */
    public int offset2() {
        return i32(0x14);
    }

    /** Stores the offset of the data. */
    public Type6Header offset2(int offset) {
        i32(0x14, offset);
        return this;
    }

    /** Returns the agent. */
    public int agent() {
        return u16(0x20);
    }

    /** Stores the request id. */
    public Type6Header requestId(int id) {
        u16(0x30, id);
        return this;
    }

    /** Returns the bytes of a part of the request: 1 CPRB with parameters, 2 data. */
    public int toCardLength(int part) {
        return i32(0x38 + 4 * (part - 1));
    }

    /** Stores the bytes of a part of the request, 1..4. */
    public Type6Header toCardLength(int part, int length) {
        i32(0x38 + 4 * (part - 1), length);
        return this;
    }

    /** Returns the room for a part of the reply, 1..4. */
    public int fromCardLength(int part) {
        return i32(0x48 + 4 * (part - 1));
    }

    /** Stores the room for a part of the reply, 1..4. */
    public Type6Header fromCardLength(int part, int length) {
        i32(0x48 + 4 * (part - 1), length);
        return this;
    }
}
