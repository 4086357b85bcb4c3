package org.apvirt.ap;

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

    /** Tells whether a reply is one of the error types. */
    public static boolean isError(byte[] reply) {
        int type = type(reply);
        return type == ErrorReply.TYPE82 || type == ErrorReply.TYPE87 || type == ErrorReply.TYPE88;
    }

    /**
     * Views a reply as type 86 that has an answer.
     *
     * @param cprbLength bytes of the control block that must be there
     * @throws ErrnoException the card refused the request. EAGAIN: not such a reply. EMSGSIZE: it has not the length it
     *     names
     */
    public static Type86Header type86(byte[] reply, int cprbLength) throws ErrnoException {
        if (isError(reply)) {
            throw refusal(reply);
        }
        if (type(reply) != Type86Header.TYPE || reply.length < Type86Header.LENGTH) {
            throw new ErrnoException(Errno.EAGAIN, "card replied with unknown type " + type(reply));
        }
        Type86Header header = Type86Header.at(reply);
        if (header.replyCode() != 0 || header.format() == Type86Header.FORMAT_ERROR) {
            throw refusal(reply);
        }
        long end = header.count2() == 0
                ? (long) header.offset1() + header.count1()
                : (long) header.offset2() + header.count2();
        if (header.offset1() < Type86Header.LENGTH || header.count1() < cprbLength
                || (long) header.offset1() + header.count1() > reply.length || end != reply.length) {
            throw new ErrnoException(Errno.EMSGSIZE, "reply of " + reply.length + " bytes does not fit its header");
        }
        return header;
    }
}
