// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/** One connection of a plugin, byte by byte as the C program makes it. */
final class FakePlugin implements AutoCloseable {
    /** What a CPU was answered, empty for QEMU as a whole. */
    final String welcome;
    private final SocketChannel channel;

    /** Connects and says for which CPU, -1 for QEMU as a whole. */
    FakePlugin(Path socket, int cpu) throws IOException {
        this(socket, String.format("48030007 00000008 41505650 %08x", cpu), cpu >= 0);
    }

    /** Connects and sends these bytes. */
    FakePlugin(Path socket, String hex) throws IOException {
        this(socket, hex, false);
    }

    private FakePlugin(Path socket, String hex, boolean isCpu) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        send(hex);
        welcome = isCpu ? receive() : "";
    }

    void send(String hex) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Sends an instruction of a CPU in this state. */
    void execute(int instruction, long pswMask, long... registers) throws IOException {
        execute(0, "", instruction, pswMask, registers);
    }

    /** The same with an argument, and with an operand in hexadecimal. */
    void execute(int argument, String operand, int instruction, long pswMask, long... registers) throws IOException {
        StringBuilder message = new StringBuilder(String.format("45%02x0000 %08x %08x 00000000 %016x %016x", argument,
                0x98 + operand.length() / 2, instruction, 0x1000, pswMask));
        for (int i = 0; i < 16; i++) {
            message.append(String.format("%016x", i < registers.length ? registers[i] : 0));
        }
        send(message + operand);
    }

    /** Returns the next message: its type, argument and value, and what follows in hexadecimal. */
    String receive() throws IOException {
        ByteBuffer header = read(8);
        char type = (char) header.get();
        String start = type + " " + header.get() + " " + header.getShort();
        int length = header.getInt();
        byte[] payload = read(length).array();
        return start + (length == 0
                ? ""
                : " " + (type == 'N'
                        ? new String(payload, StandardCharsets.UTF_8)
                        : HexFormat.of().formatHex(payload)));
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(length);
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new EOFException();
            }
        }
        return in.flip();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
