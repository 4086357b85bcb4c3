// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import com.sun.jna.Native;

/** Functions of OpenSSL's libcrypto for elliptic curves; see {@link Libcrypto}. */
final class LibcryptoCurves {
    static {
        Native.register(LibcryptoCurves.class, "libcrypto.so.3");
    }

    private LibcryptoCurves() {}

    /** int OBJ_sn2nid(const char *s): 0 if there is none of this name */
    static native int OBJ_sn2nid(String name);

    /** EC_KEY *EC_KEY_new_by_curve_name(int nid) */
    static native long EC_KEY_new_by_curve_name(int nid);

    /** const EC_GROUP *EC_KEY_get0_group(const EC_KEY *key) */
    static native long EC_KEY_get0_group(long key);

    /** int EC_KEY_generate_key(EC_KEY *key) */
    static native int EC_KEY_generate_key(long key);

    /** const BIGNUM *EC_KEY_get0_private_key(const EC_KEY *key) */
    static native long EC_KEY_get0_private_key(long key);

    /** const EC_POINT *EC_KEY_get0_public_key(const EC_KEY *key) */
    static native long EC_KEY_get0_public_key(long key);

    /** int EC_KEY_oct2priv(EC_KEY *key, const unsigned char *buf, size_t len) */
    static native int EC_KEY_oct2priv(long key, long bytes, long length);

    /** int EC_KEY_set_private_key(EC_KEY *key, const BIGNUM *prv): with null erases what there is, and answers 0 */
    static native int EC_KEY_set_private_key(long key, long number);

    /** int EC_KEY_oct2key(EC_KEY *key, const unsigned char *buf, size_t len, BN_CTX *ctx): 0 if it is not on the curve */
    static native int EC_KEY_oct2key(long key, long bytes, long length, long context);

    /** size_t EC_POINT_point2oct(const EC_GROUP *g, const EC_POINT *p, int form, unsigned char *buf, size_t len, BN_CTX *c) */
    static native long EC_POINT_point2oct(long group, long point, int form, long bytes, long length, long context);

    /** int ECDSA_sign(int type, const unsigned char *dgst, int dgstlen, unsigned char *sig, unsigned *siglen, EC_KEY *key) */
    static native int ECDSA_sign(int type, long hash, int length, long signature, long signatureLength, long key);

    /** int ECDSA_verify(int type, const unsigned char *dgst, int dgstlen, const unsigned char *sig, int siglen, EC_KEY *key) */
    static native int ECDSA_verify(int type, long hash, int length, long signature, int signatureLength, long key);

    /** int ECDH_compute_key(void *out, size_t outlen, const EC_POINT *pub_key, const EC_KEY *ecdh, void *KDF) */
    static native int ECDH_compute_key(long out, long length, long point, long key, long derivation);

    /** void ERR_clear_error(void) */
    static native void ERR_clear_error();
}
