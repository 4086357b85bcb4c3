// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.ep11;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A key outside an EP11 card, wrapped by a domain's wrapping key.
 * <pre>
 *    0  session (32), zero: bound to none
 *   32  pattern of the wrapping key (16)
 *   48  attributes (8)     56  mode (8)     64  1234     66  vector (14)
 *   80  enciphered key (144)
 *  224  MAC (32)
 * </pre>
 * Source: Linux {@code zcrypt_ep11misc.h}, {@code struct ep11keyblob}.
 *
 * @param pattern pattern of the wrapping key, 16 bytes
 * @param attributes what may be done with the key
 * @param vector what the enciphering began with, 14 bytes
 * @param enciphered the key enciphered
 */
public record Ep11Blob(byte[] pattern, long attributes, byte[] vector, byte[] enciphered) {
    /** Length in bytes. */
    public static final int LENGTH = 256;
    /** Length of the enciphered key in bytes. */
    public static final int KEY_LENGTH = 144;
    /** What the MAC is over. */
    public static final int MAC_OFFSET = 224;
    /** Length of the vector in bytes. */
    public static final int VECTOR_LENGTH = 14;

    /** Attribute: may decipher. */
    public static final long DECRYPT = 0x400;
    /** Attribute: may encipher. */
    public static final long ENCRYPT = 0x800;
    /** Attribute: may unwrap other keys. */
    public static final long UNWRAP = 0x2000;
    /** Attribute: may encipher other keys. */
    public static final long WRAP = 0x4000;
    /** Attribute: may be made a protected key. */
    public static final long PROTECTED_EXTRACTABLE = 0x20_0000;

    private static final int MARK = 0x1234;

    /** Returns the bytes before the MAC. */
    public byte[] toBytesWithoutMac() {
        return ByteBuffer.allocate(MAC_OFFSET).put(32, pattern, 0, 16).putLong(48, attributes)
                .putShort(64, (short) MARK).put(66, vector).put(80, enciphered).array();
    }

    /** Reads a blob; null if its length or mark is not as drawn. The MAC is the card's to look at. */
    public static @Nullable Ep11Blob parse(byte[] blob) {
        if (blob.length != LENGTH) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(blob);
        return in.getShort(64) != MARK
                ? null
                : new Ep11Blob(Arrays.copyOfRange(blob, 32, 48), in.getLong(48), Arrays.copyOfRange(blob, 66, 80),
                        Arrays.copyOfRange(blob, 80, MAC_OFFSET));
    }

    /** Tells whether an attribute is set. */
    public boolean may(long attribute) {
        return (attributes & attribute) != 0;
    }
}
