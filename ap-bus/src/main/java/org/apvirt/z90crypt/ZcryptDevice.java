// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.apvirt.arch.Apqn;
import org.apvirt.device.CharDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.OpenFile;
import org.apvirt.zcrypt.CcaRequest;
import org.apvirt.zcrypt.Ep11Request;
import org.apvirt.zcrypt.RandomRequest;
import org.apvirt.zcrypt.ZcryptIoctl;

/**
 * The cards of a system, as a program uses them: {@code /dev/z90crypt} or an additional node, of a simulated system or of
 * the Linux on IBM Z that this program runs on. Thread-safe until it is closed.
 *
 * <p>Numbers of RSA are unsigned and big-endian. Requests wait for their answer. Source: Linux
 * {@code arch/s390/include/uapi/asm/zcrypt.h}.
 */
public final class ZcryptDevice implements AutoCloseable {
    /** How opening the device of this machine ended. */
    public sealed interface Opening {}

    /**
     * It is open.
     *
     * @param device the device
     */
    public record Opened(ZcryptDevice device) implements Opening {}

    /**
     * It cannot be used.
     *
     * @param reason why, and what helps, in one line
     */
    public record Refused(String reason) implements Opening {
        @Override
        public String toString() {
            return reason;
        }
    }

    /**
     * A queue that the host's drivers have.
     *
     * @param type hardware type, 10 = CEX4 ... 14 = CEX8
     * @param functions the top 6 bits of the function word
     */
    public record QueueStatus(Apqn apqn, int type, boolean online, int functions) {}

    /**
     * The answer of a CCA coprocessor.
     *
     * @param control CPRB with its parameters
     * @param data further data, empty for none
     */
    public record CcaAnswer(byte[] control, byte[] data) {}

    private final ZcryptPort port;
    private final CardStatus status;

    private ZcryptDevice(ZcryptPort port) {
        this.port = port;
        this.status = new CardStatus(port);
    }

    /**
     * Opens a node of a simulated system.
     *
     * @param node for example {@code z90crypt}
     * @throws ErrnoException ENOENT: there is no such node
     */
    public static ZcryptDevice open(Kernel kernel, String node) throws ErrnoException {
        if (!(kernel.dev().child(node) instanceof CharDevice device)) {
            throw new ErrnoException(Errno.ENOENT, "no /dev/" + node + ": is the module zcrypt loaded?");
        }
        return of(device.opener().open());
    }

    /** Takes an open device file of a simulated system; it is closed with the device. */
    public static ZcryptDevice of(OpenFile file) {
        return new ZcryptDevice(new ZcryptPort.Simulated(file));
    }

    /**
     * Opens a node of the machine that this program runs on, or tells why it cannot be used.
     *
     * @param node for example {@code /dev/z90crypt}
     */
    public static Opening open(Path node) {
        String system = System.getProperty("os.name", "") + " on " + System.getProperty("os.arch", "");
        if (!system.equals("Linux on s390x")) {
            return new Refused(node + ": only Linux on s390x has crypto cards, this is " + system);
        }
        try {
            return new Opened(new ZcryptDevice(LinuxZcrypt.open(node)));
        } catch (ErrnoException e) {
            return new Refused(node + ": " + e.errno().text().toLowerCase(Locale.ROOT) + remedy(e.errno()));
        } catch (LinkageError e) {
            return new Refused(node + ": no calls into the C library: " + e);
        }
    }

    private static String remedy(Errno errno) {
        return switch (errno) {
            case ENOENT, ENXIO -> " (load the module zcrypt)";
            case EACCES -> " (the node is for root alone, unless its mode is changed)";
            default -> "";
        };
    }

    /**
     * Computes message^exponent mod modulus on an accelerator or a CCA coprocessor.
     *
     * @return as many bytes as the modulus has
     * @throws ErrnoException EINVAL: a card refused the numbers. ENODEV: no card takes a modulus of this length
     */
    public byte[] modExpo(byte[] message, byte[] exponent, byte[] modulus) throws ErrnoException {
        byte[] result = new byte[modulus.length];
        modExpo(message, exponent, modulus, result);
        return result;
    }

    /**
     * Computes into a room, of which a card may fill less, depending on the kernel's release.
     *
     * @param result as long as the modulus
     * @throws ErrnoException as without a room. EMSGSIZE: the card's result is too short or too long
     */
    public void modExpo(byte[] message, byte[] exponent, byte[] modulus, byte[] result) throws ErrnoException {
        int length = modulus.length;
        ZcryptArgument argument = new ZcryptArgument(ZcryptIoctl.MODEXPO_LENGTH);
        argument.structure().putInt(ZcryptIoctl.RSA_INPUT_LENGTH, length).putInt(ZcryptIoctl.RSA_OUTPUT_LENGTH, length);
        argument.point(0, field(message, length)).point(16, result).point(32, field(exponent, length)).point(40,
                field(modulus, length));
        port.ioctl(ZcryptIoctl.ICARSAMODEXPO, argument);
    }

