// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The master keys of a CCA domain. Patterns of AES and APKA are those of IBM's CCA documentation, "SHA-256 based
 * master-key verification method"; SYM as its "Key-token verification patterns" have it for triple-length keys.
 */
public enum MasterKeySet {
    /** DES keys. */
    SYM(24, 8),
    /** RSA private keys. Not IBM's: the pattern, which real cards compute by MDC-4, is SHA-256 here, 16 bytes of it. */
    ASYM(24, 16),
    /** AES keys, DATA and CIPHER. */
    AES(32, 8),
    /** Private keys of elliptic curves. */
    APKA(32, 8);

    private final int keyBytes;
    private final int patternBytes;

    MasterKeySet(int keyBytes, int patternBytes) {
        this.keyBytes = keyBytes;
        this.patternBytes = patternBytes;
    }

    /** Returns the length of the key in bytes. */
    public int keyBytes() {
        return keyBytes;
    }

    /** Returns the length of its verification pattern in bytes. */
    public int patternBytes() {
        return patternBytes;
    }

    /** Returns the verification pattern of a key. */
    public byte[] pattern(byte[] key) {
        try {
            MessageDigest digest = MessageDigest.getInstance(this == SYM ? "SHA-1" : "SHA-256");
            if (this != SYM) {
                digest.update((byte) 1);
            }
            return Arrays.copyOf(digest.digest(key), patternBytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has both
        }
    }
}
