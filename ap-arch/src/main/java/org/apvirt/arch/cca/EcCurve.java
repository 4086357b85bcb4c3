// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.cca;

import java.math.BigInteger;
import java.util.HexFormat;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The elliptic curves of CCA cards: prime curves of NIST and Brainpool. Source: libica {@code s390_ecc.c}; orders as
 * published in FIPS 186-4 and RFC 5639.
 */
public enum EcCurve {
    /** NIST P-192. */
    P192(0, 192, "prime192v1", "ffffffffffffffffffffffff99def836146bc9b1b4d22831"),
    /** NIST P-224. */
    P224(0, 224, "secp224r1", "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d"),
    /** NIST P-256. */
    P256(0, 256, "prime256v1", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    /** NIST P-384. */
    P384(0, 384, "secp384r1",
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
    /** NIST P-521. */
    P521(0, 521, "secp521r1", "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f96"
            + "6b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"),
    /** brainpoolP160r1. */
    BRAINPOOL160(1, 160, "brainpoolP160r1", "e95e4a5f737059dc60df5991d45029409e60fc09"),
    /** brainpoolP192r1. */
    BRAINPOOL192(1, 192, "brainpoolP192r1", "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1"),
    /** brainpoolP224r1. */
    BRAINPOOL224(1, 224, "brainpoolP224r1", "d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f"),
    /** brainpoolP256r1. */
    BRAINPOOL256(1, 256, "brainpoolP256r1", "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7"),
    /** brainpoolP320r1. */
    BRAINPOOL320(1, 320, "brainpoolP320r1",
            "d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311"),
    /** brainpoolP384r1. */
    BRAINPOOL384(1, 384, "brainpoolP384r1",
            "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565"),
    /** brainpoolP512r1. */
    BRAINPOOL512(1, 512, "brainpoolP512r1", "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308705"
            + "53e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069");

    private static final EcCurve[] ALL = values(); // which copies them each time

    private final int type;
    private final int bits;
    private final String opensslName;
    private final byte[] order;

    EcCurve(int type, int bits, String opensslName, String order) {
        this.type = type;
        this.bits = bits;
        this.opensslName = opensslName;
        this.order = HexFormat.of().parseHex(order);
    }

    /** Returns the curve type of tokens: 0 prime (NIST), 1 Brainpool. */
    public int type() {
        return type;
    }

    /** Returns the bits of the field's prime. */
    public int bits() {
        return bits;
    }

    /** Returns the bytes of a coordinate, and of a private key. */
    public int bytes() {
        return (bits + 7) / 8;
    }

    /** Returns the name that OpenSSL knows the curve by. */
    public String opensslName() {
        return opensslName;
    }

    /** Returns the order of the base point. */
    public BigInteger order() {
        return new BigInteger(1, order);
    }

    /**
     * Tells whether a number is a private key: above zero and below the order. Its time does not depend on the number.
     *
     * @param number as many bytes as a coordinate has
     */
    public boolean isPrivateKey(byte[] number) {
        if (number.length != order.length) {
            return false;
        }
        int borrow = 0;
        int any = 0;
        for (int i = number.length - 1; i >= 0; i--) {
            int digit = number[i] & 0xff;
            any |= digit;
            borrow = digit - (order[i] & 0xff) - borrow >> 31 & 1;
        }
        return (any != 0) & borrow == 1;
    }

    /** Returns the curve of a token's type and bits; null: there is none. */
    public static @Nullable EcCurve of(int type, int bits) {
        for (EcCurve curve : ALL) {
            if (curve.type == type && curve.bits == bits) {
                return curve;
            }
        }
        return null;
    }
}
