// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The parameter block that follows a CPRBX: the same form for every verb, in requests and in replies.
 * <pre>
 *  0  function code, two letters
 *  2  length of the rule array with this field; rules of 8 characters, blanks at the end
 *     length of the variable data with this field; the data
 *     length of the key block with this field; items, each of them: length with its header, attributes (2), bytes
 * </pre>
 * A block may end after the rules or after the variable data. Lengths are two bytes each.
 * Source: Linux {@code drivers/s390/crypto/zcrypt_ccamisc.c}, the structures inside each function.
 *
 * @param function function code, for example that of KG
 * @param rules keywords without the blanks at their end
 * @param variable variable data
 * @param keys items of the key block
 */
public record CcaParameters(int function, List<String> rules, byte[] variable, List<Item> keys) {
    /** Length of one rule in bytes. */
    public static final int RULE = 8;

    private static final int LENGTH_FIELD = 2;

    /**
     * One item of a key block, or of variable data that has the same form.
     *
     * @param attributes what kind of bytes they are, for example 0x0030 for a token
     * @param bytes token, label or nothing
     */
    public record Item(int attributes, byte[] bytes) {
        /** Bytes before the content. */
        public static final int HEADER = 4;

        int length() {
            return HEADER + bytes.length;
        }

        void put(ByteBuffer out) {
            out.putShort((short) length()).putShort((short) attributes).put(bytes);
        }

        @Override
        public String toString() { // the bytes may be a key
            return String.format("item %04x of %d bytes", attributes, bytes.length);
        }
    }

    /** Returns the bytes, with a key block even if it is empty. */
    public byte[] toBytes() {
        int keyBytes = LENGTH_FIELD + length(keys);
        ByteBuffer out = begin(keyBytes).putShort((short) keyBytes);
        put(keys, out);
        return out.array();
    }

    /** Returns the bytes of a block without a key block. */
    public byte[] toBytesWithoutKeys() {
        return begin(0).array();
    }

    private ByteBuffer begin(int rest) {
        int ruleBytes = LENGTH_FIELD + RULE * rules.size();
        ByteBuffer out = ByteBuffer.allocate(2 + ruleBytes + LENGTH_FIELD + variable.length + rest);
        out.putShort((short) function).putShort((short) ruleBytes);
        for (String rule : rules) {
            out.put(String.format("%-8s", rule).getBytes(StandardCharsets.US_ASCII));
        }
        return out.putShort((short) (LENGTH_FIELD + variable.length)).put(variable);
    }

    /**
     * Reads a block.
     *
     * @return null if a length is not that of whole rules or items, or if the lengths do not fill the block
     */
    public static @Nullable CcaParameters parse(byte[] message, int offset, int length) {
        if (length < 2) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(message, offset, length).slice();
        int function = in.getShort() & 0xffff;
        byte[] ruleBytes = field(in);
        if (ruleBytes == null || ruleBytes.length % RULE != 0) {
            return null;
        }
        List<String> rules = new ArrayList<>();
        for (int at = 0; at < ruleBytes.length; at += RULE) {
            rules.add(rule(ruleBytes, at));
        }
        byte[] variable = field(in);
        List<Item> keys = variable == null ? null : keys(in);
        return variable == null || keys == null || in.hasRemaining()
                ? null
                : new CcaParameters(function, List.copyOf(rules), variable, keys);
    }

    private static String rule(byte[] bytes, int at) {
        int length = RULE;
        while (length > 0 && bytes[at + length - 1] == ' ') {
            length--;
        }
        return new String(bytes, at, length, StandardCharsets.ISO_8859_1);
    }

    /** Reads the key block, which is the last; null if its length is impossible or its items do not fill it. */
    private static @Nullable List<Item> keys(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return List.of();
        }
        int length = in.remaining() < LENGTH_FIELD ? 0 : in.getShort() & 0xffff;
        return length - LENGTH_FIELD == in.remaining() ? items(in) : null;
    }

    /** Reads items that follow each other to the end; null if the last one does not end there. */
    public static @Nullable List<Item> items(byte[] bytes) {
        return items(ByteBuffer.wrap(bytes));
    }

    private static @Nullable List<Item> items(ByteBuffer in) {
        List<Item> items = new ArrayList<>(1);
        while (in.hasRemaining()) {
            int length = in.remaining() < Item.HEADER ? 0 : in.getShort() & 0xffff;
            if (length < Item.HEADER || length - LENGTH_FIELD > in.remaining()) {
                return null;
            }
            int attributes = in.getShort() & 0xffff;
            byte[] content = new byte[length - Item.HEADER];
            in.get(content);
            items.add(new Item(attributes, content));
        }
        return List.copyOf(items);
    }

    /** Returns items one after the other, as variable data has them. */
    public static byte[] bytes(List<Item> items) {
        ByteBuffer out = ByteBuffer.allocate(length(items));
        put(items, out);
        return out.array();
    }

    // Loops, since streams take several percent of the time of a signature.
    private static int length(List<Item> items) {
        int length = 0;
        for (Item item : items) {
            length += item.length();
        }
        return length;
    }

    private static void put(List<Item> items, ByteBuffer out) {
        for (Item item : items) {
            item.put(out);
        }
    }

    /**
     * Reads one length and as many bytes as it counts beyond itself; nothing if the block has ended.
     *
     * @return null if the length is impossible
     */
    static byte @Nullable [] field(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return new byte[0];
        }
        int length = in.remaining() < LENGTH_FIELD ? 0 : in.getShort() & 0xffff;
        if (length < LENGTH_FIELD || length - LENGTH_FIELD > in.remaining()) {
            return null;
        }
        byte[] content = new byte[length - LENGTH_FIELD];
        in.get(content);
        return content;
    }

    /** Returns one length with bytes, as {@link #field} reads it. */
    static byte[] field(byte[] content) {
        return ByteBuffer.allocate(LENGTH_FIELD + content.length).putShort((short) (LENGTH_FIELD + content.length))
                .put(content).array();
    }

    /** Overwrites what may be a clear key. */
    public void erase() {
        Arrays.fill(variable, (byte) 0);
        keys.forEach(item -> Arrays.fill(item.bytes, (byte) 0));
    }

    @Override
    public String toString() { // variable data and items may be keys
        return rules + ", " + variable.length + " bytes, " + keys;
    }
}
