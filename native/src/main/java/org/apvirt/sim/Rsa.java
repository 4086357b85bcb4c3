package org.apvirt.sim;

import java.math.BigInteger;

import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.RsaKeyToken;

/** The RSA operation of accelerators and CCA cards, on numbers. */
final class Rsa {
    private Rsa() {}

    /** Returns 0 if the operation can be done, else why not, as a code of {@link ErrorReply}. */
    static int check(RsaKeyToken key, BigInteger message) {
        return switch (key) {
            case RsaKeyToken.ModulusExponent me -> check(message, me.modulus(), me.modulus().testBit(0));
            case RsaKeyToken.Crt crt ->
                check(message, crt.p().multiply(crt.q()), crt.p().testBit(0) && crt.q().testBit(0));
        };
    }

    private static int check(BigInteger message, BigInteger modulus, boolean odd) {
        if (modulus.signum() == 0) {
            return ErrorReply.OPERAND_INVALID;
        }
        if (!odd) {
            return ErrorReply.EVEN_MODULUS;
        }
        return message.compareTo(modulus) < 0 ? 0 : ErrorReply.OPERAND_SIZE;
    }

    /** Returns the result of an operation that {@link #check} found possible. */
    static BigInteger apply(RsaKeyToken key, BigInteger message) {
        return switch (key) {
            case RsaKeyToken.ModulusExponent me -> message.modPow(me.exponent(), me.modulus());
            case RsaKeyToken.Crt crt -> {
                BigInteger m1 = message.modPow(crt.dp(), crt.p());
                BigInteger m2 = message.modPow(crt.dq(), crt.q());
                BigInteger h = crt.u().multiply(m1.subtract(m2)).mod(crt.p());
                yield m2.add(h.multiply(crt.q()));
            }
        };
    }

    /** Returns a number in exactly so many bytes, big-endian. */
    static byte[] bytes(BigInteger number, int length) {
        byte[] digits = number.toByteArray();
        byte[] field = new byte[length];
        int used = Math.min(digits.length, length); // one sign byte more than needed is possible
        System.arraycopy(digits, digits.length - used, field, length - used, used);
        return field;
    }
}
