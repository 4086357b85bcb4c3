// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.security.SecureRandom;
import java.util.Arrays;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.cca.AesCipherToken;
import org.apvirt.arch.cca.AesDataToken;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.AesKeyVerb.Part;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.EcVerb;
import org.apvirt.arch.cca.ProtectedKeyBlock;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.zcrypt.CcaRequest;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Keys of CCA coprocessors, as a program uses them through {@code /dev/z90crypt}. Elliptic curves are with clear keys, on any
 * card; AES keys are secure ones of a queue's domain. Replies are checked as the kernel's pkey checks them.
 *
 * <p>Every method may end with what ioctl(2) answers, and with EIO if the card refused: the reason then contains return and
 * reason code, for example {@code 8/48}. Source: Linux {@code drivers/s390/crypto/zcrypt_ccamisc.c}; libica
 * {@code src/s390_ecc.c}.
 */
public final class CcaKeys {
    private static final int ROOM = 4000; // bytes of a reply
    private static final byte[] NOTHING = {};
    private static final SecureRandom RANDOM = new SecureRandom();

    private final ZcryptDevice device;

    CcaKeys(ZcryptDevice device) {
        this.device = device;
    }

    /** Generates a clear key; the usage of the token is that of agreements and signatures. */
    public EcClearToken generate(EcCurve curve) throws ErrnoException {
        return present(EcVerb.generated(parameters(null, EcVerb.generate(curve))));
    }

    /**
     * Signs a hash by ECDSA.
     *
     * @param key with private and public key
     * @return r and s, each as long as a coordinate
     */
    public byte[] sign(EcClearToken key, byte[] hash) throws ErrnoException {
        return present(EcVerb.signed(key.curve(), parameters(null, EcVerb.sign(key, hash))));
    }

    /**
     * Verifies an ECDSA signature.
     *
     * @param key with public key
     * @param signature r and s, each as long as a coordinate
     * @return whether the signature is that of the hash
     */
    public boolean verify(EcClearToken key, byte[] hash, byte[] signature) throws ErrnoException {
        Cprbx block = Cprbx.at(send(null, EcVerb.verify(key, hash, signature)), 0);
        CcaResult result = CcaResult.of(block);
        if (result.equals(CcaResult.BAD_SIGNATURE)) {
            return false;
        }
        requireDone(result);
        return true;
    }

    /**
     * Agrees on a secret with another.
     *
     * @param own with private key
     * @param other with public key, of the same curve
     * @return the x-coordinate of the common point
     * @throws ErrnoException EINVAL: the curves differ
     */
    public byte[] derive(EcClearToken own, EcClearToken other) throws ErrnoException {
        if (own.curve() != other.curve()) {
            throw new ErrnoException(Errno.EINVAL, own.curve() + " and " + other.curve());
        }
        EcClearToken both = new EcClearToken(own.curve(), EcClearToken.USAGE_DERIVE, own.privateKey(),
                other.publicKey());
        return present(EcVerb.derived(own.curve(), parameters(null, EcVerb.derive(both))));
    }

    /**
     * Generates a secure AES key.
     *
     * @param queue whose domain's master key wraps it
     * @param bits 128, 192 or 256
     * @return the token, 64 bytes
     */
    public byte[] generateAes(Apqn queue, int bits) throws ErrnoException {
        return checked(AesKeyVerb.token(parameters(queue, AesKeyVerb.generate(bits)), AesKeyVerb.GENERATE), bits);
    }

    /**
     * Makes a secure AES key of a clear one.
     *
     * @param queue whose domain's master key wraps it
     * @param clearKey 16, 24 or 32 bytes
     * @return the token, 64 bytes
     */
    public byte[] importAes(Apqn queue, byte[] clearKey) throws ErrnoException {
        byte[] token = AesKeyVerb.token(parameters(queue, AesKeyVerb.importKey(clearKey)), AesKeyVerb.IMPORT);
        return checked(token, 8 * clearKey.length);
    }

    /**
     * Generates a secure AES key of type CIPHER, which may be made a protected key.
     *
     * @param queue whose domain's master key wraps it
     * @param bits 128, 192 or 256
     * @return the token
     */
    public byte[] generateCipher(Apqn queue, int bits) throws ErrnoException {
        return cipher(AesKeyVerb.GENERATE_CIPHER, parameters(queue, AesKeyVerb.generateCipher(bits, 0)));
    }

