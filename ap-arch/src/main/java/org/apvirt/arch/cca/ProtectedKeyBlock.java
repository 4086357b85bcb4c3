// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The key block of a reply to US and AU: a key wrapped for the CPU.
 * <pre>
 *   0  version, 1; 2 with an ECC key     1  flags (2)     3  algorithm: 02 AES, 81 ECC     4  form     5  pad (3)
 *   8  length of the key: wrapped key and 32 bytes of pattern
 *  10  the key, in a field of 64 bytes or more
 *      then u16 34, attributes (32), pad (1), 01, pattern of the wrapping secret (32)
 * </pre>
 * Source: Linux {@code zcrypt_ccamisc.c}, the structures inside {@code cca_sec2protkey} and {@code cca_ecc2protkey}.
 *
 * @param version 1 or 2
 * @param algorithm {@link #AES} or {@link #ECC}
 * @param key wrapped key and pattern
 */
public record ProtectedKeyBlock(int version, int algorithm, byte[] key) {
    /** Algorithm: AES. */
    public static final int AES = 0x02;
    /** Algorithm: elliptic curves. */
    public static final int ECC = 0x81;
    /** Bytes of the pattern of the wrapping secret, at the end of the key. */
    public static final int PATTERN_LENGTH = 32;

    private static final int HEADER = 10;
    private static final int LEAST_KEY_FIELD = 64;
    private static final int TAIL = 68;

    /** Returns the bytes. */
    public byte[] toBytes() {
        int field = Math.max(LEAST_KEY_FIELD, key.length);
        ByteBuffer out = ByteBuffer.allocate(HEADER + field + TAIL).put(0, (byte) version)
                .put(3, (byte) algorithm).putShort(8, (short) key.length).put(HEADER, key)
                .putShort(HEADER + field, (short) 34).put(HEADER + field + 35, (byte) 1);
        return out.put(HEADER + field + 36, key, key.length - PATTERN_LENGTH, PATTERN_LENGTH).array();
    }

    /** Reads a block; null if its key is longer than the block. */
    public static @Nullable ProtectedKeyBlock parse(byte[] bytes) {
        if (bytes.length < HEADER) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int length = in.getShort(8) & 0xffff;
        return length > bytes.length - HEADER
                ? null
                : new ProtectedKeyBlock(bytes[0] & 0xff, bytes[3] & 0xff,
                        Arrays.copyOfRange(bytes, HEADER, HEADER + length));
    }
}
