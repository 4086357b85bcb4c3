// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;

/**
 * An ECDSA signature as OpenSSL writes it: r and s in DER, {@code SEQUENCE { INTEGER r, INTEGER s }}. A card's reply has
 * both one after the other, each as long as a coordinate. Source: RFC 3279, section 2.2.3; ITU-T X.690.
 */
final class DerSignature {
    /** Bytes of the longest one: r and s of 66 bytes, each with a zero before it that makes it positive. */
    static final int LONGEST = 3 + 2 * (3 + 66);

    private static final byte SEQUENCE = 0x30;
    private static final byte INTEGER = 0x02;
    private static final int HEADER = 2; // of a number: what it is, and its length
    private static final byte LENGTH_IN_ONE_BYTE = (byte) 0x81; // the next one, 128 to 255

    private DerSignature() {}

    /**
     * Returns r and s of a signature.
     *
     * @param der made by OpenSSL; what follows it does not matter
     * @param bytes of each
     */
    static byte[] numbers(byte[] der, int bytes) {
        byte[] numbers = new byte[2 * bytes];
        int first = der[1] == LENGTH_IN_ONE_BYTE ? 3 : 2;
        int second = first + HEADER + der[first + 1];
        takeNumber(der, first, numbers, bytes);
        takeNumber(der, second, numbers, 2 * bytes);
        return numbers;
    }

    private static void takeNumber(byte[] from, int at, byte[] into, int end) {
        int length = from[at + 1];
        int sign = length > 1 && from[at + HEADER] == 0 ? 1 : 0;
        System.arraycopy(from, at + HEADER + sign, into, end - (length - sign), length - sign);
    }

    /**
     * Returns the signature of r and s.
     *
     * @param bytes of r; what follows is s
     */
    static byte[] of(byte[] numbers, int bytes) {
        byte[] content = new byte[2 * (3 + bytes)];
        ByteBuffer out = ByteBuffer.wrap(content);
        putNumber(out, numbers, 0, bytes);
        putNumber(out, numbers, bytes, numbers.length);
        int length = out.position();
        ByteBuffer der = ByteBuffer.allocate(length + (length < 0x80 ? 2 : 3)).put(SEQUENCE);
        if (length >= 0x80) {
            der.put(LENGTH_IN_ONE_BYTE);
        }
        return der.put((byte) length).put(content, 0, length).array();
    }

    private static void putNumber(ByteBuffer out, byte[] numbers, int start, int end) {
        int first = start;
        while (first < end - 1 && numbers[first] == 0) {
            first++;
        }
        boolean sign = numbers[first] < 0;
        out.put(INTEGER).put((byte) (end - first + (sign ? 1 : 0)));
        if (sign) {
            out.put((byte) 0);
        }
        out.put(numbers, first, end - first);
    }
}
