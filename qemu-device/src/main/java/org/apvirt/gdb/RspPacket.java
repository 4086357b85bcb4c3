package org.apvirt.gdb;

import java.nio.ByteBuffer;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The framing of the gdb remote protocol: {@code $body#checksum}, with {@code }} as escape and {@code *} for runs.
 * Acknowledgements and noise between packets are passed over.
 */
final class RspPacket {
    private static final int LONGEST_BODY = 1 << 20;

    private RspPacket() {}

    /**
     * Takes one whole packet out of a buffer. While a packet is not complete the buffer is left at its start.
     *
     * @return the decoded body, null if there is no whole packet yet
     * @throws RspException the checksum is wrong or the encoding is
     */
    static @Nullable String take(ByteBuffer in) throws RspException {
        int start = in.position();
        while (start < in.limit() && in.get(start) != '$') {
            start++;
        }
        in.position(start);
        int end = start + 1;
        while (end < in.limit() && in.get(end) != '#') {
            end++;
        }
        if (end + 2 >= in.limit()) {
            if (start == 0 && in.limit() == in.capacity()) {
                throw new RspException("a packet of the stub is longer than " + in.capacity() + " bytes");
            }
            return null;
        }
        int sum = 0;
        for (int i = start + 1; i < end; i++) {
            sum += in.get(i);
        }
        int expected = Character.digit(in.get(end + 1), 16) << 4 | Character.digit(in.get(end + 2), 16);
        if ((sum & 0xff) != expected) {
            throw new RspException("a packet of the stub has a wrong checksum");
        }
        String body = decode(in, start + 1, end);
        in.position(end + 3);
        return body;
    }

    private static String decode(ByteBuffer in, int from, int to) throws RspException {
        StringBuilder body = new StringBuilder(to - from);
        for (int i = from; i < to; i++) {
            int c = in.get(i) & 0xff;
            if (c == '}' && i + 1 < to) {
                body.append((char) (in.get(++i) & 0xff ^ 0x20));
            } else if (c == '*' && i + 1 < to && !body.isEmpty()) {
                int more = (in.get(++i) & 0xff) - 29;
                if (more < 0 || body.length() + more > LONGEST_BODY) {
                    throw new RspException("a packet of the stub has a bad run length");
                }
                body.append(String.valueOf(body.charAt(body.length() - 1)).repeat(more));
            } else {
                body.append((char) c);
            }
        }
        return body.toString();
    }
}
