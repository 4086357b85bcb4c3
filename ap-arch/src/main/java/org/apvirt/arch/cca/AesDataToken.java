// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A secure key of type AES DATA: 64 bytes, the key enciphered under a domain's AES master key.
 * <pre>
 *   0  01: internal          4  04: version       6  flags: 80 enciphered, 40 control vector
 *   7  exclusive or of the clear key's bytes
 *   8  pattern of the master key (8)
 *  16  enciphered key (32)
 *  48  control vector (8), zero
 *  56  bits of the key, 128, 192 or 256
 *  58  32: bytes of the enciphered key
 *  60  token validation value: sum of the words before it
 * </pre>
 * Source: Linux {@code zcrypt_ccamisc.h}, {@code struct secaeskeytoken}; IBM CCA, "AES internal fixed-length key token",
 * "Token validation value".
 *
 * @param checksum exclusive or of the clear key's bytes
 * @param pattern pattern of the master key, 8 bytes
 * @param enciphered the key enciphered, 32 bytes
 * @param bits length of the key in bits
 */
public record AesDataToken(int checksum, byte[] pattern, byte[] enciphered, int bits) {
    /** Length in bytes. */
    public static final int LENGTH = 64;
    /** Length of the enciphered key. */
    public static final int KEY_LENGTH = 32;

    private static final int INTERNAL = 0x01;
    private static final int VERSION = 0x04;
    private static final int ENCIPHERED = 0x80;
    private static final int CONTROL_VECTOR = 0x40;
    private static final int TVV = 60;

    /** Returns the bytes, with their validation value. */
    public byte[] toBytes() {
        ByteBuffer token = ByteBuffer.allocate(LENGTH).put(0, (byte) INTERNAL).put(4, (byte) VERSION)
                .put(6, (byte) (ENCIPHERED | CONTROL_VECTOR)).put(7, (byte) checksum).put(8, pattern)
                .put(16, enciphered).putShort(56, (short) bits).putShort(58, (short) KEY_LENGTH);
        return token.putInt(TVV, validationValue(token.array())).array();
    }

    /** Returns the validation value that a token should have. */
    public static int validationValue(byte[] token) {
        int sum = 0;
        ByteBuffer words = ByteBuffer.wrap(token);
        for (int at = 0; at < TVV; at += 4) {
            sum += words.getInt(at);
        }
        return sum;
    }

    /** Tells whether bytes begin as an internal token of this version. */
    public static boolean isKind(byte[] token) {
        return token.length >= 5 && token[0] == INTERNAL && token[4] == VERSION;
    }

    /** Reads a token; null if its length, kind or sizes are not as drawn. The validation value is not looked at. */
    public static @Nullable AesDataToken parse(byte[] token) {
        if (token.length != LENGTH || !isKind(token) || (token[6] & ENCIPHERED) == 0) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(token);
        int bits = in.getShort(56) & 0xffff;
        return !isKeySize(bits) || in.getShort(58) != KEY_LENGTH
                ? null
                : new AesDataToken(token[7] & 0xff, Arrays.copyOfRange(token, 8, 16),
                        Arrays.copyOfRange(token, 16, 48), bits);
    }

    /** Tells whether a token's validation value is right. */
    public static boolean isValid(byte[] token) {
        return token.length == LENGTH && ByteBuffer.wrap(token).getInt(TVV) == validationValue(token);
    }

    /** Tells whether AES has keys of so many bits. */
    public static boolean isKeySize(int bits) {
        return bits == 128 || bits == 192 || bits == 256;
    }
}
