// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApHardwareInfo;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.RsaKeyToken;
import org.apvirt.arch.msg.Type50Message;
import org.apvirt.arch.msg.Type50Message.Format;
import org.apvirt.arch.msg.Type50Message.Operand;
import org.apvirt.arch.msg.Type80Reply;

/**
 * An accelerator: RSA in six forms and nothing else.
 * Source: Linux {@code drivers/s390/crypto/zcrypt_msgtype50.c}, for requests, replies and the codes it knows.
 */
final class AcceleratorEngine implements MessageEngine {
    static final AcceleratorEngine INSTANCE = new AcceleratorEngine();

    private AcceleratorEngine() {}

    @Override
    public int domain(byte[] message) {
        return Addressee.ANY;
    }

    @Override
    public byte[] reply(byte[] bytes, Addressee addressee) {
        if (bytes.length < Type50Message.OPERANDS_OFFSET) {
            return error(ErrorReply.MESSAGE_LENGTH);
        }
        Type50Message message = Type50Message.at(bytes);
        if (message.type() != Type50Message.TYPE) {
            return ErrorReplies.of(ErrorReply.TYPE88, ErrorReply.MESSAGE_TYPE);
        }
        Format format = message.format();
        if (format == null) {
            return error(ErrorReply.FORMAT_FIELD);
        }
        if (message.lengthBytes() != bytes.length || bytes.length != format.lengthBytes()) {
            return error(ErrorReply.MESSAGE_LENGTH);
        }
        if (!message.reservedIsZero()) {
            return error(ErrorReply.RESERVED_FIELD);
        }
        if (!takes(format, addressee.card().functions())) {
            return error(ErrorReply.OPERAND_SIZE);
        }
        RsaKeyToken key = key(message, format);
        int error = Rsa.check(key);
        if (error != 0) {
            return error(error);
        }
        byte[] result = Rsa.apply(addressee.machine().rsaArithmetic(), key, message.bytes(format, Operand.MESSAGE));
        return result == null ? error(ErrorReply.OPERAND_SIZE) : Type80Reply.of(result, format.modulusBytes());
    }

    /** Numbers of 4096 bits need their function bit. */
    private static boolean takes(Format format, int functions) {
        return switch (format) {
            case MEB1, MEB2, CRB1, CRB2 -> true;
            case MEB3 -> (functions & ApHardwareInfo.MEX4K) != 0;
            case CRB3 -> (functions & ApHardwareInfo.CRT4K) != 0;
        };
    }

    private static RsaKeyToken key(Type50Message message, Format format) {
        if (!format.crt()) {
            return new RsaKeyToken.ModulusExponent(message.bytes(format, Operand.EXPONENT),
                    message.bytes(format, Operand.MODULUS));
        }
        return new RsaKeyToken.Crt(message.bytes(format, Operand.P), message.bytes(format, Operand.Q),
                message.bytes(format, Operand.DP), message.bytes(format, Operand.DQ),
                message.bytes(format, Operand.U), format.modulusBytes());
    }

    @Override
    public byte[] error(int code) {
        return ErrorReplies.of(ErrorReply.TYPE82, code);
    }
}
