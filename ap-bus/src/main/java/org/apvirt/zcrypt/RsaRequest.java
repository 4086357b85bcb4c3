// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Arrays;

import org.apvirt.ap.ApMessage;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.msg.CcaRsaBlock;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.RsaKeyToken;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type80Reply;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.zcrypt.ZcryptModel.Operation;

/**
 * An RSA operation of a program: modular exponentiation with a key in one of two forms. Accelerators get it as message
 * type 50, CCA coprocessors as type 6. Source: Linux {@code zcrypt_msgtype50.c}, {@code zcrypt_msgtype6.c}.
 */
final class RsaRequest implements ZcryptDispatch.Request {
    private static final int SMALL = 128; // bytes
    private static final int MEDIUM = 256;
    private static final int LEAST_PADDING = 10; // bytes

    /** Where message and key come from, which is looked at when there is a queue for them. */
    @FunctionalInterface
    interface Operands {
        /**
         * Returns the message, as long as the modulus, and the key. In CRT form that is p, q, dp, dq, u, each half as long,
         * rounded up, and 8 bytes before p, dp and u, which accelerators do not get; otherwise exponent and modulus, each as
         * long as the message.
         *
         * @throws ErrnoException EFAULT: they are not where the request says
         */
        byte[][] fetch() throws ErrnoException;
    }

    private final AccessRights rights;
    private final boolean crt;
    private final int length;
    private final Operands operands;
    private byte[] result = {};

    /**
     * A request.
     *
     * @param crt the key is in CRT form
     * @param length of the message in bytes, unsigned
     */
    RsaRequest(AccessRights rights, boolean crt, int length, Operands operands) {
        this.rights = rights;
        this.crt = crt;
        this.length = length;
        this.operands = operands;
    }

    /** Returns the result, as long as the input, or shorter if the card's is: it belongs at the left then. */
    byte[] result() {
        return result;
    }

    @Override
    public boolean fits(ZcryptCard card) {
        return (card.isAccelerator() || card.isCca()) && length >= card.model().minModulusBytes()
                && length <= card.model().maxModulusBytes();
    }

    @Override
    public boolean fits(ZcryptQueue queue) {
        Apqn apqn = queue.queue().apqn();
        return rights.allows(apqn.apid(), apqn.apqi());
    }

    @Override
    public ZcryptTrace.Kind kind() {
        return kind(crt);
    }

    static ZcryptTrace.Kind kind(boolean crt) {
        return crt ? ZcryptTrace.Kind.ICARSACRT : ZcryptTrace.Kind.ICARSAMODEXPO;
    }

    @Override
    public int functionCode() {
        return operation().ordinal();
    }

    private Operation operation() {
        return length <= SMALL
                ? crt ? Operation.CRT_1K : Operation.MEX_1K
                : length <= MEDIUM
                        ? crt ? Operation.CRT_2K : Operation.MEX_2K
                        : crt ? Operation.CRT_4K : Operation.MEX_4K;
    }

    @Override
    public int weight(ZcryptCard card) {
        return card.model().speed(operation());
    }

    @Override
    public ApMessage message(ZcryptQueue queue) throws ErrnoException {
        byte[][] fetched = operands.fetch();
        byte[][] key = Arrays.copyOfRange(fetched, 1, fetched.length);
        return new ApMessage(queue.card().isAccelerator() ? type50(fetched[0], key) : type6(queue, fetched[0], key),
                false);
    }

    private byte[] type50(byte[] input, byte[][] key) throws ErrnoException {
        Format format = Format.forModulus(length, crt);
        if (format == null) {
            throw new ErrnoException(Errno.EINVAL, "modulus of " + length + " bytes");
        }
        Operand[] fields = crt
                ? new Operand[]{Operand.P, Operand.Q, Operand.DP, Operand.DQ, Operand.U}
                : new Operand[]{Operand.EXPONENT, Operand.MODULUS};
        Type50Message message = Type50Message.create(format);
        int bytes = crt ? (length + 1) / 2 : length;
        for (int i = 0; i < fields.length; i++) {
            message.put(format, fields[i], key[i], key[i].length - bytes, bytes);
        }
        return message.put(format, Operand.MESSAGE, input, 0, length).storage();
    }

