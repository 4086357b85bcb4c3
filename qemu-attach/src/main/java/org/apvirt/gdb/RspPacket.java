// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.nio.ByteBuffer;

/**
 * The framing of packets that come in: {@code $body#checksum}, with {@code }} as escape and {@code *} for runs.
 * Acknowledgements and noise between packets are passed over.
 */
final class RspPacket {
    private RspPacket() {}

    /**
     * Takes one whole packet out of a buffer. While a packet is not complete the buffer is left at its start.
     *
     * @param into gets the decoded body
     * @return false if there is no whole packet yet
     * @throws RspException the checksum is wrong or the encoding is
     */
    static boolean take(ByteBuffer in, RspReply into) throws RspException {
        int start = in.position();
        while (start < in.limit() && in.get(start) != '$') {
            start++;
        }
        in.position(start);
        int end = start + 1;
        int sum = 0;
        while (end < in.limit() && in.get(end) != '#') {
            sum += in.get(end);
            end++;
        }
        if (end + 2 >= in.limit()) {
            if (start == 0 && in.limit() == in.capacity()) {
                throw new RspException("a packet of the stub is longer than " + in.capacity() + " bytes");
            }
            return false;
        }
        int expected = Character.digit(in.get(end + 1), 16) << 4 | Character.digit(in.get(end + 2), 16);
        if ((sum & 0xff) != expected) {
            throw new RspException("a packet of the stub has a wrong checksum");
        }
        decode(in, start + 1, end, into);
        in.position(end + 3);
        return true;
    }

    private static void decode(ByteBuffer in, int from, int to, RspReply into) throws RspException {
        into.clear();
        for (int i = from; i < to; i++) {
            byte b = in.get(i);
            if (b == '}' && i + 1 < to) {
                into.append((byte) (in.get(++i) ^ 0x20), 1);
            } else if (b == '*' && i + 1 < to && into.length() > 0) {
                into.append(into.last(), (in.get(++i) & 0xff) - 29);
            } else {
                into.append(b, 1);
            }
        }
    }
}
