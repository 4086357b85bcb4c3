// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

import org.apvirt.arch.Facilities;
import org.checkerframework.checker.calledmethods.qual.EnsuresCalledMethods;
import org.checkerframework.checker.mustcall.qual.Owning;

/**
 * One connection of the plugin, and its messages: type, argument, value and length of what follows, 1, 1, 2 and 4 bytes,
 * then so many bytes; numbers are big-endian. Source: {@code src/main/qemu-plugin/ap_plugin.h}.
 *
 * <p>Used by one thread; {@link #close} by any.
 */
final class PluginChannel implements Closeable {
    /** Version of the protocol. */
    static final int VERSION = 3;
    /** What a connection says for which CPU it is, if it is for QEMU as a whole. */
    static final int WHOLE_QEMU = -1;
    /** Longest payload, bytes. */
    static final int LONGEST = 128 * 1024;

    private static final int HEADER = 8;
    private static final int MAGIC = 0x4150_5650;
    private static final int HELLO_LENGTH = 8;
    private static final int FACILITY_BYTES = 32;
    /** A guest's next instruction comes this soon after the last, or it does not come at once. */
    private static final long SPIN_NANOS = 60_000;
    private static final long ANSWER_MILLIS = 5000;

    private final @Owning SocketChannel channel;
    private final @Owning Selector selector;
    private final SelectionKey key;
    private final ByteBuffer in = ByteBuffer.allocateDirect(HEADER + LONGEST);
    private final ByteBuffer out = ByteBuffer.allocateDirect(HEADER + LONGEST);

    private boolean mayStayAwake;

