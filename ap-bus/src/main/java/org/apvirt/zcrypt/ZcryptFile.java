// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.arch.ApMask;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An open {@code /dev/z90crypt}, or an additional node: requests of programs to the host's cards.
 *
 * <p>What the pointers of a structure point to follows the structure in the argument's buffer, in the order of the
 * pointers, each in the length that the structure gives it.
 *
 * <p>Source: Linux {@code zcrypt_api.c}, {@code zcrypt_fops}; {@code arch/s390/include/uapi/asm/zcrypt.h}.
 */
public final class ZcryptFile implements OpenFile {
    private final ZcryptModule zcrypt;
    private final AccessRights rights;
    private final ZcryptStatus status;
    private final AtomicInteger openFiles;

    private ZcryptFile(ZcryptModule zcrypt, AccessRights rights) {
        this.zcrypt = zcrypt;
        this.rights = rights;
        this.status = new ZcryptStatus(zcrypt);
        this.openFiles = zcrypt.openFiles();
        openFiles.incrementAndGet();
    }

    /**
     * Opens the device, which never fails.
     *
     * @param node an additional node with its rights, null: {@code /dev/z90crypt} itself
     */
    public static ZcryptFile open(ZcryptModule zcrypt, @Nullable ZcryptNode node) {
        return new ZcryptFile(zcrypt, node != null ? node : AccessRights.ofHost(zcrypt.bus()));
    }

    @Override
    public byte[] read(int length) throws ErrnoException {
        throw new ErrnoException(Errno.EPERM, "z90crypt answers ioctls only");
    }

    @Override
    public int write(byte[] bytes) throws ErrnoException {
        throw new ErrnoException(Errno.EPERM, "z90crypt answers ioctls only");
    }

    @Override
    public void close() {
        openFiles.decrementAndGet();
    }

