// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;

/** Numbers as the fields of messages have them. */
final class RsaNumbers {
    private RsaNumbers() {}

    /** Returns a number in exactly so many bytes, big-endian. */
    static byte[] bytes(BigInteger number, int length) {
        byte[] field = new byte[length];
        for (int i = 0; i < length; i++) {
            field[length - 1 - i] = number.shiftRight(8 * i).byteValue();
        }
        return field;
    }

    static BigInteger number(byte[] bytes) {
        return new BigInteger(1, bytes);
    }
}