    private byte[] type6(ZcryptQueue queue, byte[] input, byte[][] key) {
        int function = crt ? FunctionCode.PRIVATE_KEY : FunctionCode.PUBLIC_KEY;
        byte[] token = crt
                ? RsaKeyToken.crt(key[0], key[1], key[2], key[3], key[4], length)
                : RsaKeyToken.modulusExponent(key[0], key[1]);
        byte[] parameters = CcaRsaBlock.request(function, input, token);
        int bytes = Cprbx.LENGTH + parameters.length;
        byte[] message = new byte[Type6Header.LENGTH + bytes];
        Type6Header.init(message, FunctionCode.AGENT_CCA, function).toCardLength(1, bytes).fromCardLength(1,
                queue.queue().card().maxMessageBytes() - Type86Header.LENGTH);
        Cprbx.init(message, Type6Header.LENGTH, FunctionCode.CPRB_CCA_USAGE).requestParameterLength(parameters.length)
                .replyRoom(queue.queue().card().maxMessageBytes() - Type86Header.LENGTH)
                .domain(queue.queue().apqn().apqi());
        System.arraycopy(parameters, 0, message, Type6Header.LENGTH + Cprbx.LENGTH, parameters.length);
        return message;
    }

    @Override
    public void receive(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        result = queue.card().isAccelerator() ? fromType80(queue, reply) : fromType86(queue, reply);
    }

    private byte[] fromType80(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        if (ZcryptReply.isError(reply)) {
            throw ZcryptReply.refusal(reply);
        }
        if (ZcryptReply.type(reply) != Type80Reply.TYPE) {
            throw queue.failed(String.format("unknown response type 0x%02x =>", ZcryptReply.type(reply)));
        }
        if (((reply[2] & 0xff) << 8 | reply[3] & 0xff) != reply.length) {
            throw new ErrnoException(Errno.EMSGSIZE, "reply of " + reply.length + " bytes says another length");
        }
        if (reply.length < Type80Reply.HEADER + length) {
            throw queue.failed("code=0x80 =>");
        }
        return Arrays.copyOfRange(reply, reply.length - length, reply.length);
    }

    private byte[] fromType86(ZcryptQueue queue, byte[] reply) throws ErrnoException {
        Type86Header header = ZcryptReply.Kind.CCA.answer(queue, reply);
        Cprbx cprb = Cprbx.at(reply, header.offset1());
        int code = cprb.returnCode();
        int reason = cprb.reasonCode();
        if (code != 0) {
            boolean invalid = code == 8 && (reason == 65 || reason == 66 || reason == 72 || reason == 770)
                    || code == 12 && reason == 769;
            throw invalid
                    ? new ErrnoException(Errno.EINVAL, "card answered " + code + '/' + reason)
                    : queue.failed("rc/rs=" + code + '/' + reason);
        }
        int at = header.offset1() + Cprbx.LENGTH + 4; // after function code and rule length
        int bytes = at + 2 <= reply.length ? ((reply[at] & 0xff) << 8 | reply[at + 1] & 0xff) - 2 : reply.length;
        if (at + 2 + bytes > reply.length) {
            throw new ErrnoException(Errno.EMSGSIZE, "reply of " + reply.length + " bytes ends within its result");
        }
        boolean padded = queue.queue().bus().kernel().has(ZcryptQuirk.PADS_SHORT_RSA_RESULTS);
        if (bytes < 0 || bytes > length || padded && bytes < length && length - bytes < LEAST_PADDING) {
            throw new ErrnoException(padded ? Errno.EINVAL : Errno.EMSGSIZE, "result of " + bytes + " bytes");
        }
        byte[] found = Arrays.copyOfRange(reply, at + 2, at + 2 + bytes);
        return padded ? padded(found) : found;
    }

    /** Puts in front what a decryption took off: 00, 02, bytes that are not 0, 00. Differs from Linux: each of them is ff. */
    private byte[] padded(byte[] found) {
        byte[] whole = new byte[length];
        int padding = length - found.length;
        if (padding > 0) {
            Arrays.fill(whole, 2, padding - 1, (byte) 0xff);
            whole[1] = 2;
        }
        System.arraycopy(found, 0, whole, padding, found.length);
        return whole;
    }
}
