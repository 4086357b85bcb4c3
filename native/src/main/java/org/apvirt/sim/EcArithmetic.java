// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Set;

import org.apvirt.arch.cca.EcCurve;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Who computes with elliptic curves for the cards. Coordinates, private keys, r and s are unsigned, big-endian and as
 * long as a coordinate of the curve. Thread-safe. {@code toString} names the library with its version.
 */
public sealed interface EcArithmetic permits LibcryptoEc, JdkEc {
    /** What a verification found. */
    enum Verdict {
        /** The signature is that of the hash. */
        GOOD,
        /** It is not. */
        BAD,
        /** The public key is no point of the curve. */
        NO_POINT
    }

    /**
     * A new key.
     *
     * @param privateKey D
     * @param publicKey X and Y
     */
    record Key(byte[] privateKey, byte[] publicKey) {
        @Override
        public String toString() { // never the private key
            return "key of " + privateKey.length + " bytes";
        }
    }

    /** Returns libcrypto if this process can load it, else the JDK's provider, which has fewer curves. */
    static EcArithmetic installed() {
        return InstalledArithmetic.Curves.INSTANCE;
    }

    /** Returns the curves that it knows; other methods take no others. */
    Set<EcCurve> curves();

    /** Generates a key. */
    Key generate(EcCurve curve);

    /**
     * Signs a hash by ECDSA; a hash longer than the order is cut on the right.
     *
     * @return r and s; null if the private key is not between zero and the order
     */
    byte @Nullable [] sign(EcCurve curve, byte[] privateKey, byte[] hash);

    /**
     * Verifies an ECDSA signature.
     *
     * @param publicKey X and Y
     * @param signature r and s
     */
    Verdict verify(EcCurve curve, byte[] publicKey, byte[] hash, byte[] signature);

    /**
     * Multiplies a point of another with a private key.
     *
     * @return the x-coordinate; null if the private key is out of range or the public key is no point of the curve
     */
    byte @Nullable [] derive(EcCurve curve, byte[] privateKey, byte[] publicKey);
}
