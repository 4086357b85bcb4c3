// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The payload of an EP11 request or reply: a sequence of octet strings, the first two of which are function and domain.
 * <pre>
 *  30 82 LL LL          sequence, two length bytes
 *  04 04 AA AA FF FF    API and function number
 *  04 04 domain
 *  request: parameters, each 04 with its length
 *  reply:   04 04 return value    04 82 LL LL data
 * </pre>
 * Lengths below 128 take one byte; 81, 82 and 84 announce one, two and four.
 * Source: Linux {@code drivers/s390/crypto/zcrypt_ep11misc.c}, {@code asn1tag_write}, {@code prep_head},
 * {@code check_reply_pl}.
 */
public final class Ep11Payload {
    /** The API number that Linux asks with. */
    public static final int API = 1;
    /** Function number of queries about module and domain. */
    public static final int GET_INFO = 38;
    /** Query type: the module. */
    public static final int QUERY_MODULE = 1;
    /** Query type: the domain. */
    public static final int QUERY_DOMAIN = 3;
    /** Return value: the card does not know the function (PKCS #11 CKR_FUNCTION_NOT_SUPPORTED). */
    public static final int FUNCTION_NOT_SUPPORTED = 0x54;

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;

    private final List<byte[]> fields = new ArrayList<>();
    private final Set<Integer> shortFields = new HashSet<>(); // whose length takes as few bytes as it can

    /** A payload that begins with function and domain. */
    public Ep11Payload(int function, int domain) {
        this(API, function, domain);
    }

    /** A payload that begins with the function of an API and a domain. */
    public Ep11Payload(int api, int function, int domain) {
        add(api << 16 | function).add(domain);
    }

    private Ep11Payload() {}

    /** Adds an octet string of four bytes. */
    public Ep11Payload add(int word) {
        fields.add(ByteBuffer.allocate(4).putInt(word).array());
        return this;
    }

    /** Adds an octet string. */
    public Ep11Payload add(byte[] bytes) {
        fields.add(bytes.clone());
        return this;
    }

    /** Adds an octet string whose length takes as few bytes as it can. */
    public Ep11Payload addShort(byte[] bytes) {
        shortFields.add(fields.size());
        return add(bytes);
    }

    /** Overwrites the octet strings, one of which may be clear text; the payload is of no use any more. */
    public void erase() {
        fields.forEach(field -> Arrays.fill(field, (byte) 0));
    }

    /** Returns the number of octet strings. */
    public int size() {
        return fields.size();
    }

    /** Returns a copy of an octet string. */
    public byte[] field(int index) {
        return fields.get(index).clone();
    }

    /** Returns an octet string of up to four bytes as a number, 0 if there is no such field. */
    public int word(int index) {
        int value = 0;
        if (index < fields.size()) {
            for (byte digit : fields.get(index)) {
                value = value << 8 | digit & 0xff;
            }
        }
        return value;
    }

    /** Returns the function number, without the API number. */
    public int function() {
        return word(0) & 0xffff;
    }

    /** Returns the API number. */
    public int api() {
        return word(0) >> 16 & 0xffff;
    }

    /** Returns the bytes; a field of more than four bytes, and the last of a reply, has two length bytes
     * unless it was added as a short one. */
    public byte[] toBytes() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int i = 0; i < fields.size(); i++) {
            byte[] field = fields.get(i);
            if (field.length == 4 || field.length < 0x80 && shortFields.contains(i)) {
                body.write(OCTET_STRING);
                body.write(field.length);
            } else if (field.length < 0x100 && shortFields.contains(i)) {
                body.write(OCTET_STRING);
                body.write(0x81);
                body.write(field.length);
            } else {
                writeLongTag(body, OCTET_STRING, field.length);
            }
            body.writeBytes(field);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        writeLongTag(all, SEQUENCE, body.size());
        all.writeBytes(body.toByteArray());
        return all.toByteArray();
    }

    private static void writeLongTag(ByteArrayOutputStream out, int tag, int length) {
        out.write(tag);
        out.write(0x82);
        out.write(length >> 8);
        out.write(length);
    }

    /** Reads a payload; null if it is not a sequence of octet strings that ends where it says. */
    public static @Nullable Ep11Payload parse(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < 2 || in.get() != SEQUENCE || length(in) != in.remaining()) {
            return null;
        }
        Ep11Payload payload = new Ep11Payload();
        while (in.hasRemaining()) {
            if (in.get() != OCTET_STRING) {
                return null;
            }
            int length = length(in);
            if (length < 0 || length > in.remaining()) {
                return null;
            }
            int start = in.position();
            payload.fields.add(Arrays.copyOfRange(bytes, start, start + length));
            in.position(start + length);
        }
        return payload.fields.size() >= 2 ? payload : null;
    }

    /** Reads a length, -1 if it is malformed. */
    private static int length(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return -1;
        }
        int first = in.get() & 0xff;
        if (first < 0x80) {
            return first;
        }
        int count = first & 0x7f;
        if (count != 1 && count != 2 && count != 4 || in.remaining() < count) {
            return -1;
        }
        return switch (count) {
            case 1 -> in.get() & 0xff;
            case 2 -> in.getShort() & 0xffff;
            default -> in.getInt();
        };
    }
}
