// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;
import java.security.SecureRandom;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Big numbers of the JDK.
 *
 * <p>Secrets: {@link BigInteger} is <em>not</em> constant-time. Each exponentiation works on the message times a random
 * number, and the same exponentiation of that number is divided out again, so that its time does not depend on a message
 * that somebody chose; it still depends on the exponent. Key numbers stay in the Java heap until it is reused.
 */
final class BigIntegerArithmetic implements RsaArithmetic {
    private final String why;
    private final SecureRandom random = new SecureRandom();

    /**
     * The arithmetic.
     *
     * @param why why it is this one, in a few words
     */
    BigIntegerArithmetic(String why) {
        this.why = why;
    }

    @Override
    public byte @Nullable [] modExpo(byte[] message, byte[] exponent, byte[] modulus) {
        BigInteger m = number(message);
        BigInteger n = number(modulus);
        return m.compareTo(n) < 0 ? bytes(power(m, number(exponent), n), modulus.length) : null;
    }

    @Override
    public byte @Nullable [] crt(byte[] message, byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] u) {
        BigInteger c = number(message);
        BigInteger bigP = number(p);
        BigInteger bigQ = number(q);
        if (c.compareTo(bigP.multiply(bigQ)) >= 0) {
            return null;
        }
        BigInteger m1 = power(c, number(dp), bigP);
        BigInteger m2 = power(c, number(dq), bigQ);
        BigInteger h = number(u).multiply(m1.subtract(m2)).mod(bigP);
        return bytes(m2.add(h.multiply(bigQ)), p.length + q.length);
    }

    /** Returns base^exponent, through a blinded base. */
    private BigInteger power(BigInteger base, BigInteger exponent, BigInteger modulus) {
        BigInteger blinding;
        do {
            blinding = new BigInteger(modulus.bitLength(), random).mod(modulus);
        } while (!blinding.gcd(modulus).equals(BigInteger.ONE));
        BigInteger blinded = base.multiply(blinding).mod(modulus).modPow(exponent, modulus);
        return blinded.multiply(blinding.modPow(exponent, modulus).modInverse(modulus)).mod(modulus);
    }

    private static BigInteger number(byte[] bytes) {
        return new BigInteger(1, bytes);
    }

    private static byte[] bytes(BigInteger number, int length) {
        byte[] digits = number.toByteArray();
        byte[] field = new byte[length];
        int used = Math.min(digits.length, length); // one sign byte more than needed is possible
        System.arraycopy(digits, digits.length - used, field, length - used, used);
        return field;
    }

    @Override
    public String toString() {
        return "java.math.BigInteger, not constant-time (" + why + ")";
    }
}
