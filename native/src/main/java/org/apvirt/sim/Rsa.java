// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.RsaKeyToken;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The RSA operation of accelerators and CCA cards. */
final class Rsa {
    /** Longest modulus that a card takes, in bytes. */
    static final int LONGEST_MODULUS = 512;

    private static final int PAD = 8; // what may precede a number of a CRT key

    private Rsa() {}

    /** Returns 0 if a card can work with the key, else why not, as a code of {@link ErrorReply}. */
    static int check(RsaKeyToken key) {
        return switch (key) {
            case RsaKeyToken.ModulusExponent me ->
                fits(LONGEST_MODULUS, me.exponent(), me.modulus()) ? check(me.modulus()) : ErrorReply.OPERAND_SIZE;
            case RsaKeyToken.Crt crt -> {
                boolean fits = fits(LONGEST_MODULUS / 2 + PAD, crt.p(), crt.q(), crt.dp(), crt.dq(), crt.u());
                int code = fits ? check(crt.p()) : ErrorReply.OPERAND_SIZE;
                yield code != 0 ? code : check(crt.q());
            }
        };
    }

    private static boolean fits(int longest, byte[]... numbers) {
        for (byte[] number : numbers) {
            if (number.length > longest) {
                return false;
            }
        }
        return true;
    }

    private static int check(byte[] modulus) {
        int bits = 0;
        for (byte digit : modulus) {
            bits |= digit;
        }
        if (bits == 0) {
            return ErrorReply.OPERAND_INVALID;
        }
        return (modulus[modulus.length - 1] & 1) == 0 ? ErrorReply.EVEN_MODULUS : 0;
    }

    /**
     * Returns the result of an operation with a key that {@link #check} found possible, zeros on the left; null if the
     * message is not below the modulus.
     */
    static byte @Nullable [] apply(RsaArithmetic arithmetic, RsaKeyToken key, byte[] message) {
        return switch (key) {
            case RsaKeyToken.ModulusExponent me -> arithmetic.modExpo(message, me.exponent(), me.modulus());
            case RsaKeyToken.Crt crt -> arithmetic.crt(message, crt.p(), crt.q(), crt.dp(), crt.dq(), crt.u());
        };
    }
}
