// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.Arrays;

import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcPrivateToken;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A token opened by the master keys of a domain, or why it cannot be. The checks come in this order: kind and version,
 * form, validation value, current master key valid, pattern, content.
 *
 * @param result {@link CcaResult#DONE}, {@link CcaResult#OLD_KEY} or the refusal
 * @param key the clear key, empty with a refusal
 * @param parts of a CIPHER key that is not complete: how many parts it has
 */
record OpenedKey(CcaResult result, byte[] key, int parts) implements AutoCloseable {
    private static final byte[] NOTHING = {};

    private static OpenedKey refused(CcaResult why) {
        return new OpenedKey(why, NOTHING, 0);
    }

    private static OpenedKey of(CcaResult result, byte @Nullable [] key, int parts) {
        return key == null ? refused(CcaResult.BAD_TOKEN) : new OpenedKey(result, key, parts);
    }

    /** Tells whether the token was opened. */
    boolean isOpen() {
        return result.isDone();
    }

    /** Opens an AES DATA token. */
    static OpenedKey ofData(byte[] bytes, DomainKeys keys) {
        AesDataToken token = AesDataToken.parse(bytes);
        if (token == null) {
            return refused(unusable(bytes, AesDataToken.isKind(bytes)));
        }
        if (!AesDataToken.isValid(bytes)) {
            return refused(CcaResult.BAD_VALIDATION_VALUE);
        }
        MasterKey master = keys.key(MasterKeySet.AES);
        CcaResult found = find(master, token.pattern());
        byte[] with = found.isDone() ? master(master, token.pattern()) : null;
        return with == null ? refused(missing(found)) : of(found, KeyWrapping.dataKey(token, with), 0);
    }

    /** Opens an AES CIPHER token. */
    static OpenedKey ofCipher(byte[] bytes, DomainKeys keys) {
        AesCipherToken token = AesCipherToken.parse(bytes);
        if (token == null) {
            return refused(unusable(bytes, AesCipherToken.isKind(bytes)));
        }
        MasterKey master = keys.key(MasterKeySet.AES);
        CcaResult found = find(master, token.pattern());
        byte[] with = found.isDone() ? master(master, token.pattern()) : null;
        if (with == null) {
            return refused(missing(found));
        }
        KeyWrapping.CipherKey key = KeyWrapping.cipherKey(token, with);
        return key == null ? refused(CcaResult.BAD_TOKEN) : of(found, key.key(), key.parts());
    }

    /** Opens the token of a private key of an elliptic curve. */
    static OpenedKey ofEc(byte[] bytes, DomainKeys keys) {
        EcPrivateToken token = EcPrivateToken.parse(bytes);
        if (token == null) {
            return refused(unusable(bytes, EcPrivateToken.isKind(bytes)));
        }
        MasterKey master = keys.key(MasterKeySet.APKA);
        CcaResult found = find(master, token.pattern());
        byte[] with = found.isDone() ? master(master, token.pattern()) : null;
        return with == null ? refused(missing(found)) : of(found, KeyWrapping.ecKey(token, with), 0);
    }

    private static CcaResult unusable(byte[] bytes, boolean known) {
        boolean internal = bytes.length > 4 && bytes[0] == 1;
        return internal && !known ? CcaResult.BAD_TOKEN_VERSION : CcaResult.BAD_TOKEN;
    }

    private static CcaResult find(MasterKey master, byte[] pattern) {
        if (!master.current().isFull()) {
            return CcaResult.NO_MASTER_KEY;
        }
        return master.current().matches(pattern)
                ? CcaResult.DONE
                : master.old().matches(pattern) ? CcaResult.OLD_KEY : CcaResult.WRONG_MASTER_KEY;
    }

    private static byte @Nullable [] master(MasterKey master, byte[] pattern) {
        KeyRegister register = master.of(pattern);
        return register == null ? null : register.key();
    }

    /** A register of which only the pattern is known cannot decipher. */
    private static CcaResult missing(CcaResult found) {
        return found.isDone() ? CcaResult.NO_MASTER_KEY : found;
    }

    @Override
    public void close() {
        Arrays.fill(key, (byte) 0);
    }

    @Override
    public String toString() { // never the key
        return "key opened with " + result;
    }
}
