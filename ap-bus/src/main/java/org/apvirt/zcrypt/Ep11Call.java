// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/** The ioctl ZSENDEP11CPRB. Source: Linux {@code zcrypt_api.c}, {@code zsendep11cprb_ioctl}. */
final class Ep11Call {
    private static final int TARGET_LENGTH = 4; // bytes: adapter, domain

    private final ZcryptModule zcrypt;
    private final AccessRights rights;
    private final ByteBuffer buffer;

    /** A call with its structure {@code ep11_urb} and what that points to. */
    Ep11Call(ZcryptModule zcrypt, AccessRights rights, ByteBuffer buffer) {
        this.zcrypt = zcrypt;
        this.rights = rights;
        this.buffer = buffer;
    }

    /** Sends the request; the length of the reply is stored into the structure. */
    void send() throws ErrnoException {
        ZcryptFile.requireLength(buffer, ZcryptIoctl.EP11_URB_LENGTH);
        int count = buffer.getShort(0) & 0xffff;
        long length = buffer.getLong(ZcryptIoctl.EP11_REQUEST_LENGTH);
        long room = buffer.getLong(ZcryptIoctl.EP11_REPLY_LENGTH);
        Ep11Request request = zcrypt.trace().prepared(ZcryptTrace.Kind.ZSENDEP11CPRB, () -> {
            buffer.position(ZcryptIoctl.EP11_URB_LENGTH);
            ByteBuffer targets = ByteBuffer.wrap(ZcryptFile.take(buffer, TARGET_LENGTH * count));
            List<Ep11Request.Target> list = new ArrayList<>();
            while (targets.hasRemaining()) {
                list.add(new Ep11Request.Target(targets.getShort() & 0xffff, targets.getShort() & 0xffff));
            }
            Ep11Request.requireLengths(zcrypt, length, room);
            byte[] bytes = ZcryptFile.take(buffer, (int) length);
            return new Ep11Request(zcrypt, rights, list, bytes, room);
        });
        int at = buffer.position();
        zcrypt.dispatch().send(request);
        byte[] reply = request.reply();
        if (reply.length > buffer.capacity() - at) {
            throw new ErrnoException(Errno.EFAULT, "buffer of " + buffer.capacity() + " bytes ends in the reply");
        }
        buffer.put(at, reply).putLong(ZcryptIoctl.EP11_REPLY_LENGTH, reply.length);
    }
}