    /**
     * Computes with a private key in CRT form: message^d mod p*q.
     *
     * @param modulusBytes length of p*q, even; message and result have it, p, q, dp, dq and u half of it
     * @param u inverse of q modulo p
     * @throws ErrnoException EINVAL: a length is odd, or a card refused the numbers. ENODEV: no card takes this length
     */
    public byte[] crt(int modulusBytes, byte[] message, byte[] p, byte[] q, byte[] dp, byte[] dq, byte[] u)
            throws ErrnoException {
        int half = modulusBytes / 2;
        int padded = half + ZcryptIoctl.CRT_PAD;
        ZcryptArgument argument = new ZcryptArgument(ZcryptIoctl.CRT_LENGTH);
        argument.structure().putInt(ZcryptIoctl.RSA_INPUT_LENGTH, modulusBytes).putInt(ZcryptIoctl.RSA_OUTPUT_LENGTH,
                modulusBytes);
        byte[] result = new byte[modulusBytes];
        argument.point(0, field(message, modulusBytes)).point(16, result).point(32, field(dp, padded))
                .point(40, field(dq, half)).point(48, field(p, padded)).point(56, field(q, half))
                .point(64, field(u, padded));
        port.ioctl(ZcryptIoctl.ICARSACRT, argument);
        return result;
    }

    /** Returns a number in exactly so many bytes. */
    private static byte[] field(byte[] number, int length) throws ErrnoException {
        byte[] field = new byte[length];
        int surplus = number.length - length;
        for (int i = 0; i < surplus; i++) {
            if (number[i] != 0) {
                throw new ErrnoException(Errno.EINVAL, "a number of " + number.length + " bytes, " + length + " fit");
            }
        }
        int used = Math.min(number.length, length);
        System.arraycopy(number, number.length - used, field, length - used, used);
        return field;
    }

    /**
     * Sends a request to a CCA coprocessor. Address fields inside the control block mean nothing here.
     *
     * @throws ErrnoException what ioctl(2) answers; the reason contains the status word if the card refused
     */
    public CcaAnswer sendCprb(CcaRequest.Block block) throws ErrnoException {
        ZcryptArgument argument = new ZcryptArgument(ZcryptIoctl.XCRB_LENGTH);
        ByteBuffer xcrb = argument.structure();
        xcrb.putShort(0, (short) block.agent()).putInt(ZcryptIoctl.XCRB_ADAPTER, block.adapter())
                .putInt(ZcryptIoctl.XCRB_CONTROL_LENGTH, block.control().length)
                .putInt(ZcryptIoctl.XCRB_DATA_LENGTH, block.data().length)
                .putInt(ZcryptIoctl.XCRB_REPLY_CONTROL_LENGTH, block.controlRoom())
                .putInt(ZcryptIoctl.XCRB_REPLY_DATA_LENGTH, block.dataRoom());
        byte[] control = new byte[block.controlRoom()];
        byte[] data = new byte[block.dataRoom()];
        argument.point(ZcryptIoctl.XCRB_CONTROL, block.control()).point(ZcryptIoctl.XCRB_DATA, block.data())
                .point(ZcryptIoctl.XCRB_REPLY_CONTROL, control).point(ZcryptIoctl.XCRB_REPLY_DATA, data);
        try {
            port.ioctl(ZcryptIoctl.ZSECSENDCPRB, argument);
        } catch (ErrnoException e) {
            int word = xcrb.getInt(ZcryptIoctl.XCRB_STATUS);
            throw word == 0 ? e : new ErrnoException(e.errno(), String.format("card answered status %08x", word));
        }
        return new CcaAnswer(first(control, xcrb.getInt(ZcryptIoctl.XCRB_REPLY_CONTROL_LENGTH)),
                first(data, xcrb.getInt(ZcryptIoctl.XCRB_REPLY_DATA_LENGTH)));
    }

    /**
     * Sends a request to an EP11 coprocessor.
     *
     * @param targets who may answer, empty: any
     * @param request control block with payload
     * @param room bytes that the answer may have
     * @return control block with payload
     * @throws ErrnoException what ioctl(2) answers
     */
    public byte[] sendEp11(List<Ep11Request.Target> targets, byte[] request, int room) throws ErrnoException {
        ByteBuffer list = ByteBuffer.allocate(4 * targets.size());
        targets.forEach(target -> list.putShort((short) target.apid()).putShort((short) target.apqi()));
        ZcryptArgument argument = new ZcryptArgument(ZcryptIoctl.EP11_URB_LENGTH);
        ByteBuffer urb = argument.structure();
        urb.putShort(0, (short) targets.size()).putLong(ZcryptIoctl.EP11_REQUEST_LENGTH, request.length)
                .putLong(ZcryptIoctl.EP11_REPLY_LENGTH, room);
        byte[] reply = new byte[room];
        argument.point(ZcryptIoctl.EP11_TARGETS, list.array()).point(ZcryptIoctl.EP11_REQUEST, request)
                .point(ZcryptIoctl.EP11_REPLY, reply);
        port.ioctl(ZcryptIoctl.ZSENDEP11CPRB, argument);
        return first(reply, (int) urb.getLong(ZcryptIoctl.EP11_REPLY_LENGTH));
    }

    private static byte[] first(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }

    /**
     * Returns random bytes of a CCA coprocessor.
     *
     * @throws ErrnoException ENODEV: there is none. EIO: it gave none
     */
    public byte[] random(int length) throws ErrnoException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            byte[] some = sendCprb(RandomRequest.block(CcaRequest.ANY_ADAPTER)).data();
            if (some.length == 0) {
                throw new ErrnoException(Errno.EIO, "the card gave no random bytes");
            }
            bytes.put(some, 0, Math.min(some.length, bytes.remaining()));
        }
        return bytes.array();
    }

    /** Returns the requests for keys of CCA coprocessors: elliptic curves and secure AES keys. */
    public CcaKeys keys() {
        return new CcaKeys(this);
    }

    /** Returns the requests for keys of EP11 coprocessors. */
    public Ep11Keys ep11Keys() {
        return new Ep11Keys(this);
    }

    /** Returns the requests for status. */
    public CardStatus status() {
        return status;
    }

    @Override
    public void close() {
        port.close();
    }
}