    /**
     * Makes a secure AES key of type CIPHER of a clear one. The card takes it in parts, none of which is the key: a random one,
     * the key with that on it (exclusive or), and zeros.
     *
     * @param queue whose domain's master key wraps it
     * @param clearKey 16, 24 or 32 bytes
     * @return the token
     */
    public byte[] importCipher(Apqn queue, byte[] clearKey) throws ErrnoException {
        int bits = 8 * clearKey.length;
        byte[] random = new byte[clearKey.length];
        RANDOM.nextBytes(random);
        byte[] rest = clearKey.clone();
        for (int i = 0; i < rest.length; i++) {
            rest[i] ^= random[i];
        }
        try {
            byte[] token = part(queue, Part.FIRST, bits, random, AesCipherToken.skeleton(0));
            token = part(queue, Part.ADD, bits, rest, token);
            token = part(queue, Part.ADD, bits, new byte[clearKey.length], token);
            return part(queue, Part.COMPLETE, 0, NOTHING, token);
        } finally {
            Arrays.fill(random, (byte) 0);
            Arrays.fill(rest, (byte) 0);
        }
    }

    private byte[] part(Apqn queue, Part how, int bits, byte[] part, byte[] token) throws ErrnoException {
        return cipher(AesKeyVerb.IMPORT_PART, parameters(queue, AesKeyVerb.importPart(how, bits, part, token)));
    }

    private static byte[] cipher(int function, byte[] parameters) throws ErrnoException {
        byte[] token = present(AesKeyVerb.token(parameters, function));
        if (AesCipherToken.parse(token) == null) {
            throw new ErrnoException(Errno.EIO, "the card gave another token than asked for");
        }
        return token;
    }

    /**
     * Makes a protected key of a secure AES key.
     *
     * @param token of type AES DATA or AES CIPHER
     * @return the wrapped key and 32 bytes of pattern
     */
    public byte[] protectedKey(Apqn queue, byte[] token) throws ErrnoException {
        ProtectedKeyBlock block = present(AesCipherToken.isKind(token)
                ? AesKeyVerb.protectedKey(parameters(queue, AesKeyVerb.protectCipher(token)), AesKeyVerb.PROTECT_CIPHER)
                : AesKeyVerb.protectedKey(parameters(queue, AesKeyVerb.protect(token)), AesKeyVerb.PROTECT));
        int length = block.key().length;
        boolean known = block.version() == 1 || block.version() == 2;
        if (!known || length != 48 && length != 56 && length != 64) {
            throw new ErrnoException(Errno.EIO,
                    "protected key of version " + block.version() + ", " + length + " bytes");
        }
        return block.key();
    }

    private static byte[] checked(byte @Nullable [] token, int bits) throws ErrnoException {
        AesDataToken parsed = AesDataToken.parse(present(token));
        if (parsed == null || parsed.bits() != bits) {
            throw new ErrnoException(Errno.EIO, "the card gave another token than asked for");
        }
        return present(token);
    }

    private static <T> T present(@Nullable T reply) throws ErrnoException {
        if (reply == null) {
            throw new ErrnoException(Errno.EIO, "the card's reply lacks what was asked for");
        }
        return reply;
    }

    private static void requireDone(CcaResult result) throws ErrnoException {
        if (!result.isDone()) {
            throw new ErrnoException(Errno.EIO, "the card answered " + result);
        }
    }

    private byte[] parameters(@Nullable Apqn queue, byte[] parameters) throws ErrnoException {
        byte[] control = send(queue, parameters);
        Cprbx block = Cprbx.at(control, 0);
        requireDone(CcaResult.of(block));
        int end = Cprbx.LENGTH + block.replyParameterLength();
        if (end < Cprbx.LENGTH || end > control.length) {
            throw new ErrnoException(Errno.EIO, "parameters of " + block.replyParameterLength() + " bytes");
        }
        return Arrays.copyOfRange(control, Cprbx.LENGTH, end);
    }

    /** Sends parameters to a queue, null: to any; the request is erased, because it may hold a clear key. */
    private byte[] send(@Nullable Apqn queue, byte[] parameters) throws ErrnoException {
        byte[] control = new byte[Cprbx.LENGTH + parameters.length];
        Cprbx.init(control, 0, FunctionCode.CPRB_CCA_USAGE)
                .domain(queue == null ? Cprbx.ANY_DOMAIN : queue.apqi()).requestParameterLength(parameters.length)
                .replyRoom(ROOM);
        System.arraycopy(parameters, 0, control, Cprbx.LENGTH, parameters.length);
        try {
            byte[] reply = device.sendCprb(new CcaRequest.Block(FunctionCode.AGENT_CCA,
                    queue == null ? CcaRequest.ANY_ADAPTER : queue.apid(), control, NOTHING, ROOM, 0)).control();
            if (reply.length < Cprbx.LENGTH) {
                throw new ErrnoException(Errno.EIO, "reply of " + reply.length + " bytes");
            }
            return reply;
        } finally {
            Arrays.fill(control, (byte) 0);
            Arrays.fill(parameters, (byte) 0);
        }
    }
}
