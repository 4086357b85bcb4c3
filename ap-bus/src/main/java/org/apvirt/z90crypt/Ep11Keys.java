// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.ep11.Ep11Blob;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.apvirt.arch.ep11.Ep11Return;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.zcrypt.Ep11Request;

/**
 * Secure AES keys of EP11 coprocessors, as a program uses them through {@code /dev/z90crypt}. They are blobs, wrapped by the
 * wrapping key of a queue's domain. Replies are checked as the kernel's pkey checks them.
 *
 * <p>Every method may end with what ioctl(2) answers, and with EIO if the card refused: the reason then contains the return
 * value, for example {@code 80010001}. Source: Linux {@code drivers/s390/crypto/zcrypt_ep11misc.c}.
 */
public final class Ep11Keys {
    private static final int ROOM = 2048; // bytes of a reply
    private static final int WRAPS = (int) (Ep11Blob.ENCRYPT | Ep11Blob.DECRYPT | Ep11Blob.WRAP | Ep11Blob.UNWRAP);
    private static final int WRAPPING_BITS = 256;
    private static final int ANSWER = 3; // field of a reply

    private final ZcryptDevice device;

    Ep11Keys(ZcryptDevice device) {
        this.device = device;
    }

    /**
     * Generates a key that enciphers, deciphers and may be made a protected key.
     *
     * @param queue whose domain's wrapping key wraps it
     * @param bits 128, 192 or 256
     * @return the blob
     */
    public byte[] generate(Apqn queue, int bits) throws ErrnoException {
        return generate(queue, bits, Ep11KeyFunction.DEFAULT_ATTRIBUTES);
    }

    /**
     * Generates a key.
     *
     * @param attributes bits of {@link Ep11Blob}
     * @return the blob
     */
    public byte[] generate(Apqn queue, int bits, int attributes) throws ErrnoException {
        return ask(queue, Ep11KeyFunction.generate(bits, attributes, queue.apqi()), 0);
    }

    /**
     * Makes a key of a clear one: it goes to the card enciphered by a key that the card generates for that.
     *
     * @param clearKey 16, 24 or 32 bytes
     * @return the blob
     */
    public byte[] importKey(Apqn queue, byte[] clearKey) throws ErrnoException {
        byte[] by = generate(queue, WRAPPING_BITS, WRAPS);
        byte[] enciphered = encrypt(queue, by, clearKey);
        return ask(queue,
                Ep11KeyFunction.unwrap(8 * clearKey.length, Ep11KeyFunction.DEFAULT_ATTRIBUTES, by, enciphered,
                        queue.apqi()),
                0);
    }

    /** Enciphers by AES-CBC with padding, from the kernel's fixed vector. */
    public byte[] encrypt(Apqn queue, byte[] blob, byte[] data) throws ErrnoException {
        return ask(queue, Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, blob, data, queue.apqi()), 0);
    }

    /** Deciphers what {@link #encrypt} made. */
    public byte[] decrypt(Apqn queue, byte[] blob, byte[] data) throws ErrnoException {
        return ask(queue, Ep11KeyFunction.crypt(Ep11KeyFunction.DECRYPT, blob, data, queue.apqi()), 0);
    }

    /**
     * Makes a protected key.
     *
     * @return the wrapped key and 32 bytes of pattern
     */
    public byte[] protectedKey(Apqn queue, byte[] blob) throws ErrnoException {
        Ep11KeyFunction.Wrapped wrapped = Ep11KeyFunction.Wrapped.parse(
                ask(queue, Ep11KeyFunction.wrap(blob, queue.apqi()), Ep11Cprb.SPECIAL));
        int length = wrapped == null ? 0 : wrapped.key().length;
        if (wrapped == null || length != 48 && length != 56 && length != 64) {
            throw new ErrnoException(Errno.EIO, "the card gave no protected AES key");
        }
        return wrapped.key();
    }

    /** Sends a payload, which is erased, because it may hold clear text. */
    private byte[] ask(Apqn queue, Ep11Payload payload, int flags) throws ErrnoException {
        byte[] bytes = payload.toBytes();
        byte[] request = new byte[Ep11Cprb.LENGTH + bytes.length];
        Ep11Cprb.init(request, 0).flags(flags).target(queue.apqi()).returnCode(-1).payloadLength(bytes.length);
        System.arraycopy(bytes, 0, request, Ep11Cprb.LENGTH, bytes.length);
        byte[] reply;
        try {
            reply = device.sendEp11(List.of(new Ep11Request.Target(queue.apid(), queue.apqi())), request, ROOM);
        } finally {
            Arrays.fill(request, (byte) 0);
            Arrays.fill(bytes, (byte) 0);
            payload.erase();
        }
        if (reply.length < Ep11Cprb.LENGTH) {
            throw new ErrnoException(Errno.EIO, "reply of " + reply.length + " bytes");
        }
        Ep11Cprb block = Ep11Cprb.at(reply, 0);
        int end = Ep11Cprb.LENGTH + block.payloadLength();
        Ep11Payload answer = end < Ep11Cprb.LENGTH || end > reply.length
                ? null
                : Ep11Payload.parse(Arrays.copyOfRange(reply, Ep11Cprb.LENGTH, end));
        if (block.returnCode() != 0 || answer == null || answer.size() < ANSWER) {
            throw new ErrnoException(Errno.EIO, "the card answered code " + Integer.toHexString(block.returnCode()));
        }
        if (answer.word(2) != Ep11Return.OK || answer.size() <= ANSWER) {
            throw new ErrnoException(Errno.EIO, "the card answered " + Integer.toHexString(answer.word(2)));
        }
        return answer.field(ANSWER);
    }
}
