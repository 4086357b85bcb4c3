// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch.ep11;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.apvirt.arch.msg.Ep11Payload;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The EP11 functions for AES keys: payloads of requests as the kernel's pkey makes them. Source: Linux
 * {@code drivers/s390/crypto/zcrypt_ep11misc.c}, {@code _ep11_genaeskey}, {@code ep11_cryptsingle},
 * {@code _ep11_unwrapkey}, {@code _ep11_wrapkey}; numbers: opencryptoki {@code ep11.h}.
 */
public final class Ep11KeyFunction {
    /** Encipher: EncryptSingle. */
    public static final int ENCRYPT = 19;
    /** Decipher: DecryptSingle. */
    public static final int DECRYPT = 20;
    /** GenerateKey. */
    public static final int GENERATE = 21;
    /** Export: WrapKey. */
    public static final int WRAP = 33;
    /** Import: UnwrapKey. */
    public static final int UNWRAP = 34;
    /** Administration; the command block here is Not IBM's, whose is signed. */
    public static final int ADMINISTRATION = 41;

    /** Mechanism: make an AES key. */
    public static final int AES_KEY_GEN = 0x1080;
    /** Mechanism: AES-CBC with padding. */
    public static final int AES_CBC_PAD = 0x1085;
    /** Mechanism: wrap for the CPU. */
    public static final int CPACF_WRAP = 0x8006_0001;

    /** API number that protected keys need. */
    public static final int API_PROTECTED = 4;
    /** Attributes that the kernel gives a key: encrypt, decrypt, may be made a protected key. */
    public static final int DEFAULT_ATTRIBUTES = 0x0020_0c00;

    private static final int ATTRIBUTE_BITS = 0x1001_0000; // tags of an attribute list
    private static final int MORE_ATTRIBUTES = 0x1002_0000;
    private static final int VALUE_LENGTH = 0x161;
    private static final int KEY_TYPE = 0x100;
    private static final int AES = 0x1f;
    private static final byte[] NOTHING = {};
    private static final byte[] VECTOR = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, (byte) 0x88, (byte) 0x99,
            (byte) 0xaa, (byte) 0xbb, (byte) 0xcc, (byte) 0xdd, (byte) 0xee, (byte) 0xff};

    private Ep11KeyFunction() {}

    /** Returns the request for a random AES key of 128, 192 or 256 bits. */
    public static Ep11Payload generate(int bits, int attributes, int domain) {
        byte[] list = ByteBuffer.allocate(20).putInt(ATTRIBUTE_BITS).putInt(attributes).putInt(attributes)
                .putInt(VALUE_LENGTH).putInt(bits / 8).array();
        return new Ep11Payload(apiOf(attributes), GENERATE, domain).add(0).add(bits / 8).add(AES_KEY_GEN)
                .addShort(list).addShort(NOTHING);
    }

    private static int apiOf(int attributes) {
        return attributes == 0 || (attributes & Ep11Blob.PROTECTED_EXTRACTABLE) != 0
                ? API_PROTECTED
                : Ep11Payload.API;
    }

    /**
     * Returns the request to encipher or decipher by AES-CBC with padding.
     *
     * @param function {@link #ENCRYPT} or {@link #DECRYPT}
     */
    public static Ep11Payload crypt(int function, byte[] blob, byte[] data, int domain) {
        return new Ep11Payload(Ep11Payload.API, function, domain).add(0).addShort(mechanism(AES_CBC_PAD))
                .addShort(blob).addShort(data);
    }

    /** Returns the request to import an AES key that was enciphered by another. */
    public static Ep11Payload unwrap(int bits, int attributes, byte[] byBlob, byte[] enciphered, int domain) {
        byte[] list = ByteBuffer.allocate(28).putInt(MORE_ATTRIBUTES).putInt(attributes).putInt(attributes)
                .putInt(KEY_TYPE).putInt(AES).putInt(VALUE_LENGTH).putInt(bits / 8).array();
        return new Ep11Payload(apiOf(attributes), UNWRAP, domain).addShort(list).addShort(mechanism(AES_CBC_PAD))
                .addShort(byBlob).addShort(NOTHING).addShort(NOTHING).addShort(enciphered);
    }

    /** Returns the request for the protected form of a key; to be sent as a special command. */
    public static Ep11Payload wrap(byte[] blob, int domain) {
        return new Ep11Payload(API_PROTECTED, WRAP, domain).add(0).addShort(mechanism(CPACF_WRAP)).addShort(blob)
                .addShort(NOTHING).addShort(NOTHING);
    }

    /** Returns apvirt's own command to change a wrapping key; to be sent as administration. */
    public static Ep11Payload administration(int command, int domain) {
        return new Ep11Payload(Ep11Payload.API, ADMINISTRATION, domain).add(command).add(0);
    }

    private static byte[] mechanism(int mechanism) {
        return ByteBuffer.allocate(4 + VECTOR.length).putInt(mechanism).put(VECTOR).array();
    }

    /**
     * What an attribute list asks for.
     *
     * @param attributes attributes of the new key
     * @param keyBytes length of the new key
     */
    public record Template(int attributes, int keyBytes) {
        /** Reads a list as GenerateKey and UnwrapKey have them; null if it is another. */
        public static @Nullable Template parse(byte[] list) {
            if (list.length % 4 != 0 || list.length < 12) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(list);
            int tag = in.getInt();
            int mask = in.getInt();
            int attributes = in.getInt() & mask;
            int pairs = in.remaining() / 8;
            if (tag != (list.length == 20 ? ATTRIBUTE_BITS : MORE_ATTRIBUTES) || in.remaining() % 8 != 0) {
                return null;
            }
            int keyBytes = 0;
            for (int i = 0; i < pairs; i++) {
                int name = in.getInt();
                int value = in.getInt();
                if (name == VALUE_LENGTH) {
                    keyBytes = value;
                } else if (name != KEY_TYPE || value != AES) {
                    return null;
                }
            }
            return new Template(attributes == 0 ? DEFAULT_ATTRIBUTES : attributes, keyBytes);
        }
    }

    /**
     * The protected key in a reply to WrapKey.
     * <pre>
     *  0 version 1   2 (16)   18 type: 1 AES   22 bits   26 length of the protected key (8)   34 (8)   42 protected key
     * </pre>
     *
     * @param bits length of the key inside in bits
     * @param key wrapped key and pattern
     */
    public record Wrapped(int bits, byte[] key) {
        private static final int KEY_OFFSET = 42;
        private static final int TYPE_AES = 1;

        /** Returns the bytes. */
        public byte[] toBytes() {
            return ByteBuffer.allocate(KEY_OFFSET + key.length).putShort(0, (short) 1).putInt(18, TYPE_AES)
                    .putInt(22, bits).putLong(26, key.length).put(KEY_OFFSET, key).array();
        }

        /** Reads them; null if version, type or length is another. */
        public static @Nullable Wrapped parse(byte[] bytes) {
            if (bytes.length < KEY_OFFSET) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(bytes);
            return in.getShort(0) != 1 || in.getInt(18) != TYPE_AES || in.getLong(26) != bytes.length - KEY_OFFSET
                    ? null
                    : new Wrapped(in.getInt(22), Arrays.copyOfRange(bytes, KEY_OFFSET, bytes.length));
        }

        @Override
        public String toString() {
            return "protected key of " + bits + " bits";
        }
    }
}
