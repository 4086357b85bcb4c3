// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Cuts a stream, as QMP is one, into its JSON objects and lists, byte for byte; blanks between them are dropped. What is no JSON comes as
 * the line that it is in, for whoever reads it to complain.
 */
final class JsonFrames {
    /** Takes what was cut. */
    @FunctionalInterface
    interface Sink {
        /** Takes one object, or one line. */
        void frame(byte[] bytes) throws IOException;
    }

    /** A client that sends without end is none; QEMU's own limit is as large. */
    private static final int LONGEST = 64 << 20;

    private final ByteArrayOutputStream frame = new ByteArrayOutputStream();
    private int depth;
    private int quote; // 0: not in a string
    private boolean escaped;

    /**
     * Takes what was received.
     *
     * @throws IOException from the sink; also a frame without end
     */
    void take(byte[] bytes, int length, Sink sink) throws IOException {
        for (int i = 0; i < length; i++) {
            int b = bytes[i];
            boolean isBlank = b == ' ' || b == '\t' || b == '\r' || b == '\n';
            if (frame.size() == 0 && isBlank) {
                continue;
            }
            if (frame.size() == LONGEST) {
                throw new IOException("a message of more than " + LONGEST + " bytes");
            }
            frame.write(b);
            if (isEnd(b)) {
                byte[] whole = Arrays.copyOf(frame.toByteArray(), frame.size() - (b == '\n' ? 1 : 0));
                frame.reset();
                depth = 0;
                sink.frame(whole);
            }
        }
    }

    private boolean isEnd(int b) {
        if (quote != 0) {
            boolean isEscape = b == '\\' && !escaped;
            if (b == quote && !escaped) {
                quote = 0;
            }
            escaped = isEscape;
            return false;
        }
        if (depth == 0 && frame.size() > 1) {
            return b == '\n'; // a line of something else
        }
        switch (b) {
            case '{', '[' -> depth++;
            case '}', ']' -> {
                depth--;
                return depth <= 0 && frame.size() > 1;
            }
            case '"', '\'' -> quote = depth > 0 ? b : 0;
            default -> {
            }
        }
        return false;
    }
}
