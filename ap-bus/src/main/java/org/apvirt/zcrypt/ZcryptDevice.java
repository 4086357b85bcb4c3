package org.apvirt.zcrypt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

import org.apvirt.ap.ApBus;
import org.apvirt.ap.ZcryptModule;
import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
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
 * <p>Not offered: ZSECSENDCPRB and ZSENDEP11CPRB, whose structures carry pointers into the requester's own blocks.
 *
 * <p>Source: Linux {@code zcrypt_api.c}, {@code zcrypt_fops}; {@code arch/s390/include/uapi/asm/zcrypt.h}.
 */
public final class ZcryptDevice implements OpenFile {
    /** RSA, exponent and modulus. */
    public static final int ICARSAMODEXPO = 0xc000_7a05;
    /** RSA, CRT. */
    public static final int ICARSACRT = 0xc000_7a06;
    /** One word per APQN. */
    public static final int ZCRYPT_DEVICE_STATUS = 0xc000_7a5f;
    /** One byte per card: its kind. */
    public static final int ZCRYPT_STATUS_MASK = 0x8100_7a58;
    /** One byte per card: requests that wait. */
    public static final int ZCRYPT_QDEPTH_MASK = 0x8100_7a59;
    /** One word per card: requests so far. */
    public static final int ZCRYPT_PERDEV_REQCNT = 0x8400_7a5a;
    /** One word per APQN of the first 64 adapters. */
    public static final int ZDEVICESTATUS = 0xc000_7a4f;
    /** As {@link #ZCRYPT_STATUS_MASK}, 64 adapters. */
    public static final int Z90STAT_STATUS_MASK = 0x8040_7a48;
    /** As {@link #ZCRYPT_QDEPTH_MASK}, 64 adapters. */
    public static final int Z90STAT_QDEPTH_MASK = 0x8040_7a49;
    /** As {@link #ZCRYPT_PERDEV_REQCNT}, 64 adapters. */
    public static final int Z90STAT_PERDEV_REQCNT = 0x8100_7a4a;
    /** Requests that wait. */
    public static final int Z90STAT_REQUESTQ_COUNT = 0x8004_7a44;
    /** Requests being worked on. */
    public static final int Z90STAT_PENDINGQ_COUNT = 0x8004_7a45;
    /** Open files. */
    public static final int Z90STAT_TOTALOPEN_COUNT = 0x8004_7a46;
    /** The default domain. */
    public static final int Z90STAT_DOMAIN_INDEX = 0x8004_7a47;

    private static final int CARDS = 256;
    private static final int OLD_CARDS = 64;
    private static final int MODEXPO = 48; // bytes of struct ica_rsa_modexpo
    private static final int CRT = 72; // bytes of struct ica_rsa_modexpo_crt
    private static final int INPUT_LENGTH = 8; // offsets in both
    private static final int OUTPUT_LENGTH = 24;
    private static final int PAD = 8; // what precedes some numbers of a CRT key

    private final ZcryptModule zcrypt;
    private final AccessRights rights;
    private final ZcryptStatus status;
    private final AtomicInteger openFiles;