    /**
     * Does a request.
     *
     * @throws ErrnoException EPERM: the node does not allow it. ENOTTY: there is no such request. EFAULT: the buffer is
     *     too short. EINVAL: a length is wrong, or the card says so. ENODEV: no card can do it. EIO: it was tried in
     *     vain. EMSGSIZE: the reply does not fit. EOPNOTSUPP: the node cannot tell what the request would do
     */
    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        int number = request & 0xff;
        if (number == 0 || number >= ApMask.BITS || !rights.allowsIoctl(number)) {
            throw new ErrnoException(Errno.EPERM, "ioctl " + number + " is not allowed here");
        }
        ByteBuffer buffer = ByteBuffer.wrap(argument.buffer());
        switch (request) {
            case ZcryptIoctl.ICARSAMODEXPO -> modularExponentiation(buffer);
            case ZcryptIoctl.ICARSACRT -> chineseRemainder(buffer);
            case ZcryptIoctl.ZSECSENDCPRB -> new CcaCall(zcrypt, rights, buffer).send();
            case ZcryptIoctl.ZSENDEP11CPRB -> new Ep11Call(zcrypt, rights, buffer).send();
            case ZcryptIoctl.ZCRYPT_DEVICE_STATUS ->
                status.devices(cleared(buffer, ZcryptIoctl.CARDS * ZcryptIoctl.CARDS * 4));
            case ZcryptIoctl.ZDEVICESTATUS ->
                status.oldDevices(cleared(buffer, ZcryptIoctl.OLD_CARDS * ZcryptIoctl.CARDS * 4));
            case ZcryptIoctl.ZCRYPT_STATUS_MASK -> status.kinds(cleared(buffer, ZcryptIoctl.CARDS), ZcryptIoctl.CARDS);
            case ZcryptIoctl.Z90STAT_STATUS_MASK ->
                status.kinds(cleared(buffer, ZcryptIoctl.OLD_CARDS), ZcryptIoctl.OLD_CARDS);
            case ZcryptIoctl.ZCRYPT_QDEPTH_MASK -> status.depths(cleared(buffer, ZcryptIoctl.CARDS), ZcryptIoctl.CARDS);
            case ZcryptIoctl.Z90STAT_QDEPTH_MASK ->
                status.depths(cleared(buffer, ZcryptIoctl.OLD_CARDS), ZcryptIoctl.OLD_CARDS);
            case ZcryptIoctl.ZCRYPT_PERDEV_REQCNT ->
                status.requestCounts(cleared(buffer, 4 * ZcryptIoctl.CARDS), ZcryptIoctl.CARDS);
            case ZcryptIoctl.Z90STAT_PERDEV_REQCNT ->
                status.requestCounts(cleared(buffer, 4 * ZcryptIoctl.OLD_CARDS), ZcryptIoctl.OLD_CARDS);
            case ZcryptIoctl.Z90STAT_REQUESTQ_COUNT -> cleared(buffer, 4).putInt(0, status.waiting());
            case ZcryptIoctl.Z90STAT_PENDINGQ_COUNT -> cleared(buffer, 4).putInt(0, status.pending());
            case ZcryptIoctl.Z90STAT_TOTALOPEN_COUNT -> cleared(buffer, 4).putInt(0, openFiles.get());
            case ZcryptIoctl.Z90STAT_DOMAIN_INDEX -> cleared(buffer, 4).putInt(0, status.defaultDomain());
            default -> throw new ErrnoException(Errno.ENOTTY, String.format("no ioctl 0x%08x", request));
        }
        return 0;
    }

    static void requireLength(ByteBuffer buffer, long length) throws ErrnoException {
        if (buffer.capacity() < length) {
            throw new ErrnoException(Errno.EFAULT, "buffer of " + buffer.capacity() + " bytes, " + length + " needed");
        }
    }

    private static ByteBuffer cleared(ByteBuffer buffer, int length) throws ErrnoException {
        requireLength(buffer, length);
        Arrays.fill(buffer.array(), 0, length, (byte) 0);
        return buffer;
    }

    /** Checks both lengths of an RSA structure; returns the input's, unsigned. */
    private int inputLength(ByteBuffer buffer, boolean crt) throws ErrnoException {
        requireLength(buffer, crt ? ZcryptIoctl.CRT_LENGTH : ZcryptIoctl.MODEXPO_LENGTH);
        return zcrypt.trace().prepared(RsaRequest.kind(crt), () -> {
            int input = buffer.getInt(ZcryptIoctl.RSA_INPUT_LENGTH);
            if (input == 0 || Integer.compareUnsigned(buffer.getInt(ZcryptIoctl.RSA_OUTPUT_LENGTH), input) < 0) {
                throw new ErrnoException(Errno.EINVAL, "input of " + Integer.toUnsignedString(input) + " bytes");
            }
            return input;
        });
    }

    /** Takes what the next pointer points to. */
    static byte[] take(ByteBuffer buffer, int length) throws ErrnoException {
        requireLength(buffer, buffer.position() + Integer.toUnsignedLong(length));
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    private void modularExponentiation(ByteBuffer buffer) throws ErrnoException {
        int length = inputLength(buffer, false);
        answer(buffer, ZcryptIoctl.MODEXPO_LENGTH, length, new RsaRequest(rights, false, length, () -> {
            byte[] input = input(buffer, ZcryptIoctl.MODEXPO_LENGTH, length);
            byte[] exponent = take(buffer, length);
            byte[] modulus = take(buffer, length);
            return new byte[][]{input, exponent, modulus};
        }));
    }

    private void chineseRemainder(ByteBuffer buffer) throws ErrnoException {
        int length = inputLength(buffer, true);
        answer(buffer, ZcryptIoctl.CRT_LENGTH, length, new RsaRequest(rights, true, length, () -> {
            int half = (length + 1) / 2;
            byte[] input = input(buffer, ZcryptIoctl.CRT_LENGTH, length);
            byte[] dp = take(buffer, half + ZcryptIoctl.CRT_PAD);
            byte[] dq = take(buffer, half);
            byte[] p = take(buffer, half + ZcryptIoctl.CRT_PAD);
            byte[] q = take(buffer, half);
            byte[] u = take(buffer, half + ZcryptIoctl.CRT_PAD);
            return new byte[][]{input, p, q, dp, dq, u};
        }));
    }

    /** Takes the input, which is behind the structure, and passes the room for the output. */
    private static byte[] input(ByteBuffer buffer, int structure, int length) throws ErrnoException {
        buffer.position(structure);
        byte[] input = take(buffer, length);
        take(buffer, buffer.getInt(ZcryptIoctl.RSA_OUTPUT_LENGTH));
        return input;
    }

    private void answer(ByteBuffer buffer, int structure, int length, RsaRequest request) throws ErrnoException {
        zcrypt.dispatch().send(request);
        buffer.put(structure + length, request.result()).putInt(ZcryptIoctl.RSA_OUTPUT_LENGTH, length);
    }
}
