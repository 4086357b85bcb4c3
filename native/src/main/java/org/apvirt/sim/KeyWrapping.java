// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.EcPrivateToken;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How keys lie in tokens. AES DATA is as IBM documents it. Not IBM's: the payload of CIPHER and ECC tokens, which nobody
 * but the card opens: RFC 3394 of the key, random pad and a MAC over the token's other fields.
 *
 * <p>AES and HMAC are the JDK's, constant-time where the processor has AES instructions; MACs are compared in constant time.
 */
final class KeyWrapping {
    private static final int MAC_LENGTH = 16;
    private static final int SEMIBLOCK = 8; // what RFC 3394 adds

    private static final int LEAST_WRAPPED = 3 * SEMIBLOCK;

    private KeyWrapping() {}

    /** Returns the AES DATA token of a clear key. */
    static byte[] dataToken(byte[] key, byte[] masterKey, byte[] pattern) {
        byte[] padded = Arrays.copyOf(key, AesDataToken.KEY_LENGTH);
        byte[] token = new AesDataToken(checksum(key), pattern, cbc(Cipher.ENCRYPT_MODE, masterKey, padded),
                8 * key.length).toBytes();
        Arrays.fill(padded, (byte) 0);
        return token;
    }

    /** Returns the clear key of an AES DATA token, null if it does not fit its checksum. */
    static byte @Nullable [] dataKey(AesDataToken token, byte[] masterKey) {
        byte[] padded = cbc(Cipher.DECRYPT_MODE, masterKey, token.enciphered());
        int length = token.bits() / 8;
        byte[] key = Arrays.copyOf(padded, length);
        int rest = 0;
        for (int i = length; i < padded.length; i++) {
            rest |= padded[i];
        }
        Arrays.fill(padded, (byte) 0);
        return (rest | checksum(key) ^ token.checksum()) == 0 ? key : null;
    }

    private static int checksum(byte[] key) {
        int sum = 0;
        for (byte digit : key) {
            sum ^= digit;
        }
        return sum & 0xff;
    }

    private static byte[] cbc(int mode, byte[] key, byte[] text) {
        try {
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
            return cipher.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it, and lengths are right
        }
    }

    /**
     * A key in a CIPHER token.
     *
     * @param parts how many parts it is made of, 0: it was generated
     * @param key the clear key, or the sum of its parts so far
     */
    record CipherKey(int parts, byte[] key) {
        @Override
        public String toString() {
            return "key of " + key.length + " bytes";
        }
    }

    /** Returns the CIPHER token of a clear key. */
    static byte[] cipherToken(AesCipherToken skeleton, int state, CipherKey key, byte[] masterKey, byte[] pattern,
            byte[] pad) {
        int length = skeleton.payloadLength(8 * key.key.length);
        AesCipherToken token = skeleton.with(state, pattern, length);
        byte[] content = Arrays.copyOf(pad, length - SEMIBLOCK);
        ByteBuffer.wrap(content).put((byte) key.parts).put((byte) key.key.length).put(mac(masterKey, token.header()))
                .put(key.key);
        byte[] payload = wrap(masterKey, content);
        Arrays.fill(content, (byte) 0);
        return token.payload(payload).toBytes();
    }

    /** Returns the key of a CIPHER token, null if it was not made with this master key or has been changed. */
    static @Nullable CipherKey cipherKey(AesCipherToken token, byte[] masterKey) {
        byte[] content = unwrap(masterKey, token.payload());
        if (content == null) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(content);
        int parts = in.get();
        int length = in.get();
        byte[] mac = new byte[MAC_LENGTH];
        in.get(mac);
        boolean intact = MessageDigest.isEqual(mac, mac(masterKey, token.header()))
                && token.payload().length == token.payloadLength(8 * length);
        byte[] key = new byte[intact ? length : 0];
        in.get(key);
        Arrays.fill(content, (byte) 0);
        return intact ? new CipherKey(parts, key) : null;
    }

    /** Returns the token of a private key; nobody but this card's APKA master key opens it. */
    static byte[] ecToken(EcCurve curve, byte[] privateKey, boolean exportable, byte[] masterKey, byte[] pattern,
            byte[] protection) {
        byte[] padded = Arrays.copyOf(privateKey, (privateKey.length + 7) / 8 * 8);
        byte[] protect = Arrays.copyOf(protection, EcPrivateToken.PROTECTION_LENGTH - SEMIBLOCK);
        return new EcPrivateToken(exportable, curve, pattern, wrap(masterKey, protect),
                wrap(Arrays.copyOf(protect, AesDataToken.KEY_LENGTH), padded)).toBytes();
    }

    /** Returns the private key of a token, null if it was not made with this master key or has been changed. */
    static byte @Nullable [] ecKey(EcPrivateToken token, byte[] masterKey) {
        byte[] protect = unwrap(masterKey, token.protection());
        byte[] padded = protect == null
                ? null
                : unwrap(Arrays.copyOf(protect, AesDataToken.KEY_LENGTH), token.data());
        return padded == null || padded.length < token.curve().bytes()
                ? null
                : Arrays.copyOf(padded, token.curve().bytes());
    }

    private static byte[] wrap(byte[] masterKey, byte[] content) {
        try {
            Cipher cipher = Cipher.getInstance("AES/KW/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(masterKey, "AES"));
            return cipher.doFinal(content);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it, and lengths are right
        }
    }

    private static byte @Nullable [] unwrap(byte[] masterKey, byte[] wrapped) {
        if (wrapped.length < LEAST_WRAPPED) {
            return null; // the JDK answers this with an unchecked exception
        }
        try {
            Cipher cipher = Cipher.getInstance("AES/KW/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(masterKey, "AES"));
            return cipher.doFinal(wrapped);
        } catch (BadPaddingException | IllegalBlockSizeException e) {
            return null; // somebody changed it
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the MAC of a token's other fields, under a key of its own. */
    private static byte[] mac(byte[] masterKey, byte[] fields) {
        return Arrays.copyOf(
                hmac(hmac(masterKey, "token".getBytes(java.nio.charset.StandardCharsets.US_ASCII)), fields),
                MAC_LENGTH);
    }

    static byte[] hmac(byte[] key, byte[] bytes) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
