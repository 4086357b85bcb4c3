// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Packets on their way out: {@code $body#checksum}, framed and summed up here. Several can wait and leave in one write.
 * Nothing is allocated once the buffer is large enough.
 */
final class RspWriter {
    private static final byte[] DIGITS = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e',
            'f'};

    private byte[] buffer = new byte[8192];
    private int length;
    private int body;

    /** Starts a packet. */
    RspWriter begin(String text) {
        room(1);
        buffer[length++] = '$';
        body = length;
        return text(text);
    }

    /** Adds characters of ASCII. */
    @SuppressWarnings("signedness:assignment") // of seven bits
    RspWriter text(String text) {
        room(text.length());
        for (int i = 0; i < text.length(); i++) {
            buffer[length++] = (byte) text.charAt(i);
        }
        return this;
    }

    /** Adds a doubleword as 16 digits. */
    RspWriter word(long word) {
        return digits(word, 16);
    }

    /** Adds a number with as few digits as it has. */
    RspWriter number(long number) {
        return digits(number, Math.max(1, (67 - Long.numberOfLeadingZeros(number)) / 4));
    }

    private RspWriter digits(long number, int count) {
        room(count);
        for (int shift = (count - 1) * 4; shift >= 0; shift -= 4) {
            buffer[length++] = DIGITS[(int) (number >> shift) & 0xf];
        }
        return this;
    }

    /** Adds bytes, two digits each. */
    RspWriter bytes(byte[] from, int offset, int count) {
        room(count * 2);
        for (int i = offset; i < offset + count; i++) {
            buffer[length++] = DIGITS[from[i] >> 4 & 0xf];
            buffer[length++] = DIGITS[from[i] & 0xf];
        }
        return this;
    }

    /** Ends the packet. */
    void end() {
        int sum = 0;
        for (int i = body; i < length; i++) {
            sum += buffer[i];
        }
        room(3);
        buffer[length++] = '#';
        digits(sum & 0xff, 2);
    }

    /** Returns what waits, and forgets it. */
    ByteBuffer take() {
        ByteBuffer all = ByteBuffer.wrap(buffer, 0, length);
        length = 0;
        return all;
    }

    private void room(int more) {
        if (buffer.length - length < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
        }
    }
}
