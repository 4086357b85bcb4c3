// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Who computes with big numbers for the cards. Numbers are unsigned and big-endian, zeros on the left allowed; the
 * caller has made sure that moduli are odd. Both implementations give the same result for the same numbers, whether or
 * not they make a sensible key. Thread-safe. {@code toString} names the library with its version.
 */
public sealed interface RsaArithmetic permits LibcryptoArithmetic, BigIntegerArithmetic {
    /**
     * Returns libcrypto if this process can load it, else the JDK's own numbers, which tell why. The answer is looked
     * for once, and logged then to {@code org.apvirt.sim}.
     */
    static RsaArithmetic installed() {
        return InstalledArithmetic.INSTANCE;
    }

    /**
     * Returns message^exponent mod modulus.
     *
     * @return as many bytes as the modulus has; null if the message is not below the modulus
     */
    byte @Nullable [] modExpo(byte[] message, byte[] exponent, byte[] modulus);

    /**
     * Returns m2 + q * (u * (m1 - m2) mod p), where m1 is message^dp mod p and m2 is message^dq mod q.
     *
     * @return as many bytes as p and q have together; null if the message is not below p * q
     */
    byte @Nullable [] crt(byte[] message, byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] u);
}
