// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

/**
 * The reply of a card that could not do what it was asked for: message type 82 or 88, and 87 from EP11 cards.
 * <pre>
 *  offset length field
 *   0x00    1    0
 *   0x01    1    type: 0x82, 0x87 or 0x88
 *   0x02    2    0
 *   0x04    1    reply code
 *   0x05    3    0
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_error.h}, {@code struct error_hdr}.
 */
public final class ErrorReply {
    /** Length in bytes. */
    public static final int LENGTH = 8;
    /** Offset of the type, in this and all other messages. */
    public static final int TYPE_OFFSET = 1;
    /** Offset of the reply code. */
    public static final int CODE_OFFSET = 4;

    /** Message type of most error replies. */
    public static final int TYPE82 = 0x82;
    /** Message type of some EP11 error replies. */
    public static final int TYPE87 = 0x87;
    /** Message type of an error that lies in the message's form. */
    public static final int TYPE88 = 0x88;

    /** The card or its queue failed. */
    public static final int MACHINE_FAILURE = 0x10;
    /** The card does not take this message type. */
    public static final int MESSAGE_TYPE = 0x20;
    /** The message is malformed. */
    public static final int MESSAGE_MALFORMED = 0x22;
    /** A length field of the message is wrong. */
    public static final int INVALID_MESSAGE_LENGTH = 0x23;
    /** A reserved field is not zero. */
    public static final int RESERVED_FIELD = 0x24;
    /** The format field, for type 50 the key-block type, is unknown. */
    public static final int FORMAT_FIELD = 0x29;
    /** The card does not know the command. */
    public static final int INVALID_COMMAND = 0x30;
    /** The message is not as long as it says. */
    public static final int MESSAGE_LENGTH = 0x80;
    /** An operand or key is not valid. */
    public static final int OPERAND_INVALID = 0x82;
    /** An operand is too large. */
    public static final int OPERAND_SIZE = 0x84;
    /** The modulus is even. */
    public static final int EVEN_MODULUS = 0x85;
    /** The message names a domain that is not configured. */
    public static final int INVALID_DOMAIN = 0x8a;
    /** The message names a domain that may not be controlled from here. */
    public static final int FILTERED_BY_HYPERVISOR = 0x8b;

    private ErrorReply() {}

    /** Returns the eight bytes of an error reply. */
    public static byte[] of(int type, int code) {
        byte[] reply = new byte[LENGTH];
        reply[TYPE_OFFSET] = (byte) type;
        reply[CODE_OFFSET] = (byte) code;
        return reply;
    }
}
