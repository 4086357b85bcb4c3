// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The decoded body of a packet that came in. One object is used again for each packet. */
final class RspReply {
    private static final int LONGEST = 1 << 20;

    private byte[] body = new byte[8192];
    private int length;

    void clear() {
        length = 0;
    }

    /**
     * Adds a byte so many times.
     *
     * @throws RspException the body gets longer than any stub's would be
     */
    void append(byte b, int times) throws RspException {
        if (times < 0 || times > LONGEST - length) {
            throw new RspException("a packet of the stub has a bad run length");
        }
        if (body.length - length < times) {
            body = Arrays.copyOf(body, Math.max(body.length * 2, length + times));
        }
        Arrays.fill(body, length, length + times, b);
        length += times;
    }

    /** Returns the last byte, 0 if there is none. */
    byte last() {
        return length == 0 ? 0 : body[length - 1];
    }

    int length() {
        return length;
    }

    boolean isOk() {
        return length == 2 && body[0] == 'O' && body[1] == 'K';
    }

    /** Tells whether it is an error: E and a number. */
    boolean isError() {
        return length == 3 && body[0] == 'E';
    }

    /** Tells whether it says that the guest stopped. */
    boolean isStop() {
        return length >= 3 && (body[0] == 'T' || body[0] == 'S') && Character.digit(body[1], 16) >= 0
                && Character.digit(body[2], 16) >= 0;
    }

    /** Tells whether it says that the guest has ended: its exit status, or a signal. */
    boolean isEnd() {
        return length >= 3 && (body[0] == 'W' || body[0] == 'X') && Character.digit(body[1], 16) >= 0
                && Character.digit(body[2], 16) >= 0;
    }

    /** Returns the one doubleword that it is. */
    long word() throws RspException {
        if (length != 16) {
            throw noRegisters();
        }
        return word(0);
    }

    private RspException noRegisters() {
        return new RspException("the stub answered '" + shortText() + "' to the question for registers");
    }

    /** Returns the doubleword of 16 digits from a place on. */
    long word(int at) throws RspException {
        if (at + 16 > length) {
            throw noRegisters();
        }
        long word = 0;
        for (int i = at; i < at + 16; i++) {
            word = word << 4 | digit(i);
        }
        return word;
    }

    /** Reads bytes of two digits each from the start on. */
    void bytes(byte[] into, int offset, int count) throws RspException {
        if (length != count * 2) {
            throw new RspException("the stub gave " + length + " digits of storage, not " + count * 2);
        }
        for (int i = 0; i < count; i++) {
            into[offset + i] = (byte) (digit(i * 2) << 4 | digit(i * 2 + 1));
        }
    }

    private int digit(int at) throws RspException {
        int digit = Character.digit(body[at], 16);
        if (digit < 0) {
            throw new RspException("the stub answered '" + shortText() + "', which is no hexadecimal number");
        }
        return digit;
    }

    String text() {
        return new String(body, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** Returns the text for a message of one line: printable, and not long. */
    String shortText() {
        String text = text().replaceAll("[^ -~]", "?");
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
