// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A secure key of type AES CIPHER, or the skeleton that one is made from.
 * <pre>
 *   0  01   2 length   4 05: version   8 state: 0 none, 2 incomplete, 3 under the master key
 *   9  01: kind of pattern   10 pattern of the master key (16, of which 8 are compared)
 *  26  02: wrapping   27 02: hash   28 payload version, 0 or 1
 *  30  01   32 26: length of what follows   34, 35, 36 lengths of label and further data: 0
 *  38  bits of the payload   41 02: AES   42 0001: cipher key   44 02: usage fields   45, 47 usage 1, 2
 *  49  03: management fields   50, 52, 54 management 1, 2, 3
 *  56  payload
 * </pre>
 * With payload version 0 the payload is 64, 72 or 80 bytes long by the key's size, with version 1 always 80.
 * Source: Linux {@code zcrypt_ccamisc.h}, {@code struct cipherkeytoken}; {@code zcrypt_ccamisc.c},
 * {@code cca_gencipherkey}.
 */
public final class AesCipherToken {
    /** Length without payload. */
    public static final int HEADER = 56;
    /** State: parts are missing. */
    public static final int INCOMPLETE = 2;
    /** State: complete, under the master key. */
    public static final int COMPLETE = 3;
    /** Management 1: the key may be made a protected key. */
    public static final int CPACF_EXPORT = 0x0800;

    private static final int VERSION = 0x05;
    private static final int PATTERN_OFFSET = 10;
    private static final int PATTERN_LENGTH = 8;

    private final byte[] token;

    private AesCipherToken(byte[] token) {
        this.token = token;
    }

    /** Tells whether bytes begin as an internal token of this version. */
    public static boolean isKind(byte[] token) {
        return token.length >= 5 && token[0] == 1 && token[4] == VERSION;
    }

    /** Reads a token or skeleton; null if its kind or a length is not as drawn. The bytes are copied. */
    public static @Nullable AesCipherToken parse(byte[] token) {
        if (token.length < HEADER || !isKind(token)) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(token);
        int payload = token.length - HEADER;
        boolean lengths = (in.getShort(2) & 0xffff) == token.length && (in.getShort(38) & 0xffff) == 8 * payload
                && in.getShort(34) == 0 && token[36] == 0 && token[41] == 2;
        boolean sizes = token[28] == 0
                ? payload == 0 || payload == 64 || payload == 72 || payload == 80
                : token[28] == 1 && (payload == 0 || payload == 80);
        return lengths && sizes ? new AesCipherToken(token.clone()) : null;
    }

    /** Returns the skeleton that a key for ciphering and for export to the CPU is made from. */
    public static byte[] skeleton(int generationFlags) {
        ByteBuffer out = ByteBuffer.allocate(HEADER).put(0, (byte) 1).putShort(2, (short) HEADER)
                .put(4, (byte) VERSION).put(30, (byte) 1).putShort(32, (short) 0x1a).put(41, (byte) 2)
                .putShort(42, (short) 1).put(44, (byte) 2).putShort(45, (short) 0xc000).putShort(47, (short) 0xff00)
                .put(49, (byte) 3).putShort(50, (short) 0x08c8);
        int management = (0x08c8 | generationFlags & 0xff00) & ~(generationFlags & 0x00ff);
        return out.putShort(50, (short) management).array();
    }

    /** Returns the bytes that a payload for a key of so many bits has. */
    public int payloadLength(int keyBits) {
        return token[28] == 1 ? 80 : 48 + keyBits / 8;
    }

    /** Returns a copy with another state, pattern and an empty payload of this length. */
    public AesCipherToken with(int state, byte[] pattern, int payloadLength) {
        byte[] copy = Arrays.copyOf(Arrays.copyOf(token, HEADER), HEADER + payloadLength);
        ByteBuffer.wrap(copy).putShort(2, (short) copy.length).put(8, (byte) state).put(9, (byte) 1)
                .put(26, (byte) 2).put(27, (byte) 2).putShort(38, (short) (8 * payloadLength))
                .put(PATTERN_OFFSET, pattern, 0, PATTERN_LENGTH);
        return new AesCipherToken(copy);
    }

    /** Stores the payload. */
    public AesCipherToken payload(byte[] payload) {
        System.arraycopy(payload, 0, token, HEADER, payload.length);
        return this;
    }

    /** Returns the payload. */
    public byte[] payload() {
        return Arrays.copyOfRange(token, HEADER, token.length);
    }

    /** Returns everything before the payload: what the payload is bound to. */
    public byte[] header() {
        return Arrays.copyOf(token, HEADER);
    }

    /** Returns the state. */
    public int state() {
        return token[8] & 0xff;
    }

    /** Returns the first part of the master key's pattern, 8 bytes. */
    public byte[] pattern() {
        return Arrays.copyOfRange(token, PATTERN_OFFSET, PATTERN_OFFSET + PATTERN_LENGTH);
    }

    /** Tells whether the key may be made a protected key. */
    public boolean mayBeExported() {
        return (ByteBuffer.wrap(token).getShort(50) & CPACF_EXPORT) != 0;
    }

    /** Returns a copy of the bytes. */
    public byte[] toBytes() {
        return token.clone();
    }
}
