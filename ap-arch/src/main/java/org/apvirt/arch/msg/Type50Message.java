// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.util.Arrays;
import java.util.Objects;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An RSA request to an accelerator, message type 50.
 * <pre>
 *  offset length field
 *   0x00    1    0
 *   0x01    1    type 0x50
 *   0x02    2    length of the message in bytes
 *   0x04    1    0
 *   0x05    1    ignored
 *   0x06    2    0
 *   0x08    2    key-block type: which {@link Format}
 *   0x0a    6    0
 *   0x10         operands one after the other, each right-aligned in its field:
 *                modulus-exponent: exponent, modulus, message
 *                CRT: p, q, dp, dq, u (each half as long as the modulus), message
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype50.c}, {@code struct type50_hdr}, {@code struct type50_meb1_msg}
 * and its siblings.
 */
public final class Type50Message extends MessageBlock {
    /** Message type. */
    public static final int TYPE = 0x50;
    /** Offset of the key-block type. */
    public static final int KEY_BLOCK_OFFSET = 0x08;
    /** Offset of the first operand. */
    public static final int OPERANDS_OFFSET = 0x10;

    /** The six forms of the request. */
    public enum Format {
        /** Modulus and exponent of up to 1024 bits. */
        MEB1(0x0001, 128, false),
        /** Modulus and exponent of up to 2048 bits. */
        MEB2(0x0002, 256, false),
        /** Modulus and exponent of up to 4096 bits. */
        MEB3(0x0003, 512, false),
        /** CRT of up to 1024 bits. */
        CRB1(0x0011, 128, true),
        /** CRT of up to 2048 bits. */
        CRB2(0x0012, 256, true),
        /** CRT of up to 4096 bits. */
        CRB3(0x0013, 512, true);

        private final int keyBlockType;
        private final int modulusBytes;
        private final boolean crt;

        Format(int keyBlockType, int modulusBytes, boolean crt) {
            this.keyBlockType = keyBlockType;
            this.modulusBytes = modulusBytes;
            this.crt = crt;
        }

        /** Returns the key-block type. */
        public int keyBlockType() {
            return keyBlockType;
        }

        /** Returns the longest modulus in bytes. */
        public int modulusBytes() {
            return modulusBytes;
        }

        /** Tells whether the key is in CRT form. */
        public boolean crt() {
            return crt;
        }

        /** Returns the length of the message in bytes. */
        public int lengthBytes() {
            return OPERANDS_OFFSET + (crt ? 5 * modulusBytes / 2 : 2 * modulusBytes) + modulusBytes;
        }

        /** Returns the format of a key-block type, null if there is none. */
        public static @Nullable Format of(int keyBlockType) {
            for (Format format : values()) {
                if (format.keyBlockType == keyBlockType) {
                    return format;
                }
            }
            return null;
        }

        /** Returns the smallest format for a modulus, null if none is large enough. */
        public static @Nullable Format forModulus(int modulusBytes, boolean crt) {
            for (Format format : values()) {
                if (format.crt == crt && modulusBytes <= format.modulusBytes) {
                    return format;
                }
            }
            return null;
        }
    }

    /** An operand: its place among the fields of its kind of format. */
    public enum Operand {
        /** Modulus-exponent: the exponent. */
        EXPONENT(0),
        /** Modulus-exponent: the modulus. */
        MODULUS(1),
        /** CRT: the first prime. */
        P(0),
        /** CRT: the second prime. */
        Q(1),
        /** CRT: exponent modulo p - 1. */
        DP(2),
        /** CRT: exponent modulo q - 1. */
        DQ(3),
        /** CRT: inverse of q modulo p. */
        U(4),
        /** Both: what the operation is applied to. */
        MESSAGE(-1);

        private final int index;

        Operand(int index) {
            this.index = index;
        }

        /** Returns the length of the operand's field in bytes. */
        public int lengthBytes(Format format) {
            return format.crt && this != MESSAGE ? format.modulusBytes / 2 : format.modulusBytes;
        }

        /** Returns the offset of the operand's field. */
        public int offset(Format format) {
            int length = lengthBytes(format);
            return this == MESSAGE ? format.lengthBytes() - length : OPERANDS_OFFSET + index * length;
        }
    }

    private Type50Message(byte[] storage) {
        super(storage, 0, OPERANDS_OFFSET);
    }

    /**
     * Views a message.
     *
     * @throws IndexOutOfBoundsException if it is shorter than a header
     */
    public static Type50Message at(byte[] message) {
        return new Type50Message(message);
    }

    /** Makes a message of a format, all operands zero. */
    public static Type50Message create(Format format) {
        Type50Message message = new Type50Message(new byte[format.lengthBytes()]);
        message.u8(ErrorReply.TYPE_OFFSET, TYPE);
        message.u16(0x02, format.lengthBytes());
        message.u16(KEY_BLOCK_OFFSET, format.keyBlockType);
        return message;
    }

    /** Returns the message type as stored. */
    public int type() {
        return u8(ErrorReply.TYPE_OFFSET);
    }

    /** Returns the length as stored. */
    public int lengthBytes() {
        return u16(0x02);
    }

    /** Returns the format, null if the key-block type is unknown. */
    public @Nullable Format format() {
        return Format.of(u16(KEY_BLOCK_OFFSET));
    }

    /** Tells whether all fields that must be zero are zero. */
    public boolean reservedIsZero() {
        return u8(0) == 0 && u8(4) == 0 && u16(6) == 0 && u16(0x0a) == 0 && i32(0x0c) == 0;
    }

    /** Returns an operand: its field, zeros on the left included. */
    public byte[] bytes(Format format, Operand operand) {
        return bytes(operand.offset(format), operand.lengthBytes(format));
    }

    /**
     * Stores an operand, right-aligned; the rest of its field becomes zero.
     *
     * @throws IndexOutOfBoundsException if it is longer than its field
     */
    public Type50Message put(Format format, Operand operand, byte[] from, int offset, int length) {
        int field = operand.offset(format);
        int fieldLength = operand.lengthBytes(format);
        Objects.checkFromToIndex(0, length, fieldLength);
        Arrays.fill(storage(), field, field + fieldLength - length, (byte) 0);
        System.arraycopy(from, offset, storage(), field + fieldLength - length, length);
        return this;
    }
}
