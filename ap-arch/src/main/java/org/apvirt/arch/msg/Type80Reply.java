// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * The reply of an accelerator, message type 80.
 * <pre>
 *  offset length field
 *   0x00    1    0
 *   0x01    1    type 0x80
 *   0x02    2    length of the message in bytes: 0x90, 0x110 or 0x210
 *   0x04    1    reply code 0
 *   0x05   11    0
 *   0x10         result, right-aligned at the end of the message
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype50.c}, {@code struct type80_hdr}.
 */
public final class Type80Reply {
    /** Message type. */
    public static final int TYPE = 0x80;
    /** Length of the header in bytes. */
    public static final int HEADER = 0x10;

    private Type80Reply() {}

    /**
     * Makes a reply.
     *
     * @param result the number, big-endian, with or without leading zeros
     * @param modulusBytes length of the result field: 128, 256 or 512
     */
    public static byte[] of(byte[] result, int modulusBytes) {
        byte[] reply = new byte[HEADER + modulusBytes];
        reply[ErrorReply.TYPE_OFFSET] = (byte) TYPE;
        reply[2] = (byte) (reply.length >> 8);
        reply[3] = (byte) reply.length;
        int length = Math.min(result.length, modulusBytes);
        System.arraycopy(result, result.length - length, reply, reply.length - length, length);
        return reply;
    }
}
