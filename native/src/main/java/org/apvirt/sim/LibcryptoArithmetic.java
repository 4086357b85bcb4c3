// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import com.sun.jna.Pointer;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Big numbers of OpenSSL's libcrypto, version 3.
 *
 * <p>Secrets: exponentiations are {@code BN_mod_exp_mont_consttime} and its two-at-a-time form, whose time depends on
 * the lengths of the numbers in words and not on their values. What is around them (multiplication, division with
 * remainder, addition) is what libcrypto itself uses with secret numbers and calls constant-time for given lengths, on
 * processors whose multiply and divide instructions are; only the comparison of the message with the modulus, both of
 * which the sender knows, is not. There is no blinding and no check of the result with the public exponent, which a
 * request does not have. Everything is set up for one message and erased after it; no key is kept.
 */
final class LibcryptoArithmetic implements RsaArithmetic {
    private static final long NOT_USED = 0; // a null pointer: the library makes its own
    private static final int LONGEST = 0x1000; // bytes of one number

    private final String version;

    private LibcryptoArithmetic(String version) {
        this.version = version;
    }

    /**
     * Loads the library.
     *
     * @throws LinkageError there is none, or not all functions are in it
     */
    static LibcryptoArithmetic load() {
        return new LibcryptoArithmetic(Libcrypto.version());
    }

    @Override
    public byte @Nullable [] modExpo(byte[] message, byte[] exponent, byte[] modulus) {
        try (Numbers numbers = new Numbers()) {
            long m = numbers.of(message);
            long e = numbers.secret(exponent);
            long n = numbers.of(modulus);
            if (Libcrypto.BN_ucmp(m, n) >= 0) {
                return null;
            }
            long result = numbers.get();
            done(Libcrypto.BN_mod_exp_mont_consttime(result, m, e, n, numbers.context, NOT_USED));
            return numbers.bytes(result, modulus.length);
        }
    }

    @Override
    public byte @Nullable [] crt(byte[] message, byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] u) {
        try (Numbers numbers = new Numbers()) {
            long context = numbers.context;
            long c = numbers.of(message);
            long bnP = numbers.secret(p);
            long bnQ = numbers.secret(q);
            long n = numbers.get();
            done(Libcrypto.BN_mul(n, bnP, bnQ, context));
            if (Libcrypto.BN_ucmp(c, n) >= 0) {
                return null;
            }
            long m1 = numbers.get();
            long m2 = numbers.get();
            done(Libcrypto.BN_div(NOT_USED, m1, c, bnP, context));
            done(Libcrypto.BN_div(NOT_USED, m2, c, bnQ, context));
            done(Libcrypto.BN_mod_exp_mont_consttime_x2(m1, m1, numbers.secret(dp), bnP, NOT_USED, m2, m2,
                    numbers.secret(dq), bnQ, NOT_USED, context));
            // m1 - m2 as m1 + p - (m2 mod p), which needs no sign.
            long h = numbers.get();
            done(Libcrypto.BN_div(NOT_USED, h, m2, bnP, context));
            done(Libcrypto.BN_add(m1, m1, bnP));
            done(Libcrypto.BN_sub(h, m1, h));
            done(Libcrypto.BN_mul(h, h, numbers.secret(u), context));
            done(Libcrypto.BN_div(NOT_USED, h, h, bnP, context));
            done(Libcrypto.BN_mul(h, h, bnQ, context));
            done(Libcrypto.BN_add(h, h, m2));
            return numbers.bytes(h, p.length + q.length);
        }
    }

    private static void done(int success) {
        if (success != 1) {
            throw new IllegalStateException("libcrypto is out of memory");
        }
    }

    /** The numbers of one message, and a buffer on the way to them. All are erased in the end. */
    private static final class Numbers implements AutoCloseable {
        final long context = Libcrypto.BN_CTX_new();
        private final long buffer = Libcrypto.CRYPTO_malloc(LONGEST, NOT_USED, 0);

        Numbers() {
            done(context != 0 && buffer != 0 ? 1 : 0);
            Libcrypto.BN_CTX_start(context);
        }

        long get() {
            long number = Libcrypto.BN_CTX_get(context);
            done(number != 0 ? 1 : 0);
            return number;
        }

        long of(byte[] bytes) {
            if (bytes.length > LONGEST) {
                throw new IllegalArgumentException("a number of " + bytes.length + " bytes");
            }
            new Pointer(buffer).write(0, bytes, 0, bytes.length);
            long number = get();
            done(Libcrypto.BN_bin2bn(buffer, bytes.length, number) != 0 ? 1 : 0);
            return number;
        }

        long secret(byte[] bytes) {
            long number = of(bytes);
            Libcrypto.BN_set_flags(number, Libcrypto.BN_FLG_CONSTTIME);
            return number;
        }

        byte[] bytes(long number, int length) {
            byte[] bytes = new byte[length];
            done(Libcrypto.BN_bn2binpad(number, buffer, length) == length ? 1 : 0);
            new Pointer(buffer).read(0, bytes, 0, length);
            return bytes;
        }

        @Override
        public void close() {
            Libcrypto.BN_CTX_end(context);
            Libcrypto.BN_CTX_free(context);
            Libcrypto.CRYPTO_clear_free(buffer, LONGEST, NOT_USED, 0);
        }
    }

    @Override
    public String toString() {
        return "libcrypto, " + version;
    }
}
