// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Where a payload of EP11 has its function and its domain: all that a driver looks at. {@link Ep11Payload} reads the whole.
 * Lengths of {@link #parse} are those of ASN.1: below 128 in one byte; 81, 82 and 84 announce one, two and four.
 * Source: Linux {@code zcrypt_msgtype6.c}, {@code xcrb_msg_to_type6_ep11cprb_msgx}, {@code asn1_length_decode}.
 */
public final class Ep11Header {
    /** Length in bytes up to the end of the domain, when each length has its longest form that {@link #guess} knows. */
    public static final int LOOSE_LENGTH = 2 + 2 + 6 + 6;

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int SHORTEST_FIELD = 3; // bytes: tag, length, value
    private static final int TAG_AND_LENGTH = 2;

    private final byte[] bytes;
    private final int end;
    private final boolean loose;
    private int at; // what comes next
    private int function;

    private Ep11Header(byte[] bytes, int start, int end, boolean loose) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
        this.loose = loose;
    }

    /** Reads the beginning of a payload; null if it is not a sequence that begins with a function. */
    public static @Nullable Ep11Header parse(byte[] bytes, int start, int end) {
        Ep11Header header = new Ep11Header(bytes, start, end, false);
        if (header.enter(SEQUENCE) < 0) {
            return null;
        }
        int length = header.enter(OCTET_STRING);
        if (length != 1 && length != 2 && length != 4) {
            return null;
        }
        int number = 0;
        for (int i = 0; i < length; i++) {
            number = number << 8 | bytes[header.at++] & 0xff;
        }
        header.function = number & 0xffff;
        return header;
    }

    /**
     * Reads the beginning of a payload as older kernels do: whatever there is, function and domain are taken for octet
     * strings of four bytes behind a length of one to three bytes. Null if the length's form is none of these.
     */
    public static @Nullable Ep11Header guess(byte[] bytes, int start) {
        int first = bytes[start + 1] & 0xff;
        int form = first < 0x80 ? 0 : first & 0x03;
        if (first >= 0x80 && form != 1 && form != 2) {
            return null;
        }
        Ep11Header header = new Ep11Header(bytes, start + TAG_AND_LENGTH + form, bytes.length, true);
        header.at += TAG_AND_LENGTH + 2;
        header.function = (bytes[header.at] & 0xff) << 8 | bytes[header.at + 1] & 0xff;
        header.at += 2;
        return header;
    }

    /** Returns the function number. */
    public int function() {
        return function;
    }

    /**
     * Stores a domain into a copy of the payload, in as many bytes as it has there; nothing happens if there is none.
     *
     * @param copy of the bytes that were read, the payload at the same place
     * @return false if there is something else where the domain should be
     */
    public boolean storeDomain(byte[] copy, int domain) {
        Ep11Header field = new Ep11Header(copy, at, end, loose);
        int length = 4;
        if (loose) {
            field.at += TAG_AND_LENGTH;
        } else if (end - at < SHORTEST_FIELD) {
            return true;
        } else {
            length = field.enter(OCTET_STRING);
        }
        if (length != 1 && length != 2 && length != 4) {
            return false;
        }
        for (int i = length - 1, rest = domain; i >= 0; i--, rest >>= 8) {
            copy[field.at + i] = (byte) rest;
        }
        return true;
    }

    /** Passes a tag and a length; returns the length, -1 if it is malformed or goes beyond the end. */
    private int enter(int tag) {
        if (at + 2 > end || (bytes[at] & 0xff) != tag) {
            return -1;
        }
        int first = bytes[at + 1] & 0xff;
        at += 2;
        if (first < 0x80) {
            return first <= end - at && at < end ? first : -1;
        }
        int count = first & 0x7f;
        if (count != 1 && count != 2 && count != 4 || count >= end - at) {
            return -1;
        }
        long length = 0;
        for (int i = 0; i < count; i++) {
            length = length << 8 | bytes[at++] & 0xff;
        }
        return length <= end - at ? (int) length : -1;
    }
}
