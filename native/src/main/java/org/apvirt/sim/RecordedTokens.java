// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.EcPrivateToken;
import org.apvirt.arch.ep11.Ep11Blob;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.Type6Header;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Makes a recorded message one that a card with {@linkplain KeyRegister#standIn stand-in keys} can work with. Nobody can
 * open a token of another card; it is replaced, where it lies in the message, by one with the same fields and a key of the same
 * length under the stand-in key of the register that its pattern names. A token that is malformed, or whose pattern
 * names no register, stays as it is.
 */
public final class RecordedTokens {
    private static final int COMPLETE_PARTS = 3;
    private static final int CCA_START = Type6Header.LENGTH + Cprbx.LENGTH;
    private static final int EP11_START = Type6Header.LENGTH + Ep11Cprb.LENGTH;

    private RecordedTokens() {}

    /**
     * Returns the message with tokens of this domain in place of the recorded ones.
     *
     * @param message a whole CCA or EP11 request
     * @param blobKeyBytes length of keys in EP11 blobs, which do not tell it
     */
    public static byte[] replaced(byte[] message, DomainKeys keys, int blobKeyBytes) {
        byte[] copy = message.clone();
        if (message.length > CCA_START + 2 && message[32] == 'C') {
            int function = (message[CCA_START] & 0xff) << 8 | message[CCA_START + 1] & 0xff;
            switch (function) {
                case AesKeyVerb.PROTECT, AesKeyVerb.PROTECT_CIPHER, AesKeyVerb.IMPORT_PART -> cca(copy, keys);
                default -> {
                } // no token in it
            }
        } else if (message.length > EP11_START && message[32] == 'X') {
            ep11(copy, keys.ep11(), blobKeyBytes);
        }
        return copy;
    }

    /** The token is the only item of the key block, at the end of the parameters. */
    private static void cca(byte[] message, DomainKeys keys) {
        ByteBuffer in = ByteBuffer.wrap(message);
        int end = CCA_START + Cprbx.at(message, Type6Header.LENGTH).requestParameterLength();
        int at = CCA_START + 2;
        for (int field = 0; field < 2 && at + 2 <= end; field++) { // rules, variable data
            at += in.getShort(at) & 0xffff;
        }
        int token = at + 6;
        if (end <= message.length && token < end) {
            byte[] own = token(Arrays.copyOfRange(message, token, end), keys);
            if (own != null) {
                System.arraycopy(own, 0, message, token, own.length);
            }
        }
    }

    private static byte @Nullable [] token(byte[] recorded, DomainKeys keys) {
        MasterKey aes = keys.key(MasterKeySet.AES);
        AesDataToken data = AesDataToken.parse(recorded);
        if (data != null && AesDataToken.isValid(recorded)) {
            byte[] key = key(aes, data.pattern());
            return key == null ? null : KeyWrapping.dataToken(new byte[data.bits() / 8], key, data.pattern());
        }
        AesCipherToken cipher = AesCipherToken.parse(recorded);
        if (cipher != null && recorded.length > AesCipherToken.HEADER && cipher.state() != 0) {
            byte[] key = key(aes, cipher.pattern());
            int bytes = recorded[28] == 1 ? AesDataToken.KEY_LENGTH : recorded.length - AesCipherToken.HEADER - 48;
            return key == null
                    ? null
                    : KeyWrapping.cipherToken(cipher, cipher.state(),
                            new KeyWrapping.CipherKey(COMPLETE_PARTS, new byte[bytes]), key, cipher.pattern(),
                            new byte[0]);
        }
        EcPrivateToken curve = EcPrivateToken.parse(recorded);
        byte[] key = curve == null ? null : key(keys.key(MasterKeySet.APKA), curve.pattern());
        if (curve == null || key == null) {
            return null;
        }
        byte[] own = KeyWrapping.ecToken(curve.curve(), new byte[curve.curve().bytes()], curve.exportable(), key,
                curve.pattern(), new byte[0]);
        return own.length > recorded.length ? null : padded(own, recorded);
    }

    /** Where the recorded token is longer, as an enciphered key with other padding is, its length stays. */
    private static byte[] padded(byte[] own, byte[] recorded) {
        byte[] result = Arrays.copyOf(own, recorded.length);
        ByteBuffer.wrap(result).putShort(2, (short) recorded.length);
        return result;
    }

    private static byte @Nullable [] key(MasterKey master, byte[] pattern) {
        KeyRegister register = master.of(pattern);
        return register == null ? null : register.key();
    }

    private static void ep11(byte[] message, WrappingKey wrapping, int keyBytes) {
        Ep11Payload payload = Ep11Payload.parse(Arrays.copyOfRange(message, EP11_START,
                EP11_START + Ep11Cprb.at(message, Type6Header.LENGTH).payloadLength()));
        byte[] key = wrapping.current().key();
        if (payload == null || key == null) {
            return;
        }
        for (int i = 2; i < payload.size(); i++) {
            byte[] field = payload.field(i);
            Ep11Blob blob = Ep11Blob.parse(field);
            int at = blob == null ? -1 : indexOf(message, field);
            if (blob != null && at >= 0 && wrapping.current().matches(blob.pattern())) {
                byte[] own = Ep11KeyFunctions.blob(key, blob.pattern(), blob.attributes(), keyBytes);
                System.arraycopy(own, 0, message, at, own.length);
            }
        }
        if (payload.function() == Ep11KeyFunction.UNWRAP && payload.size() == 8) {
            unwrap(message, payload);
        }
    }

    /** What is to be unwrapped was enciphered by the other card; it becomes a key of the asked length. */
    private static void unwrap(byte[] message, Ep11Payload payload) {
        byte[] recorded = payload.field(7);
        Ep11KeyFunction.Template template = Ep11KeyFunction.Template.parse(payload.field(2));
        byte[] mechanism = payload.field(3);
        int at = indexOf(message, recorded);
        if (template != null && mechanism.length == 20 && at >= 0) {
            byte[] own = Ep11KeyFunctions.enciphered(Arrays.copyOfRange(mechanism, 4, 20),
                    new byte[Math.min(Math.max(template.keyBytes(), 0), 64)]);
            if (own.length == recorded.length) {
                System.arraycopy(own, 0, message, at, own.length);
            }
        }
    }

    private static int indexOf(byte[] message, byte[] field) {
        for (int at = EP11_START; at + field.length <= message.length; at++) {
            if (Arrays.equals(message, at, at + field.length, field, 0, field.length)) {
                return at;
            }
        }
        return -1;
    }
}