    private PluginChannel(@Owning SocketChannel channel, @Owning Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        channel.configureBlocking(false);
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /** Talks over a connection, which is closed if that cannot begin. */
    @SuppressWarnings("required.method.not.called") // the checker does not see that null is what was not opened
    static PluginChannel over(@Owning SocketChannel channel) throws IOException {
        Selector selector = null;
        try {
            selector = Selector.open();
            return new PluginChannel(channel, selector);
        } catch (IOException e) {
            channel.close();
            if (selector != null) {
                selector.close();
            }
            throw e;
        }
    }

    /**
     * Waits for a message of this length, without a limit of time.
     *
     * @return its type; {@link #argument}, {@link #value} and {@link #payload} have the rest
     * @throws EOFException the connection has ended
     * @throws PluginException that is no message, or one of another length
     */
    char receive(int shortest, int longest) throws IOException {
        return receive(shortest, longest, 0);
    }

    /** Waits for a message, for so many milliseconds; 0: without a limit. */
    private char receive(int shortest, int longest, long millis) throws IOException {
        in.clear().limit(HEADER + longest); // the plugin may have sent its next already, which stays where it is
        fill(HEADER, millis);
        int length = in.getInt(4);
        if (length < shortest || length > longest) {
            throw new PluginException("a message of type '" + printable(in.get(0)) + "' has " + length + " bytes");
        }
        fill(HEADER + length, millis);
        if (in.position() > HEADER + length) {
            throw new PluginException("a message came before the one before it was answered");
        }
        in.flip().position(HEADER);
        return (char) (in.get(0) & 0xff);
    }

    private static String printable(byte type) {
        return type > ' ' && type < 0x7f ? String.valueOf((char) type) : Integer.toHexString(type & 0xff);
    }

    /** Tells whether it may wait awake for a message that is likely to come soon, which keeps a processor busy. */
    void stayAwake(boolean allowed) {
        mayStayAwake = allowed;
    }

    /** Reads until there are so many bytes. */
    private void fill(int length, long millis) throws IOException {
        if (in.position() >= length) {
            return;
        }
        long start = System.nanoTime();
        while (true) {
            long waited = System.nanoTime() - start;
            boolean awake = mayStayAwake && waited < SPIN_NANOS;
            if (!awake) {
                if (millis != 0 && waited > millis * 1_000_000) {
                    throw new PluginException("QEMU does not answer within " + millis + " ms");
                }
                select(millis == 0 ? 0 : Math.max(1, millis - waited / 1_000_000));
            }
            int count = read();
            if (count < 0) {
                throw new EOFException("the connection has ended");
            }
            if (in.position() >= length) {
                return;
            }
            if (count == 0 && awake) {
                Thread.yield();
            }
        }
    }

    private int read() throws IOException {
        try {
            return channel.read(in);
        } catch (IOException e) {
            EOFException end = new EOFException("the connection has ended: " + e.getMessage());
            end.initCause(e);
            throw end;
        }
    }

    private void select(long millis) throws IOException {
        try {
            selector.select(millis);
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException | CancelledKeyException e) {
            EOFException end = new EOFException("the connection was closed");
            end.initCause(e);
            throw end;
        }
    }

    /** Returns the second byte of the message received. */
    int argument() {
        return in.get(1) & 0xff;
    }

    /** Returns its third and fourth byte. */
    int value() {
        return in.getShort(2) & 0xffff;
    }

    /** Returns what follows, from its position to its limit; valid until the next message. */
    ByteBuffer payload() {
        return in;
    }

    /** Begins a message, which the caller puts into what is returned, and ends by {@link #send}. */
    ByteBuffer begin(int type, int argument, int value) {
        return out.clear().put((byte) type).put((byte) argument).putShort((short) value).putInt(0);
    }

    /** Sends the message that was begun. */
    void send() throws IOException {
        out.putInt(4, out.position() - HEADER);
        out.flip();
        long start = System.nanoTime();
        try {
            while (out.hasRemaining()) {
                if (channel.write(out) == 0) {
                    if (System.nanoTime() - start > ANSWER_MILLIS * 1_000_000) {
                        throw new PluginException("QEMU takes nothing within " + ANSWER_MILLIS + " ms");
                    }
                    key.interestOps(SelectionKey.OP_WRITE);
                    select(ANSWER_MILLIS);
                    key.interestOps(SelectionKey.OP_READ);
                }
            }
        } catch (PluginException e) {
            throw e;
        } catch (IOException e) {
            EOFException end = new EOFException("the connection has ended: " + e.getMessage());
            end.initCause(e);
            throw end;
        }
    }

    /** Sends a message that asks, and waits for its answer, of at most so many bytes; returns its argument. */
    int ask(int longest) throws IOException {
        send();
        char type = receive(0, longest, ANSWER_MILLIS);
        if (type != 'B') {
            throw new PluginException("a message of type '" + printable(in.get(0)) + "' is no answer");
        }
        return argument();
    }

    /**
     * Waits for the first message.
     *
     * @return the CPU that the connection is for, or {@link #WHOLE_QEMU}
     */
    int hello() throws IOException {
        char type = receive(HELLO_LENGTH, HELLO_LENGTH, ANSWER_MILLIS);
        if (type != 'H' || in.getInt() != MAGIC) {
            throw new PluginException("who connected is not the plugin");
        }
        if (argument() != VERSION) {
            String versions = "this apvirt speaks version " + VERSION + " of the plugin's protocol, the plugin version "
                    + argument();
            refuse(versions);
            throw new PluginException(versions);
        }
        return in.getInt();
    }

    /** Answers the first message of the connection for QEMU as a whole. */
    void welcome(int hooks, Facilities facilities) throws IOException {
        byte[] bits = new byte[FACILITY_BYTES];
        facilities.bits().storeTo(bits, 0);
        begin('W', hooks, 0).put(bits);
        send();
    }

    /** Answers the first message of the connection for a CPU, on the thread that serves it. */
    void welcome() throws IOException {
        begin('W', 0, 0).putInt(LinuxThread.current());
        send();
    }

    /** Refuses to serve this QEMU, which prints the reason. */
    void refuse(String reason) throws IOException {
        begin('N', 0, 0).put(reason.getBytes(StandardCharsets.UTF_8));
        send();
    }

    @Override
    @EnsuresCalledMethods(value = {"channel", "selector"}, methods = "close")
    public void close() throws IOException {
        try {
            selector.close();
        } finally {
            channel.close();
        }
    }
}