    private ZcryptDevice(ZcryptModule zcrypt, AccessRights rights) {
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
    public static ZcryptDevice open(ZcryptModule zcrypt, @Nullable ZcryptNode node) {
        return new ZcryptDevice(zcrypt, node != null ? node : new HostRights(zcrypt.bus()));
    }

    /** The rights of {@code /dev/z90crypt}: all that the bus keeps for the host. */
    private record HostRights(@Nullable ApBus bus) implements AccessRights {
        @Override
        public boolean allowsIoctl(int number) {
            return true;
        }

        @Override
        public boolean allows(int apid, int apqi) {
            return bus != null && bus.permissions().reservedForDefault(new Apqn(apid, apqi));
        }
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
     *     too short. EINVAL: a length is wrong. ENODEV: no card can do it. EIO: it was tried in vain
     */
    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        int number = request & 0xff;
        if (number == 0 || number >= ApMask.BITS || !rights.allowsIoctl(number)) {
            throw new ErrnoException(Errno.EPERM, "ioctl " + number + " is not allowed here");
        }
        ByteBuffer buffer = ByteBuffer.wrap(argument.buffer());
        switch (request) {
            case ICARSAMODEXPO -> modularExponentiation(buffer);
            case ICARSACRT -> chineseRemainder(buffer);
            case ZCRYPT_DEVICE_STATUS -> status.devices(cleared(buffer, CARDS * CARDS * 4));
            case ZDEVICESTATUS -> status.oldDevices(cleared(buffer, OLD_CARDS * CARDS * 4));
            case ZCRYPT_STATUS_MASK -> status.kinds(cleared(buffer, CARDS), CARDS);
            case Z90STAT_STATUS_MASK -> status.kinds(cleared(buffer, OLD_CARDS), OLD_CARDS);
            case ZCRYPT_QDEPTH_MASK -> status.depths(cleared(buffer, CARDS), CARDS);
            case Z90STAT_QDEPTH_MASK -> status.depths(cleared(buffer, OLD_CARDS), OLD_CARDS);
            case ZCRYPT_PERDEV_REQCNT -> status.requestCounts(cleared(buffer, 4 * CARDS), CARDS);
            case Z90STAT_PERDEV_REQCNT -> status.requestCounts(cleared(buffer, 4 * OLD_CARDS), OLD_CARDS);
            case Z90STAT_REQUESTQ_COUNT -> cleared(buffer, 4).putInt(0, status.waiting());
            case Z90STAT_PENDINGQ_COUNT -> cleared(buffer, 4).putInt(0, status.pending());
            case Z90STAT_TOTALOPEN_COUNT -> cleared(buffer, 4).putInt(0, openFiles.get());
            case Z90STAT_DOMAIN_INDEX -> cleared(buffer, 4).putInt(0, status.defaultDomain());
            default -> throw new ErrnoException(Errno.ENOTTY, String.format("no ioctl 0x%08x", request));
        }
        return 0;
    }

    private static void requireLength(ByteBuffer buffer, long length) throws ErrnoException {
        if (buffer.capacity() < length) {
            throw new ErrnoException(Errno.EFAULT, "buffer of " + buffer.capacity() + " bytes, " + length + " needed");
        }
    }

    private static ByteBuffer cleared(ByteBuffer buffer, int length) throws ErrnoException {
        requireLength(buffer, length);
        Arrays.fill(buffer.array(), 0, length, (byte) 0);
        return buffer;
    }

    /** Checks both lengths of an RSA structure; returns the input's. */
    private static int inputLength(ByteBuffer buffer, int structure) throws ErrnoException {
        requireLength(buffer, structure);
        int input = buffer.getInt(INPUT_LENGTH);
        if (input <= 0 || Integer.compareUnsigned(buffer.getInt(OUTPUT_LENGTH), input) < 0) {
            throw new ErrnoException(Errno.EINVAL, "input of " + Integer.toUnsignedString(input) + " bytes");
        }
        return input;
    }

    private static byte[] take(ByteBuffer buffer, int skipped, int length) throws ErrnoException {
        requireLength(buffer, (long) buffer.position() + skipped + Integer.toUnsignedLong(length));
        byte[] bytes = new byte[length];
        buffer.position(buffer.position() + skipped).get(bytes);
        return bytes;
    }

    private void modularExponentiation(ByteBuffer buffer) throws ErrnoException {
        int length = inputLength(buffer, MODEXPO);
        buffer.position(MODEXPO);
        byte[] input = take(buffer, 0, length);
        int output = buffer.position();
        take(buffer, 0, buffer.getInt(OUTPUT_LENGTH));
        byte[] exponent = take(buffer, 0, length);
        byte[] modulus = take(buffer, 0, length);
        answer(buffer, output, new RsaRequest(rights, false, input, exponent, modulus));
    }

    private void chineseRemainder(ByteBuffer buffer) throws ErrnoException {
        int length = inputLength(buffer, CRT);
        if ((length & 1) != 0) {
            throw new ErrnoException(Errno.EINVAL, "input of an odd number of bytes");
        }
        int half = length / 2;
        buffer.position(CRT);
        byte[] input = take(buffer, 0, length);
        int output = buffer.position();
        take(buffer, 0, buffer.getInt(OUTPUT_LENGTH));
        byte[] dp = take(buffer, PAD, half);
        byte[] dq = take(buffer, 0, half);
        byte[] p = take(buffer, PAD, half);
        byte[] q = take(buffer, 0, half);
        byte[] u = take(buffer, PAD, half);
        answer(buffer, output, new RsaRequest(rights, true, input, p, q, dp, dq, u));
    }

    private void answer(ByteBuffer buffer, int output, RsaRequest request) throws ErrnoException {
        zcrypt.dispatch().send(request);
        byte[] result = request.result();
        buffer.put(output, result).putInt(OUTPUT_LENGTH, result.length);
    }
}
