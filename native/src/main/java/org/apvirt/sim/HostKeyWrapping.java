// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.Sender;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Protected keys of the simulated CPU. The secret of a guest is that of the machine with the AES wrapping-key mask of the
 * guest's CRYCB on it (exclusive or), as KVM gives each guest a mask of its own. Real machines keep their way to themselves;
 * here it is AES-256-CBC from a zero vector, with stolen ciphertext where the key is no multiple of 16 bytes, and the
 * pattern is the SHA-256 value of the secret.
 */
final class HostKeyWrapping implements ProtectedKeyWrapping {
    private static final int BLOCK = 16;

    private final Supplier<byte[]> source;
    @GuardedBy("this")
    private byte @Nullable [] secret; // not before it is wanted

    /** @param source makes the secret, once */
    HostKeyWrapping(Supplier<byte[]> source) {
        this.source = source;
    }

    private synchronized byte[] copyOfSecret() {
        byte[] made = secret;
        if (made == null) {
            made = source.get();
            secret = made;
        }
        return made.clone();
    }

    @Override
    public byte[] wrap(byte[] key, Sender sender) {
        byte[] own = copyOfSecret();
        byte[] mask = sender.aesMask();
        for (int i = 0; i < own.length; i++) {
            own[i] ^= mask[i];
        }
        try {
            Cipher cipher = Cipher.getInstance(key.length % BLOCK == 0 ? "AES/CBC/NoPadding" : "AES/CTS/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(own, "AES"), new IvParameterSpec(new byte[BLOCK]));
            byte[] wrapped = cipher.doFinal(key);
            byte[] pattern = MessageDigest.getInstance("SHA-256").digest(own);
            byte[] both = Arrays.copyOf(wrapped, wrapped.length + pattern.length);
            System.arraycopy(pattern, 0, both, wrapped.length, pattern.length);
            return both;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has them
        } finally {
            Arrays.fill(own, (byte) 0);
        }
    }

    @Override
    public String toString() {
        return "host: wrapped by a secret of this start and the guest's mask";
    }
}
