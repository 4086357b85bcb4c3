// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A clear key of an elliptic curve, in the external form that CCA verbs take.
 * <pre>
 *  header 8          0 1e   2 length of the token
 *  private section   0 20   2 length, 92 + bytes of D   8 usage   9 curve type   10 40: clear   12 bits of the prime
 *  76                14 16   16 pattern (8)   24 protection key (48)   72 16   74 bytes of D
 *  associated data   0 version   2 16   7 curve type   8 bits of the prime   10 usage   11 40
 *  16
 *  D
 *  public section    0 21   2 length, 14 or 15 + 2n   8 curve type   10 bits of the prime   12 2n + 1 or 0
 *  14                04, X, Y
 * </pre>
 * A public key has no private section, no associated data and no D. Source: libica {@code src/include/s390_ecc.h}.
 *
 * @param curve the curve; n is the length of its coordinates in bytes
 * @param usage what the private key is for: {@link #USAGE_SIGN}, {@link #USAGE_DERIVE}
 * @param privateKey D, n bytes; empty: none
 * @param publicKey X and Y, 2n bytes; empty: none
 */
public record EcClearToken(EcCurve curve, int usage, byte[] privateKey, byte[] publicKey) {
    /** Usage: signatures. */
    public static final int USAGE_SIGN = 0x80;
    /** Usage: agreement on a key. */
    public static final int USAGE_DERIVE = 0xc0;

    private static final int EXTERNAL = 0x1e;
    private static final int PRIVATE = 0x20;
    private static final int PUBLIC = 0x21;
    private static final int CLEAR = 0x40;
    private static final int UNCOMPRESSED = 0x04;
    private static final int HEADER = 8;
    private static final int PRIVATE_SECTION = 76;
    private static final int ASSOCIATED = 16;
    private static final int PUBLIC_SECTION = 14;
    private static final byte[] NOTHING = {};

    /** Returns the token of a public key. */
    public static EcClearToken ofPublic(EcCurve curve, byte[] publicKey) {
        return new EcClearToken(curve, 0, NOTHING, publicKey);
    }

    /** Returns the bytes of a public key. */
    public byte[] toPublicBytes() {
        ByteBuffer out = ByteBuffer.allocate(HEADER + publicLength());
        header(out);
        putPublic(out, HEADER);
        return out.array();
    }

    /** Returns the bytes, private section included: with an empty D that is what a key is generated from. */
    public byte[] toBytes() {
        int data = HEADER + PRIVATE_SECTION;
        int associated = data + ASSOCIATED;
        ByteBuffer out = ByteBuffer.allocate(associated + privateKey.length + publicLength());
        header(out);
        out.put(HEADER, (byte) PRIVATE).putShort(HEADER + 2,
                (short) (PRIVATE_SECTION + ASSOCIATED + privateKey.length));
        out.put(HEADER + 8, (byte) usage).put(HEADER + 9, (byte) curve.type()).put(HEADER + 10, (byte) CLEAR)
                .putShort(HEADER + 12, (short) curve.bits()).putShort(HEADER + 14, (short) ASSOCIATED)
                .putShort(HEADER + 72, (short) ASSOCIATED).putShort(HEADER + 74, (short) privateKey.length);
        out.putShort(data + 2, (short) ASSOCIATED).put(data + 7, (byte) curve.type())
                .putShort(data + 8, (short) curve.bits()).put(data + 10, (byte) usage).put(data + 11, (byte) CLEAR);
        out.put(associated, privateKey);
        putPublic(out, associated + privateKey.length);
        return out.array();
    }

    private static void header(ByteBuffer out) {
        out.put(0, (byte) EXTERNAL).putShort(2, (short) out.capacity());
    }

    private int publicLength() {
        return PUBLIC_SECTION + (publicKey.length == 0 ? 0 : 1 + publicKey.length);
    }

    private void putPublic(ByteBuffer out, int at) {
        out.put(at, (byte) PUBLIC).putShort(at + 2, (short) publicLength()).put(at + 8, (byte) curve.type())
                .putShort(at + 10, (short) curve.bits());
        if (publicKey.length > 0) {
            out.putShort(at + 12, (short) (1 + publicKey.length)).put(at + 14, (byte) UNCOMPRESSED).put(at + 15,
                    publicKey);
        }
    }

    /** Reads a token; null if a length, a section or the curve is not as drawn. */
    public static @Nullable EcClearToken parse(byte[] token) {
        ByteBuffer in = ByteBuffer.wrap(token);
        if (token.length < HEADER + PUBLIC_SECTION || token[0] != EXTERNAL || u16(in, 2) != token.length) {
            return null;
        }
        int at = HEADER;
        int usage = 0;
        byte[] privateKey = NOTHING;
        EcCurve curve = null;
        if (token[at] == PRIVATE) {
            if (token.length < HEADER + PRIVATE_SECTION + ASSOCIATED + PUBLIC_SECTION) {
                return null;
            }
            curve = EcCurve.of(token[at + 9], u16(in, at + 12));
            int bytes = u16(in, at + 74);
            int length = PRIVATE_SECTION + ASSOCIATED + bytes;
            int end = at + length;
            if (u16(in, at + 2) != length || token[at + 10] != CLEAR || u16(in, at + 72) != ASSOCIATED
                    || curve == null || bytes != 0 && bytes != curve.bytes()
                    || end > token.length - PUBLIC_SECTION) {
                return null;
            }
            usage = token[at + 8] & 0xff;
            privateKey = Arrays.copyOfRange(token, end - bytes, end);
            at = end;
        }
        return publicPart(token, at, curve, usage, privateKey);
    }

    private static @Nullable EcClearToken publicPart(byte[] token, int at, @Nullable EcCurve ofPrivate, int usage,
            byte[] privateKey) {
        ByteBuffer in = ByteBuffer.wrap(token);
        EcCurve curve = EcCurve.of(token[at + 8], u16(in, at + 10));
        int bytes = u16(in, at + 12);
        if (curve == null || token[at] != PUBLIC || ofPrivate != null && ofPrivate != curve
                || u16(in, at + 2) != token.length - at || bytes != token.length - at - PUBLIC_SECTION) {
            return null;
        }
        if (bytes == 0) {
            return new EcClearToken(curve, usage, privateKey, NOTHING);
        }
        return bytes != 1 + 2 * curve.bytes() || token[at + PUBLIC_SECTION] != UNCOMPRESSED
                ? null
                : new EcClearToken(curve, usage, privateKey,
                        Arrays.copyOfRange(token, at + PUBLIC_SECTION + 1, token.length));
    }

    private static int u16(ByteBuffer in, int offset) {
        return in.getShort(offset) & 0xffff;
    }

    @Override
    public String toString() { // never the private key
        return curve + (privateKey.length == 0 ? " public" : " private") + " key";
    }
}
