// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.cca.CcaParameters.Item;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The verbs for clear keys of elliptic curves: parameter blocks of requests and replies. Source: libica
 * {@code src/s390_ecc.c}, which sends the requests and reads the replies; what it does not read is marked there as ours.
 */
public final class EcVerb {
    /** Generate a key: PG. */
    public static final int GENERATE = 0x5047;
    /** Sign a hash: SG. */
    public static final int SIGN = 0x5347;
    /** Verify a signature: SV. */
    public static final int VERIFY = 0x5356;
    /** Agree on a secret: DH. */
    public static final int DERIVE = 0x4448;

    /** Rule of {@link #GENERATE}. */
    public static final String CLEAR = "CLEAR";
    /** Rule of {@link #SIGN} and {@link #VERIFY}. */
    public static final String ECDSA = "ECDSA";
    /** Rule of {@link #DERIVE}: the secret itself and nothing made of it. */
    public static final String PASSTHRU = "PASSTHRU";

    private static final int TOKEN = 0x0020; // attributes of items
    private static final int NO_NAME = 0x0010;
    private static final int SECRET = 0x0094; // ours: nobody reads it
    private static final Item NULL_ITEM = new Item(0, new byte[64]);
    private static final byte[] NOTHING = {};
    /** Four items: no party information, no further data, and the lengths that belong to them. */
    private static final byte[] DERIVE_DATA = {0, 4, 0, (byte) 0x91, 0, 6, 0, (byte) 0x93, 0, 0, 0, 4, 0,
            (byte) 0x90, 0, 4, 0, (byte) 0x92};
    private static final byte[] DERIVE_REPLY_DATA = {0, 4, 0, (byte) 0x91, 0, 4, 0, (byte) 0x90, 0, 4, 0, (byte) 0x92};

    private EcVerb() {}

    /** Returns the request for a new key. */
    public static byte[] generate(EcCurve curve) {
        byte[] skeleton = new EcClearToken(curve, EcClearToken.USAGE_DERIVE, NOTHING, NOTHING).toBytes();
        return new CcaParameters(GENERATE, List.of(CLEAR), NOTHING,
                List.of(new Item(TOKEN, skeleton), new Item(NO_NAME, new byte[1]))).toBytes();
    }

    /** Returns the reply with a new key. */
    public static byte[] generateReply(EcClearToken key) {
        return new CcaParameters(GENERATE, List.of(), NOTHING, List.of(new Item(TOKEN, key.toBytes()))).toBytes();
    }

    /** Reads the key of a reply; null if there is none. */
    public static @Nullable EcClearToken generated(byte[] parameters) {
        CcaParameters reply = reply(parameters, GENERATE);
        return reply == null || reply.keys().isEmpty() ? null : EcClearToken.parse(reply.keys().get(0).bytes());
    }

    /**
     * Returns the request for a signature.
     *
     * @param key with private key and its own public key
     */
    public static byte[] sign(EcClearToken key, byte[] hash) {
        return new CcaParameters(SIGN, List.of(ECDSA), CcaParameters.field(hash),
                List.of(new Item(TOKEN, key.toBytes()))).toBytes();
    }

    /** Returns the reply with a signature: r and s, each as long as a coordinate. */
    public static byte[] signReply(EcCurve curve, byte[] signature) {
        int item = Item.HEADER + 2 + signature.length;
        // At once, since copying what CcaParameters would put together takes its percent of a signature.
        return ByteBuffer.allocate(2 + 2 + 2 + item + 2).putShort((short) SIGN).putShort((short) 2) // no rules
                .putShort((short) (2 + item)).putShort((short) item).putShort((short) 0)
                .putShort((short) (8 * curve.bytes())).put(signature).putShort((short) 2) // no keys
                .array();
    }

    /** Reads the signature of a reply: r and s; null if there is none of this curve. */
    public static byte @Nullable [] signed(EcCurve curve, byte[] parameters) {
        CcaParameters reply = reply(parameters, SIGN);
        int start = Item.HEADER + 2;
        return reply == null || reply.variable().length != start + 2 * curve.bytes()
                ? null
                : Arrays.copyOfRange(reply.variable(), start, reply.variable().length);
    }

    /**
     * Returns the request to verify a signature.
     *
     * @param signature r and s, each as long as a coordinate
     */
    public static byte[] verify(EcClearToken key, byte[] hash, byte[] signature) {
        byte[] first = CcaParameters.field(hash);
        byte[] second = CcaParameters.field(signature);
        byte[] data = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, data, first.length, second.length);
        return new CcaParameters(VERIFY, List.of(ECDSA), data, List.of(new Item(0, key.toPublicBytes()))).toBytes();
    }

    /** Returns the reply to a verification; its verdict is the return code. */
    public static byte[] verifyReply() {
        return new CcaParameters(VERIFY, List.of(), NOTHING, List.of()).toBytes();
    }

    /**
     * Returns the request for a shared secret.
     *
     * @param own the private key of one side with the public key of the other
     */
    public static byte[] derive(EcClearToken own) {
        Item item = new Item(0, own.toBytes());
        return new CcaParameters(DERIVE, List.of(PASSTHRU), DERIVE_DATA,
                List.of(item, NULL_ITEM, item, NULL_ITEM, NULL_ITEM, NULL_ITEM)).toBytes();
    }

    /** Returns the reply with a shared secret: an x-coordinate. */
    public static byte[] deriveReply(byte[] secret) {
        return new CcaParameters(DERIVE, List.of(), DERIVE_REPLY_DATA, List.of(new Item(SECRET, secret))).toBytes();
    }

    /** Reads the secret of a reply; null if there is none. */
    public static byte @Nullable [] derived(EcCurve curve, byte[] parameters) {
        CcaParameters reply = reply(parameters, DERIVE);
        return reply == null || reply.keys().isEmpty() || reply.keys().get(0).bytes().length != curve.bytes()
                ? null
                : reply.keys().get(0).bytes();
    }

    private static @Nullable CcaParameters reply(byte[] parameters, int function) {
        CcaParameters reply = CcaParameters.parse(parameters, 0, parameters.length);
        return reply == null || reply.function() != function ? null : reply;
    }

    /** Reads fields of variable data, each with its length before it, to the end; null if they do not fill it. */
    public static @Nullable List<byte[]> fields(byte[] variable) {
        List<byte[]> fields = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(variable);
        while (in.hasRemaining()) {
            byte[] field = CcaParameters.field(in);
            if (field == null) {
                return null;
            }
            fields.add(field);
        }
        return fields;
    }
}
