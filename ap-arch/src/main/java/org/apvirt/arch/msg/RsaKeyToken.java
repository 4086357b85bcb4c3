// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.msg;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The clear RSA key inside a CCA request: a token made of sections.
 * <pre>
 *  token header, 8 bytes      1e 00, length of the token (2), 0 (4)
 *  public section             04 00, length of the section (2), 0 (2), bytes of the exponent (2),
 *                             bits (2) and bytes (2) of the modulus, exponent, modulus
 *  private section (CRT)      08 00, length of the section (2); from offset 0x36 on the bytes of p, q, dp, dq, u and
 *                             the modulus (2 each); 0x46 bytes of padding (2); from 0x84 on p, q, dp, dq, u, padding,
 *                             modulus all ones; then a public section without modulus
 * </pre>
 * Source: Linux {@code drivers/s390/crypto/zcrypt_cca_key.h}, {@code struct cca_token_hdr}, {@code struct cca_public_sec},
 * {@code struct cca_pvt_ext_CRT_sec}.
 */
public sealed interface RsaKeyToken {
    /** First byte of a token. */
    int TOKEN = 0x1e;
    /** First byte of a public section. */
    int PUBLIC_SECTION = 0x04;
    /** First byte of a private section in CRT form. */
    int CRT_SECTION = 0x08;
    /** Length of the token header in bytes. */
    int HEADER = 8;
    /** Length of a public section before exponent and modulus, in bytes. */
    int PUBLIC_LENGTH = 12;
    /** Length of a private section before its numbers, in bytes. */
    int CRT_LENGTH = 0x84;

    /** Returns the length of the modulus in bytes. */
    int modulusBytes();

    /** Exponent and modulus: unsigned numbers, big-endian, as long as their fields. */
    record ModulusExponent(byte[] exponent, byte[] modulus) implements RsaKeyToken {
        @Override
        public int modulusBytes() {
            return modulus.length;
        }
    }

    /** Primes, exponents modulo the primes less one, and the inverse of q modulo p: as above. */
    record Crt(byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] u, int modulusBytes)
            implements
                RsaKeyToken {}

    /**
     * Returns the token of a public or private key in modulus-exponent form.
     *
     * @param exponent as long as the modulus
     */
    static byte[] modulusExponent(byte[] exponent, byte[] modulus) {
        int section = PUBLIC_LENGTH + exponent.length + modulus.length;
        ByteBuffer out = ByteBuffer.allocate(HEADER + section);
        header(out);
        return out.put((byte) PUBLIC_SECTION).put((byte) 0).putShort((short) section).putShort((short) 0)
                .putShort((short) exponent.length).putShort((short) (8 * modulus.length))
                .putShort((short) modulus.length).put(exponent).put(modulus).array();
    }

    /**
     * Returns the token of a private key in CRT form.
     *
     * @param p first prime, and so on; each as long as its field
     * @param modulusBytes length of the modulus
     */
    static byte[] crt(byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] u, int modulusBytes) {
        int numbers = p.length + q.length + dp.length + dq.length + u.length;
        int padding = -(numbers) & 7;
        int section = CRT_LENGTH + numbers + padding + modulusBytes;
        ByteBuffer out = ByteBuffer.allocate(HEADER + section + PUBLIC_LENGTH + 3);
        header(out);
        out.put(HEADER, (byte) CRT_SECTION).putShort(HEADER + 2, (short) section);
        out.put(HEADER + 0x1c, (byte) 0x40).put(HEADER + 0x32, (byte) 0x80);
        out.position(HEADER + 0x36);
        out.putShort((short) p.length).putShort((short) q.length).putShort((short) dp.length)
                .putShort((short) dq.length).putShort((short) u.length).putShort((short) modulusBytes);
        out.putShort(HEADER + 0x46, (short) padding);
        out.position(HEADER + CRT_LENGTH);
        out.put(p).put(q).put(dp).put(dq).put(u).put(new byte[padding]);
        byte[] ones = new byte[modulusBytes];
        Arrays.fill(ones, (byte) -1);
        return out.put(ones).put((byte) PUBLIC_SECTION).put((byte) 0).putShort((short) (PUBLIC_LENGTH + 3))
                .putShort((short) 0).putShort((short) 3).putShort((short) (8 * modulusBytes)).putShort((short) 0)
                .put((byte) 1).put((byte) 0).put((byte) 1).array();
    }

    private static void header(ByteBuffer out) {
        out.put((byte) TOKEN).put((byte) 0).putShort((short) out.capacity()).putInt(0);
    }

    /**
     * Reads a token.
     *
     * @return the key, null if the token is malformed or of another kind
     */
    static @Nullable RsaKeyToken parse(byte[] bytes, int offset, int length) {
        if (length < HEADER + PUBLIC_LENGTH || (bytes[offset] & 0xff) != TOKEN) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, offset, length).slice();
        if ((in.getShort(2) & 0xffff) > length) {
            return null;
        }
        return switch (in.get(HEADER)) {
            case PUBLIC_SECTION -> parsePublic(in);
            case CRT_SECTION -> parseCrt(in);
            default -> null;
        };
    }

    private static @Nullable RsaKeyToken parsePublic(ByteBuffer in) {
        int exponentBytes = in.getShort(HEADER + 6) & 0xffff;
        int modulusBytes = in.getShort(HEADER + 10) & 0xffff;
        in.position(HEADER + PUBLIC_LENGTH);
        if (in.remaining() < exponentBytes + modulusBytes) {
            return null;
        }
        return new ModulusExponent(number(in, exponentBytes), number(in, modulusBytes));
    }

    private static @Nullable RsaKeyToken parseCrt(ByteBuffer in) {
        if (in.capacity() < HEADER + CRT_LENGTH) {
            return null;
        }
        int[] lengths = new int[6];
        int total = 0;
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = in.getShort(HEADER + 0x36 + 2 * i) & 0xffff;
            total += lengths[i];
        }
        in.position(HEADER + CRT_LENGTH);
        if (in.remaining() < total) {
            return null;
        }
        return new Crt(number(in, lengths[0]), number(in, lengths[1]), number(in, lengths[2]), number(in, lengths[3]),
                number(in, lengths[4]), lengths[5]);
    }

    private static byte[] number(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
