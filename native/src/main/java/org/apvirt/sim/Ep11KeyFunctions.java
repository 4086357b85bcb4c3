// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.ep11.Ep11Blob;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.ep11.Ep11KeyFunction.Template;
import org.apvirt.arch.ep11.Ep11Return;
import org.apvirt.arch.msg.Ep11Payload;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * AES keys of an EP11 domain: generate, encipher, decipher, unwrap, wrap. Not IBM's: how a key lies in a blob, which
 * nobody but the card opens: AES-256-CBC and HMAC-SHA-256 under keys made from the wrapping key.
 * Source: Linux {@code zcrypt_ep11misc.c}.
 */
final class Ep11KeyFunctions {
    private static final int VARIANT = 2; // index of the first field after function and domain
    private static final int BLOCK = 16;
    private static final int ZERO_KEY = 32;

    private Ep11KeyFunctions() {}

    static Ep11Payload answer(Ep11Engine.Request request, Ep11Identity identity) {
        if (request.asked().api() < 1 || request.asked().api() > identity.apiOrdinal()) {
            return request.refuse(Ep11Return.API_UNKNOWN);
        }
        if (request.isForOtherDomain()) {
            return request.refuse(Ep11Return.TARGET_INVALID);
        }
        KeyRegister current = request.domain().keys().ep11().current();
        byte[] wrappingKey = current.key();
        if (!current.isFull() || wrappingKey == null) {
            return request.refuse(Ep11Return.NO_WRAPPING_KEY);
        }
        Blobs blobs = new Blobs(wrappingKey, Arrays.copyOf(current.pattern(), WrappingKey.COMPARED));
        return switch (request.asked().function()) {
            case Ep11KeyFunction.GENERATE -> generate(request, blobs);
            case Ep11KeyFunction.UNWRAP -> unwrap(request, blobs);
            case Ep11KeyFunction.WRAP -> wrap(request, blobs);
            default -> crypt(request, blobs);
        };
    }

    private static byte[] random(Ep11Engine.Request request, int bytes) {
        byte[] random = new byte[bytes];
        request.addressee().machine().random().nextBytes(random);
        return random;
    }

    private static Ep11Payload generate(Ep11Engine.Request request, Blobs blobs) {
        Ep11Payload asked = request.asked();
        if (asked.size() != 7) {
            return request.refuse(Ep11Return.ARGUMENTS_BAD);
        }
        if (asked.word(4) != Ep11KeyFunction.AES_KEY_GEN) {
            return request.refuse(Ep11Return.MECHANISM_INVALID);
        }
        Template template = Template.parse(asked.field(5));
        if (template == null) {
            return request.refuse(Ep11Return.ARGUMENTS_BAD);
        }
        return AesDataToken.isKeySize(8 * template.keyBytes()) && asked.word(3) == template.keyBytes()
                ? blob(request, blobs, random(request, template.keyBytes()), template)
                : request.refuse(Ep11Return.KEY_SIZE_RANGE);
    }

    private static Ep11Payload blob(Ep11Engine.Request request, Blobs blobs, byte[] key, Template template) {
        byte[] blob = blobs.wrap(key, template.attributes(), random(request, Ep11Blob.VECTOR_LENGTH));
        Arrays.fill(key, (byte) 0);
        return request.answer(blob);
    }

    private static Ep11Payload crypt(Ep11Engine.Request request, Blobs blobs) {
        Ep11Payload asked = request.asked();
        boolean encrypt = asked.function() == Ep11KeyFunction.ENCRYPT;
        if (asked.size() != 6) {
            return request.refuse(Ep11Return.ARGUMENTS_BAD);
        }
        byte[] vector = vector(asked.field(VARIANT + 1), Ep11KeyFunction.AES_CBC_PAD);
        if (vector == null) {
            return request.refuse(Ep11Return.MECHANISM_INVALID);
        }
        Opened opened = blobs.open(asked.field(4), encrypt ? Ep11Blob.ENCRYPT : Ep11Blob.DECRYPT);
        if (opened.key == null) {
            return request.refuse(opened.returnValue);
        }
        byte[] result = cipher(encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE, opened.key, vector,
                asked.field(5));
        Arrays.fill(opened.key, (byte) 0);
        return result == null ? request.refuse(Ep11Return.ENCRYPTED_DATA_INVALID) : request.crypt(result);
    }

    private static Ep11Payload unwrap(Ep11Engine.Request request, Blobs blobs) {
        Ep11Payload asked = request.asked();
        Template template = asked.size() == 8 ? Template.parse(asked.field(2)) : null;
        if (template == null) {
            return request.refuse(Ep11Return.ARGUMENTS_BAD);
        }
        byte[] vector = vector(asked.field(3), Ep11KeyFunction.AES_CBC_PAD);
        if (vector == null) {
            return request.refuse(Ep11Return.MECHANISM_INVALID);
        }
        Opened by = blobs.open(asked.field(4), Ep11Blob.UNWRAP);
        if (by.key == null) {
            return request.refuse(by.returnValue);
        }
        byte[] key = cipher(Cipher.DECRYPT_MODE, by.key, vector, asked.field(7));
        Arrays.fill(by.key, (byte) 0);
        if (key == null) {
            return request.refuse(Ep11Return.WRAPPED_KEY_INVALID);
        }
        return AesDataToken.isKeySize(8 * key.length) && (template.keyBytes() == 0 || template.keyBytes() == key.length)
                ? blob(request, blobs, key, template)
                : request.refuse(Ep11Return.KEY_SIZE_RANGE);
    }

