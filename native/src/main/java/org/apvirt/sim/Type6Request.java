// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.msg.ErrorReply;
import org.apvirt.arch.msg.Type6Header;

/** What both kinds of coprocessor check before they look at the control block of a request. */
final class Type6Request {
    private Type6Request() {}

    /**
     * Returns 0 if header, lengths and agent are right, else the reply code.
     *
     * @param minimum length of the control block in bytes
     */
    static int check(byte[] message, int agent, int minimum) {
        if (message.length < Type6Header.LENGTH) {
            return ErrorReply.INVALID_MESSAGE_LENGTH;
        }
        Type6Header header = Type6Header.at(message);
        if (header.type() != Type6Header.TYPE) {
            return ErrorReply.MESSAGE_TYPE;
        }
        if (header.agent() != agent || header.offset1() != Type6Header.LENGTH) {
            return ErrorReply.MESSAGE_MALFORMED;
        }
        boolean fits = header.toCardLength(1) >= minimum && inside(header.offset1(), header.toCardLength(1), message)
                && (header.toCardLength(2) == 0 || inside(header.offset2(), header.toCardLength(2), message));
        return fits ? 0 : ErrorReply.INVALID_MESSAGE_LENGTH;
    }

    private static boolean inside(int offset, int length, byte[] message) {
        return offset >= 0 && length >= 0 && offset <= message.length - length;
    }

    /**
     * Returns the error reply of a code.
     *
     * @param formType message type of an error of form: {@link ErrorReply#TYPE88} from CCA, {@link ErrorReply#TYPE87} from
     *     EP11; Linux takes no other from that kind of card
     */
    static byte[] error(int formType, int code) {
        boolean form = code == ErrorReply.MESSAGE_TYPE || code == ErrorReply.MESSAGE_MALFORMED;
        return ErrorReplies.of(form ? formType : ErrorReply.TYPE82, code);
    }
}
