// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

import org.checkerframework.checker.calledmethods.qual.EnsuresCalledMethods;
import org.checkerframework.checker.mustcall.qual.InheritableMustCall;
import org.checkerframework.checker.mustcall.qual.Owning;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The Unix socket to which a plugin connects, for its owner alone. It takes the place of one that a killed process left, and of nothing else. */
@InheritableMustCall("close")
final class PluginSocket implements Closeable {
    /** The type of a file in its mode, and that of a socket. Source: inode(7). */
    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    /** Of the path of a socket, bytes; Linux takes one more, Java does not. */
    private static final int LONGEST = 106;

    private final Path path;
    private final @Owning ServerSocketChannel channel;
    private final @Nullable Object key; // of what was made at the path

    private PluginSocket(Path path, @Owning ServerSocketChannel channel, @Nullable Object key) {
        this.path = path;
        this.channel = channel;
        this.key = key;
    }

    /**
     * Listens.
     *
     * @throws IOException the socket cannot be made, or somebody listens there
     */
    static PluginSocket listen(Path path) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            bind(channel, UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            return new PluginSocket(path, channel, keyOf(path));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @SuppressWarnings("reset.not.owning") // who opened the channel closes it, bound or not
    private static void bind(ServerSocketChannel channel, UnixDomainSocketAddress address) throws IOException {
        try {
            channel.bind(address);
        } catch (BindException e) {
            if (isServed(address)) {
                throw new IOException(address + ": another apvirt listens there", e);
            }
            if (!isSocket(address.getPath())) {
                throw new IOException(address + ": cannot be made a socket: " + e.getMessage(), e);
            }
            Files.delete(address.getPath());
            channel.bind(address);
        } catch (IOException e) {
            boolean isLong = address.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST;
            throw new IOException(address + (isLong
                    ? ": the name of a socket has at most " + LONGEST + " bytes"
                    : ": cannot be made a socket: " + e.getMessage()), e);
        }
    }

    private static boolean isSocket(Path path) {
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return (mode & S_IFMT) == S_IFSOCK;
        } catch (IOException e) {
            return false; // there is nothing
        }
    }

    private static boolean isServed(UnixDomainSocketAddress address) {
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static @Nullable Object keyOf(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    }

    /** Waits for a connection. */
    SocketChannel accept() throws IOException {
        return channel.accept();
    }

    /** Removes the socket, unless it is another's by now; lets {@link #accept} return. */
    @Override
    @EnsuresCalledMethods(value = "channel", methods = "close")
    public void close() throws IOException {
        try {
            if (channel.isOpen() && isSocket(path) && Objects.equals(keyOf(path), key)) {
                Files.deleteIfExists(path); // before the close that lets others go on
            }
        } finally {
            channel.close();
        }
    }
}