    private static Ep11Payload wrap(Ep11Engine.Request request, Blobs blobs) {
        Ep11Payload asked = request.asked();
        if (asked.size() != 7) {
            return request.refuse(Ep11Return.ARGUMENTS_BAD);
        }
        if (vector(asked.field(VARIANT + 1), Ep11KeyFunction.CPACF_WRAP) == null) {
            return request.refuse(Ep11Return.MECHANISM_INVALID);
        }
        Opened opened = blobs.open(asked.field(4), Ep11Blob.PROTECTED_EXTRACTABLE);
        if (opened.key == null) {
            return request.refuse(opened.returnValue);
        }
        MessageEngine.Addressee addressee = request.addressee();
        byte[] wrapped = addressee.machine().protectedKeyWrapping().wrap(opened.key, addressee.sender());
        Arrays.fill(opened.key, (byte) 0);
        return request.answer(new Ep11KeyFunction.Wrapped(8 * opened.key.length, wrapped).toBytes());
    }

    /** Returns a blob with a key of zeros. */
    static byte[] blob(byte[] wrappingKey, byte[] pattern, long attributes, int keyBytes) {
        return new Blobs(wrappingKey, pattern).wrap(new byte[keyBytes], attributes,
                new byte[Ep11Blob.VECTOR_LENGTH]);
    }

    /** Returns bytes enciphered by the key of such a blob, if it is 256 bits long. */
    static byte[] enciphered(byte[] vector, byte[] bytes) {
        byte[] result = cipher(Cipher.ENCRYPT_MODE, new byte[ZERO_KEY], vector, bytes);
        if (result == null) {
            throw new IllegalStateException("padding cannot fail when enciphering");
        }
        return result;
    }

    /** Returns the vector of a mechanism, null if it is another one. */
    private static byte @Nullable [] vector(byte[] mechanism, int expected) {
        return mechanism.length != 4 + BLOCK || ByteBuffer.wrap(mechanism).getInt() != expected
                ? null
                : Arrays.copyOfRange(mechanism, 4, 4 + BLOCK);
    }

    private static byte @Nullable [] cipher(int mode, byte[] key, byte[] vector, byte[] data) {
        try {
            Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(vector));
            return cipher.doFinal(data);
        } catch (GeneralSecurityException e) { // the padding of what is to be deciphered
            return null;
        }
    }

    /** A key of a blob, or why there is none. */
    private record Opened(int returnValue, byte @Nullable [] key) {}

    /** Blobs of one wrapping key. */
    private record Blobs(byte[] wrappingKey, byte[] pattern) {
        byte[] wrap(byte[] key, long attributes, byte[] vector) {
            byte[] content = new byte[Ep11Blob.KEY_LENGTH];
            ByteBuffer.wrap(content).putShort((short) key.length).put(key);
            byte[] bytes = Arrays.copyOf(
                    new Ep11Blob(pattern, attributes, vector, cbc(Cipher.ENCRYPT_MODE, vector, content))
                            .toBytesWithoutMac(),
                    Ep11Blob.LENGTH);
            Arrays.fill(content, (byte) 0);
            byte[] mac = mac(bytes);
            System.arraycopy(mac, 0, bytes, Ep11Blob.MAC_OFFSET, mac.length);
            return bytes;
        }

        /** The checks: form, pattern, MAC, attribute. */
        Opened open(byte[] bytes, long attribute) {
            Ep11Blob blob = Ep11Blob.parse(bytes);
            if (blob == null) {
                return new Opened(Ep11Return.BLOB_ERROR, null);
            }
            if (!Arrays.equals(blob.pattern(), pattern)) {
                return new Opened(Ep11Return.WKID_MISMATCH, null);
            }
            if (!MessageDigest.isEqual(mac(bytes), Arrays.copyOfRange(bytes, Ep11Blob.MAC_OFFSET, Ep11Blob.LENGTH))) {
                return new Opened(Ep11Return.BLOB_ERROR, null);
            }
            if (!blob.may(attribute)) {
                return new Opened(Ep11Return.KEY_FUNCTION_NOT_PERMITTED, null);
            }
            byte[] content = cbc(Cipher.DECRYPT_MODE, blob.vector(), blob.enciphered());
            int length = ByteBuffer.wrap(content).getShort();
            byte[] key = Arrays.copyOfRange(content, 2, 2 + length);
            Arrays.fill(content, (byte) 0);
            return new Opened(Ep11Return.OK, key);
        }

        private byte[] mac(byte[] blob) {
            return KeyWrapping.hmac(KeyWrapping.hmac(wrappingKey, new byte[]{'M', 'A', 'C'}),
                    Arrays.copyOf(blob, Ep11Blob.MAC_OFFSET));
        }

        private byte[] cbc(int mode, byte[] vector, byte[] text) {
            try {
                Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
                cipher.init(mode, new SecretKeySpec(wrappingKey, "AES"),
                        new IvParameterSpec(Arrays.copyOf(vector, BLOCK)));
                return cipher.doFinal(text);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every JDK has it, and lengths are right
            }
        }

        @Override
        public String toString() { // never the key
            return "blobs";
        }
    }
}
