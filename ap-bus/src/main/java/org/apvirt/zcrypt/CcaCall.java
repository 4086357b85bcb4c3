// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/** The ioctl ZSECSENDCPRB. Source: Linux {@code zcrypt_api.c}, {@code zsecsendcprb_ioctl}. */
final class CcaCall {
    private final ZcryptModule zcrypt;
    private final AccessRights rights;
    private final ByteBuffer buffer;

    /** A call with its structure {@code ica_xcRB} and what that points to. */
    CcaCall(ZcryptModule zcrypt, AccessRights rights, ByteBuffer buffer) {
        this.zcrypt = zcrypt;
        this.rights = rights;
        this.buffer = buffer;
    }

    /** Sends the request; lengths and status are stored into the structure whatever happens. */
    void send() throws ErrnoException {
        ZcryptFile.requireLength(buffer, ZcryptIoctl.XCRB_LENGTH);
        int controlLength = buffer.getInt(ZcryptIoctl.XCRB_CONTROL_LENGTH);
        int dataLength = buffer.getInt(ZcryptIoctl.XCRB_DATA_LENGTH);
        int controlRoom = buffer.getInt(ZcryptIoctl.XCRB_REPLY_CONTROL_LENGTH);
        int dataRoom = buffer.getInt(ZcryptIoctl.XCRB_REPLY_DATA_LENGTH);
        buffer.putInt(ZcryptIoctl.XCRB_STATUS, 0);
        CcaRequest request = zcrypt.trace().prepared(ZcryptTrace.Kind.ZSECSENDCPRB, () -> {
            CcaRequest.requireLengths(zcrypt, Integer.toUnsignedLong(controlLength), Integer.toUnsignedLong(dataLength),
                    Integer.toUnsignedLong(controlRoom), Integer.toUnsignedLong(dataRoom));
            buffer.position(ZcryptIoctl.XCRB_LENGTH);
            byte[] control = ZcryptFile.take(buffer, controlLength);
            byte[] data = ZcryptFile.take(buffer, dataLength);
            return new CcaRequest(zcrypt, rights, new CcaRequest.Block(buffer.getShort(0) & 0xffff,
                    buffer.getInt(ZcryptIoctl.XCRB_ADAPTER), control, data, controlRoom, dataRoom));
        });
        int replyControl = buffer.position();
        try {
            zcrypt.dispatch().send(request);
        } finally {
            buffer.putInt(ZcryptIoctl.XCRB_STATUS, request.status());
            store(replyControl, request.replyControl(), ZcryptIoctl.XCRB_REPLY_CONTROL_LENGTH);
        }
        store(replyControl + Integer.toUnsignedLong(controlRoom), request.replyData(),
                ZcryptIoctl.XCRB_REPLY_DATA_LENGTH);
        buffer.putInt(ZcryptIoctl.XCRB_REPLY_DATA_LENGTH, request.replyData().length);
    }

    private void store(long at, byte[] bytes, int lengthField) throws ErrnoException {
        if (bytes.length > 0) {
            if (at + bytes.length > buffer.capacity()) {
                throw new ErrnoException(Errno.EFAULT, "buffer of " + buffer.capacity() + " bytes ends in the reply");
            }
            buffer.put((int) at, bytes).putInt(lengthField, bytes.length);
        }
    }
}
