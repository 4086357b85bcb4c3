// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.apvirt.arch.cca.CcaParameters.Item;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The verbs for secure AES keys, as the kernel's pkey sends them: parameter blocks of requests and replies. Source: Linux
 * {@code drivers/s390/crypto/zcrypt_ccamisc.c}, {@code cca_genseckey}, {@code cca_clr2seckey},
 * {@code cca_sec2protkey}, {@code cca_gencipherkey}, {@code _ip_cprb_helper}, {@code cca_cipher2protkey}.
 */
public final class AesKeyVerb {
    /** Generate an AES DATA key: KG. */
    public static final int GENERATE = 0x4b47;
    /** Import a clear key as AES DATA key: CM. */
    public static final int IMPORT = 0x434d;
    /** Make a protected key of an AES DATA key: US. */
    public static final int PROTECT = 0x5553;
    /** Generate an AES CIPHER key: GK. */
    public static final int GENERATE_CIPHER = 0x474b;
    /** Import a part of an AES CIPHER key: IP. */
    public static final int IMPORT_PART = 0x4950;
    /** Make a protected key of an AES CIPHER or ECC key: AU. */
    public static final int PROTECT_CIPHER = 0x4155;

    /** Attributes of an item with a token. */
    public static final int TOKEN = 0x0030;

    private static final int KEY_ID = 0x0010;
    private static final int KEY_BITS = 0x0064; // tags of the variable data of IP
    private static final int KEY_PART = 0x0063;
    private static final int PROTECTED = 0x00c2;
    private static final byte[] NOTHING = {};

    /** How a part is imported. */
    public enum Part {
        /** The first of at least three. */
        FIRST("FIRST"),
        /** A further one. */
        ADD("ADD-PART"),
        /** None any more: the key is complete. */
        COMPLETE("COMPLETE");

        private final String keyword;

        Part(String keyword) {
            this.keyword = keyword;
        }

        /** Returns the keyword. */
        public String keyword() {
            return keyword;
        }
    }

    private AesKeyVerb() {}

    /** Returns the request for a random AES DATA key of 128, 192 or 256 bits. */
    public static byte[] generate(int bits) {
        byte[] variable = ByteBuffer.allocate(32).put(text("OP      KEYLN" + bits / 8 + " AESDATA ")).array();
        Item id = new Item(KEY_ID, new byte[AesDataToken.LENGTH]);
        return new CcaParameters(GENERATE, List.of(), variable,
                List.of(id, id, new Item(TOKEN, new byte[AesDataToken.LENGTH]), id, id, id)).toBytes();
    }

    /** Returns the request to make an AES DATA key of a clear one. */
    public static byte[] importKey(byte[] clearKey) {
        return new CcaParameters(IMPORT, List.of("AES"), clearKey,
                List.of(new Item(TOKEN, new byte[AesDataToken.LENGTH]))).toBytes();
    }

    /** Returns the request for the protected form of an AES DATA key; to be sent as a special command. */
    public static byte[] protect(byte[] token) {
        return new CcaParameters(PROTECT, List.of(), new byte[]{0, 4, 0, 1}, List.of(new Item(0, token))).toBytes();
    }

    /**
     * Returns the request for a random AES CIPHER key.
     *
     * @param flags what is changed of the skeleton's management field: bits 0xff00 are set, bits 0x00ff are cleared
     */
    public static byte[] generateCipher(int bits, int flags) {
        byte[] variable = ByteBuffer.allocate(26).put(text("TOKEN           ")).putShort((short) bits).array();
        Item none = new Item(TOKEN, NOTHING);
        return new CcaParameters(GENERATE_CIPHER, List.of("AES", "OP"), variable,
                List.of(none, none, new Item(TOKEN, AesCipherToken.skeleton(flags)), none, none, none)).toBytes();
    }

    /**
     * Returns the request to import one part of an AES CIPHER key.
     *
     * @param bits length of the key; 0 with COMPLETE
     * @param part the part; empty with COMPLETE
     * @param token skeleton for the first part, else the token so far
     */
    public static byte[] importPart(Part how, int bits, byte[] part, byte[] token) {
        List<String> rules = how == Part.FIRST
                ? List.of("AES", how.keyword(), "MIN3PART")
                : List.of("AES", how.keyword());
        byte[] variable = CcaParameters.bytes(List.of(
                new Item(KEY_BITS, new byte[]{(byte) (bits >> 8), (byte) bits}), new Item(KEY_PART, part)));
        return new CcaParameters(IMPORT_PART, rules, variable, List.of(new Item(TOKEN, token))).toBytes();
    }

    /** Returns the request for the protected form of a CIPHER or ECC key; to be sent as a special command. */
    public static byte[] protectCipher(byte[] token) {
        return new CcaParameters(PROTECT_CIPHER, List.of("EXPT-SK"),
                CcaParameters.bytes(List.of(new Item(PROTECTED, new byte[66]))), List.of(new Item(0, token)))
                .toBytes();
    }

    /**
     * Returns the reply with a token. That of GK has another, empty item after it; in those of KG and CM the key block
     * lies inside the variable data.
     */
    public static byte[] token(int function, byte[] token) {
        Item item = new Item(TOKEN, token);
        if (function == GENERATE || function == IMPORT) {
            byte[] block = CcaParameters.field(CcaParameters.bytes(List.of(item)));
            return new CcaParameters(function, List.of(), block, List.of()).toBytesWithoutKeys();
        }
        return new CcaParameters(function, List.of(), NOTHING,
                function == GENERATE_CIPHER ? List.of(item, new Item(TOKEN, NOTHING)) : List.of(item)).toBytes();
    }

    /** Reads the token of a reply; null if there is none. */
    public static byte @Nullable [] token(byte[] parameters, int function) {
        CcaParameters reply = CcaParameters.parse(parameters, 0, parameters.length);
        if (reply == null || reply.function() != function) {
            return null;
        }
        List<Item> items = reply.keys();
        if (items.isEmpty()) {
            byte[] block = CcaParameters.field(ByteBuffer.wrap(reply.variable()));
            items = block == null ? null : CcaParameters.items(block);
        }
        return items == null || items.isEmpty() ? null : items.get(0).bytes();
    }

    /** Returns the reply with a protected key. */
    public static byte[] protectedKey(int function, ProtectedKeyBlock block) {
        Item item = new Item(function == PROTECT ? 1 : PROTECTED, block.toBytes());
        CcaParameters reply = new CcaParameters(function, List.of(), CcaParameters.bytes(List.of(item)), List.of());
        return function == PROTECT ? reply.toBytesWithoutKeys() : reply.toBytes();
    }

    /** Reads the protected key of a reply; null if there is none. */
    public static @Nullable ProtectedKeyBlock protectedKey(byte[] parameters, int function) {
        CcaParameters reply = CcaParameters.parse(parameters, 0, parameters.length);
        List<Item> items = reply == null || reply.function() != function
                ? null
                : CcaParameters.items(reply.variable());
        return items == null || items.size() != 1 ? null : ProtectedKeyBlock.parse(items.get(0).bytes());
    }

    private static byte[] text(String ascii) {
        return ascii.getBytes(StandardCharsets.US_ASCII);
    }
}
