// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.Type86Header;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/** What replies of cards mean to the requester. Source: Linux {@code zcrypt_error.h}, {@code convert_error}. */
public final class ZcryptReply {
    private ZcryptReply() {}

    /** Returns the message type of a reply, 0 if it is too short to have one. */
    public static int type(byte[] reply) {
        return reply.length < ErrorReply.LENGTH ? 0 : reply[ErrorReply.TYPE_OFFSET] & 0xff;
    }

    /** Returns what an error reply, or a type 86 reply with a code, means. */
    public static ErrnoException refusal(byte[] reply) {
        int code = reply[ErrorReply.CODE_OFFSET] & 0xff;
        Errno errno = switch (code) {
            case 0x22, 0x23, 0x24, 0x29, 0x34, 0x40, 0x41, 0x80, 0x82, 0x84, 0x85, 0x8a, 0x8b, 0xa0 -> Errno.EINVAL;
            default -> Errno.EAGAIN;
        };
        return new ErrnoException(errno, String.format("card replied type %02x code %02x", type(reply), code));
    }

    /** Tells whether a reply means that the card, or the way to it, failed: another card may do. */
    static boolean saysCardFailed(byte[] reply) {
        int code = reply.length <= ErrorReply.CODE_OFFSET ? 0 : reply[ErrorReply.CODE_OFFSET] & 0xff;
        boolean error = isError(reply) || reply.length > 1 && type(reply) == Type86Header.TYPE;
        return error && (code == 0x10 || code == 0x20 || code == 0x90);
    }

    /** What kind of control block a coprocessor takes, and how it says no. */
    public enum Kind {
        /** CCA: type 82 or 88. */
        CCA(ErrorReply.TYPE88, Cprbx.LENGTH, Cprbx.VERSION),
        /** EP11: type 82 or 87. */
        EP11(ErrorReply.TYPE87, Ep11Cprb.LENGTH, Ep11Cprb.VERSION);

        private static final int VERSION_OFFSET = 2; // in both control blocks

        private final int formErrorType;
        private final int cprbLength;
        private final int cprbVersion;

        Kind(int formErrorType, int cprbLength, int cprbVersion) {
            this.formErrorType = formErrorType;
            this.cprbLength = cprbLength;
            this.cprbVersion = cprbVersion;
        }

        private boolean isError(byte[] reply) {
            return type(reply) == ErrorReply.TYPE82 || type(reply) == formErrorType;
        }

        /**
         * Views a reply as an answer, type 86 with a control block.
         *
         * @throws ErrnoException the card refused the request: EAGAIN or EINVAL. EAGAIN: no such reply, and the queue is
         *     offline now. EMSGSIZE: the reply has not the length it names
         */
        public Type86Header answer(ZcryptQueue queue, byte[] reply) throws ErrnoException {
            if (isError(reply) || type(reply) == Type86Header.TYPE && reply[ErrorReply.CODE_OFFSET] != 0) {
                throw refusal(reply);
            }
            if (type(reply) != Type86Header.TYPE || reply.length < Type86Header.LENGTH + cprbLength
                    || reply[Type86Header.LENGTH + VERSION_OFFSET] != cprbVersion) {
                throw queue.failed(String.format("unknown response type 0x%02x =>", type(reply)));
            }
            Type86Header header = Type86Header.at(reply);
            long end1 = (long) header.offset1() + header.count1();
            long end = this == EP11 || header.count2() == 0 ? end1 : (long) header.offset2() + header.count2();
            // Differs from Linux: what a header says of places outside the reply is not followed.
            boolean inside = header.offset1() >= Type86Header.LENGTH && header.count1() >= cprbLength
                    && header.count2() >= 0 && header.offset2() >= 0 && end1 <= reply.length;
            if (!inside || end != reply.length) {
                throw new ErrnoException(Errno.EMSGSIZE, "reply of " + reply.length + " bytes does not fit its header");
            }
            return header;
        }
    }

    /** Tells whether a reply of an accelerator is one of the error types. */
    public static boolean isError(byte[] reply) {
        return type(reply) == ErrorReply.TYPE82 || type(reply) == ErrorReply.TYPE88;
    }
}
