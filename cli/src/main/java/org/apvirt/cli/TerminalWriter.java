// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

import org.apvirt.arch.Printable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What the commands print goes through here, whatever it was made of. Nothing but text, newlines and tabs gets out: the
 * rest is shown as {@link Printable} shows it, and so is what the terminal's character set does not have. A failed write is
 * never passed over: it ends the command by an {@link OutputFailed}, which is no {@link IOException} because
 * {@link java.io.PrintWriter} swallows those.
 */
final class TerminalWriter extends Writer {
    private static final int BUFFER = 1 << 13; // characters

    /** Output could not be written; nothing more will be. */
    static final class OutputFailed extends RuntimeException {
        private static final long serialVersionUID = 1;

        OutputFailed(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private final OutputStream out;
    private final CharsetEncoder encoder;
    private final boolean insists;
    private final StringBuilder pending = new StringBuilder();
    private char high; // first half of a character that is not complete, or 0
    private @Nullable OutputFailed failure;

    private TerminalWriter(OutputStream out, Charset charset, boolean insists) {
        this.out = out;
        this.encoder = charset.newEncoder().onUnmappableCharacter(CodingErrorAction.REPLACE)
                .onMalformedInput(CodingErrorAction.REPLACE);
        this.insists = insists;
    }

    /** Standard output, or what stands for it: all that is printed must arrive. */
    static TerminalWriter output(OutputStream out, Charset charset) {
        return new TerminalWriter(out, charset, true);
    }

    /** Standard error: if nobody can be told, the work goes on. */
    static TerminalWriter errors(OutputStream out, Charset charset) {
        return new TerminalWriter(out, charset, false);
    }

    /** Returns why output was lost, null if none was. */
    @Nullable
    OutputFailed failure() {
        synchronized (lock) {
            return failure;
        }
    }

    @Override
    public void write(char[] buffer, int offset, int length) {
        synchronized (lock) {
            for (int i = offset; i < offset + length; i++) {
                add(buffer[i]);
            }
            if (pending.length() >= BUFFER) {
                drain();
            }
        }
    }

    private void add(char c) {
        if (high != 0) {
            char first = high;
            high = 0;
            if (Character.isLowSurrogate(c)) {
                add(Character.toCodePoint(first, c));
                return;
            }
            add((int) first);
        }
        if (Character.isHighSurrogate(c)) {
            high = c;
        } else {
            add((int) c);
        }
    }

    private void add(int codePoint) {
        boolean plain = codePoint >= ' ' && codePoint <= '~' || codePoint == '\n' || codePoint == '\t';
        if (plain || Printable.isShown(codePoint) && encoder.canEncode(Character.toString(codePoint))) {
            pending.appendCodePoint(codePoint);
        } else {
            Printable.escape(codePoint, pending);
        }
    }

    private void drain() {
        try {
            ByteBuffer bytes = encoder.encode(CharBuffer.wrap(pending));
            pending.setLength(0);
            if (failure == null) {
                out.write(bytes.array(), bytes.arrayOffset(), bytes.limit());
                out.flush();
            }
        } catch (IOException e) {
            failure = new OutputFailed(e);
        }
        if (insists && failure != null) {
            throw failure;
        }
    }

    @Override
    public void flush() {
        synchronized (lock) {
            drain();
        }
    }

    @Override
    public void close() {
        flush();
    }

    /** Returns a stream to print to for those who know only {@link System#err}; a line at a time. */
    PrintStream stream() {
        OutputStream lines = new OutputStream() {
            private final ByteArrayOutputStream line = new ByteArrayOutputStream();

            @Override
            public synchronized void write(int b) {
                line.write(b);
            }

            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                line.write(bytes, offset, length);
            }

            @Override
            public synchronized void flush() throws IOException {
                TerminalWriter.this.write(line.toString(StandardCharsets.UTF_8));
                line.reset();
                TerminalWriter.this.flush();
            }
        };
        return new PrintStream(lines, true, StandardCharsets.UTF_8);
    }
}
