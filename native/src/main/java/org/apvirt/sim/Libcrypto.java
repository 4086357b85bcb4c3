// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import com.sun.jna.Native;

/**
 * Every function of OpenSSL's libcrypto that this package calls; nothing else crosses over. Pointers are plain
 * addresses, so that a call allocates nothing.
 */
final class Libcrypto {
    /** Flag of a number: functions that have a constant-time form are to use it. */
    static final int BN_FLG_CONSTTIME = 0x04;

    private static final int OPENSSL_VERSION = 0; // selects the text of OpenSSL_version

    static {
        if (Native.POINTER_SIZE != 8) {
            throw new UnsatisfiedLinkError("a 64-bit system is needed");
        }
        Native.register(Libcrypto.class, "libcrypto.so.3");
    }

    private Libcrypto() {}

    /** Returns name and version of the library. */
    static String version() {
        return OpenSSL_version(OPENSSL_VERSION);
    }

    /** const char *OpenSSL_version(int t) */
    private static native String OpenSSL_version(int what);

    /** void *CRYPTO_malloc(size_t num, const char *file, int line) */
    static native long CRYPTO_malloc(long bytes, long file, int line);

    /** void CRYPTO_clear_free(void *ptr, size_t num, const char *file, int line) */
    static native void CRYPTO_clear_free(long address, long bytes, long file, int line);

    /** BN_CTX *BN_CTX_new(void) */
    static native long BN_CTX_new();

    /** void BN_CTX_start(BN_CTX *ctx) */
    static native void BN_CTX_start(long context);

    /** BIGNUM *BN_CTX_get(BN_CTX *ctx) */
    static native long BN_CTX_get(long context);

    /** void BN_CTX_end(BN_CTX *ctx) */
    static native void BN_CTX_end(long context);

    /** void BN_CTX_free(BN_CTX *c): erases its numbers */
    static native void BN_CTX_free(long context);

    /** BIGNUM *BN_bin2bn(const unsigned char *s, int len, BIGNUM *ret) */
    static native long BN_bin2bn(long bytes, int length, long result);

    /** int BN_bn2binpad(const BIGNUM *a, unsigned char *to, int tolen): -1 if it does not fit */
    static native int BN_bn2binpad(long number, long bytes, int length);

    /** void BN_set_flags(BIGNUM *b, int n) */
    static native void BN_set_flags(long number, int flags);

    /** int BN_ucmp(const BIGNUM *a, const BIGNUM *b) */
    static native int BN_ucmp(long a, long b);

    /** int BN_add(BIGNUM *r, const BIGNUM *a, const BIGNUM *b) */
    static native int BN_add(long result, long a, long b);

    /** int BN_sub(BIGNUM *r, const BIGNUM *a, const BIGNUM *b) */
    static native int BN_sub(long result, long a, long b);

    /** int BN_mul(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx) */
    static native int BN_mul(long result, long a, long b, long context);

    /** int BN_div(BIGNUM *dv, BIGNUM *rem, const BIGNUM *m, const BIGNUM *d, BN_CTX *ctx) */
    static native int BN_div(long quotient, long remainder, long number, long divisor, long context);

    /**
     * int BN_mod_exp_mont_consttime(BIGNUM *rr, const BIGNUM *a, const BIGNUM *p, const BIGNUM *m, BN_CTX *ctx,
     * BN_MONT_CTX *in_mont)
     */
    static native int BN_mod_exp_mont_consttime(long result, long base, long exponent, long modulus, long context,
            long montgomery);

    /**
     * int BN_mod_exp_mont_consttime_x2(BIGNUM *rr1, const BIGNUM *a1, const BIGNUM *p1, const BIGNUM *m1,
     * BN_MONT_CTX *in_mont1, BIGNUM *rr2, const BIGNUM *a2, const BIGNUM *p2, const BIGNUM *m2, BN_MONT_CTX *in_mont2,
     * BN_CTX *ctx)
     */
    static native int BN_mod_exp_mont_consttime_x2(long result1, long base1, long exponent1, long modulus1,
            long montgomery1, long result2, long base2, long exponent2, long modulus2, long montgomery2, long context);
}
