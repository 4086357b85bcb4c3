// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Parameter block of an RSA request to a CCA card.
 * <pre>
 *  offset length field
 *   0x00    2    function code PK (modulus and exponent) or PD (CRT)
 *   0x02    2    length of the rule with this field, 10
 *   0x04    8    rule: MRP or ZERO-PAD, blanks at the end
 *   0x0c    2    length of the data with this field
 *   0x0e         data
 *           2    length of the key block with this field
 *           2    that less 2
 *           2    flags
 *                {@link RsaKeyToken}
 * </pre>
 * The reply's block has function code and a rule length of 2, then data in the same form, then a key-block length of 2.
 * Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype6.c}, {@code icamex_msg_to_type6mex_msgx},
 * {@code icacrt_msg_to_type6crt_msgx}; {@code zcrypt_cca_key.h}.
 *
 * @param functionCode PK or PD
 * @param data what the operation is applied to
 * @param key the key
 */
public record CcaRsaBlock(int functionCode, byte[] data, RsaKeyToken key) {
    private static final int RULE_LENGTH = 10;
    private static final int DATA_OFFSET = 0x0e;
    private static final int KEY_HEADER = 6;

    /** Returns the bytes of a request's block. */
    public static byte[] request(int functionCode, byte[] data, byte[] keyToken) {
        boolean crt = functionCode == FunctionCode.PRIVATE_KEY;
        int keyBlock = KEY_HEADER + keyToken.length;
        return ByteBuffer.allocate(DATA_OFFSET + data.length + keyBlock).putShort((short) functionCode)
                .putShort((short) RULE_LENGTH)
                .put((crt ? "ZERO-PAD" : "MRP     ").getBytes(StandardCharsets.US_ASCII))
                .putShort((short) (data.length + 2)).put(data).putShort((short) keyBlock)
                .putShort((short) (keyBlock - 2)).putShort((short) 0).put(keyToken).array();
    }

    /** Returns the bytes of a reply's block. */
    public static byte[] reply(int functionCode, byte[] result) {
        return ByteBuffer.allocate(8 + result.length).putShort((short) functionCode).putShort((short) 2)
                .putShort((short) (result.length + 2)).put(result).putShort((short) 2).array();
    }

    /** Reads a request's block; null if it is malformed. */
    public static @Nullable CcaRsaBlock parse(byte[] message, int offset, int length) {
        ByteBuffer in = ByteBuffer.wrap(message, offset, length).slice();
        if (length < DATA_OFFSET || (in.getShort(2) & 0xffff) != RULE_LENGTH) {
            return null;
        }
        int dataBytes = (in.getShort(0x0c) & 0xffff) - 2;
        int token = DATA_OFFSET + dataBytes + KEY_HEADER;
        if (dataBytes < 0 || token > length) {
            return null;
        }
        RsaKeyToken key = RsaKeyToken.parse(message, offset + token, length - token);
        int dataStart = offset + DATA_OFFSET;
        return key == null
                ? null
                : new CcaRsaBlock(in.getShort(0) & 0xffff,
                        Arrays.copyOfRange(message, dataStart, dataStart + dataBytes),
                        key);
    }
}
