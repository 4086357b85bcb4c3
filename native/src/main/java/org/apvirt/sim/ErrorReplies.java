// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.msg.ErrorReply;

/** The error replies of cards, made once: a reply lies in its queue until it is copied out, and nobody changes it. */
final class ErrorReplies {
    private static final int CODES = 0x100;
    private static final byte[][] TYPE82 = all(ErrorReply.TYPE82);
    private static final byte[][] TYPE87 = all(ErrorReply.TYPE87);
    private static final byte[][] TYPE88 = all(ErrorReply.TYPE88);

    private ErrorReplies() {}

    private static byte[][] all(int type) {
        byte[][] replies = new byte[CODES][];
        for (int code = 0; code < CODES; code++) {
            replies[code] = ErrorReply.of(type, code);
        }
        return replies;
    }

    /** Returns the eight bytes of an error reply, which are not to be changed. */
    static byte[] of(int type, int code) {
        return switch (type) {
            case ErrorReply.TYPE82 -> TYPE82[code & 0xff];
            case ErrorReply.TYPE87 -> TYPE87[code & 0xff];
            case ErrorReply.TYPE88 -> TYPE88[code & 0xff];
            default -> throw new IllegalArgumentException("no type of an error reply: " + type);
        };
    }
}
