// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A secure private key of an elliptic curve, enciphered under a domain's APKA master key.
 * <pre>
 *   0  1f: internal   2 length
 *   8  20: section   10 length of the section   12 01: wrapped by AES   13 02: hash
 *  16  usage and translation: 01 may be made a protected key   17 curve type   20 bits of the prime
 *  22  length of associated data   24 pattern of the master key (8)   32 object-protection key (48)
 *  80  length of associated data   82 length of the enciphered part   84 associated data, enciphered part
 * </pre>
 * Source: Linux {@code zcrypt_ccamisc.h}, {@code struct eccprivkeytoken}.
 *
 * @param exportable may be made a protected key
 * @param curve the curve
 * @param pattern pattern of the master key, 8 bytes
 * @param protection the object-protection key enciphered, 48 bytes
 * @param data the private key enciphered
 */
public record EcPrivateToken(boolean exportable, EcCurve curve, byte[] pattern, byte[] protection, byte[] data) {
    /** Length of the object-protection key enciphered. */
    public static final int PROTECTION_LENGTH = 48;

    private static final int INTERNAL = 0x1f;
    private static final int PRIVATE = 0x20;
    private static final int DATA = 84;

    /** Returns the bytes. */
    public byte[] toBytes() {
        ByteBuffer token = ByteBuffer.allocate(DATA + data.length);
        return token.put(0, (byte) INTERNAL).putShort(2, (short) token.capacity()).put(8, (byte) PRIVATE)
                .putShort(10, (short) (token.capacity() - 8)).put(12, (byte) 1).put(13, (byte) 2)
                .put(15, (byte) EcClearToken.USAGE_DERIVE).put(16, (byte) (exportable ? 1 : 0))
                .put(17, (byte) curve.type()).putShort(20, (short) curve.bits()).put(24, pattern).put(32, protection)
                .putShort(82, (short) data.length).put(DATA, data).array();
    }

    /** Tells whether bytes begin as an internal token of this kind. */
    public static boolean isKind(byte[] token) {
        return token.length > 8 && token[0] == INTERNAL && token[8] == PRIVATE;
    }

    /** Reads a token; null if a length, a section or the curve is not as drawn. */
    public static @Nullable EcPrivateToken parse(byte[] token) {
        if (token.length <= DATA || !isKind(token)) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(token);
        EcCurve curve = EcCurve.of(token[17], in.getShort(20) & 0xffff);
        int associated = in.getShort(80) & 0xffff;
        int start = DATA + associated;
        int length = in.getShort(82) & 0xffff;
        return curve == null || (in.getShort(2) & 0xffff) != token.length || token[12] != 1
                || start + length > token.length
                        ? null
                        : new EcPrivateToken((token[16] & 1) != 0, curve, Arrays.copyOfRange(token, 24, 32),
                                Arrays.copyOfRange(token, 32, DATA - 4),
                                Arrays.copyOfRange(token, start, start + length));
    }
}
