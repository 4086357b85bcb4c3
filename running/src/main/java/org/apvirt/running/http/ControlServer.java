// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.running.RunningMachine;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The socket through which a running machine is looked at and changed. Only its owner can open it: mode 0600, in a directory
 * of the caller's choice that others should not be able to enter.
 *
 * <p>It listens at once, but Jetty is started when the first client comes: nine of ten runs of a program never have one, and
 * starting Jetty costs as much as all the rest of the start. Every connection has a thread of its own when it needs one, so
 * that requests which wait keep nobody else from being served.
 */
public final class ControlServer implements AutoCloseable {
    /** Clients at a time; one more is told so and let go. */
    public static final int MOST_CLIENTS = 64;
    private static final int THREADS_OF_JETTY = 8;
    private static final int IDLE_MILLIS = 30_000;
    private static final int HEADER_BYTES = 8192;
    private static final int BACKLOG = 128;
    private static final byte[] TOO_MANY = ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
            + "Connection: close\r\n\r\n{\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"" + MOST_CLIENTS
            + " clients are connected already; end some, or try again\"}\n").getBytes(StandardCharsets.UTF_8);

    private final Path path;
    private final ServerSocketChannel listening;
    private final Routes routes;
    @GuardedBy("this")
    private @Nullable Server jetty;
    @GuardedBy("this")
    private @Nullable ChannelConnector connector;
    private volatile boolean closed;

    private ControlServer(Path path, ServerSocketChannel listening, Routes routes) {
        this.path = path;
        this.listening = listening;
        this.routes = routes;
    }

    /**
     * Opens the socket and serves its clients on threads of its own, which do not keep the process alive.
     *
     * @param path where, at most 107 bytes; what is there is taken away
     * @param running the machine
     * @param program the command that keeps it running, for the status
     * @throws IOException the socket cannot be made
     */
    public static ControlServer open(Path path, RunningMachine running, String program) throws IOException {
        Files.deleteIfExists(path); // of a process of the same number that was killed
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listening.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            listening.close();
            throw e;
        }
        path.toFile().deleteOnExit();
        ControlServer server = new ControlServer(path, listening, new Routes(running, program));
        Thread.ofPlatform().daemon().name("apvirt-control").start(server::accept);
        return server;
    }

    /** Returns where the socket is. */
    public Path path() {
        return path;
    }

    @SuppressWarnings("IllegalCatch") // want of memory or of files passes; the socket must still be served then
    private void accept() {
        while (!closed) {
            SocketChannel client = null;
            try {
                client = listening.accept();
                serve(client);
            } catch (Throwable e) {
                letGo(client);
                pause();
            }
        }
    }

    private static void letGo(@Nullable SocketChannel client) {
        try {
            if (client != null) {
                client.close();
            }
        } catch (IOException e) {
            return; // it has gone by itself
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel client) throws Exception {
        ChannelConnector serving = connector();
        if (serving == null) {
            client.close();
        } else if (serving.served() >= MOST_CLIENTS) {
            client.configureBlocking(false);
            client.read(ByteBuffer.allocate(HEADER_BYTES)); // unread, it would make the answer an error
            client.write(ByteBuffer.wrap(TOO_MANY)); // fits into the buffer of a socket that was just opened
            client.close();
        } else {
            serving.serve(client);
        }
    }

    private synchronized @Nullable ChannelConnector connector() throws Exception {
        if (connector == null && !closed) {
            QueuedThreadPool threads = new QueuedThreadPool(MOST_CLIENTS + THREADS_OF_JETTY, 1);
            threads.setName("apvirt-http");
            threads.setDaemon(true);
            threads.setReservedThreads(0);
            Server server = new Server(threads);
            HttpConfiguration configuration = new HttpConfiguration();
            configuration.setSendServerVersion(false);
            configuration.setRequestHeaderSize(HEADER_BYTES);
            ChannelConnector made = new ChannelConnector(server, new HttpConnectionFactory(configuration));
            made.setIdleTimeout(IDLE_MILLIS);
            server.addConnector(made);
            server.setHandler(new RequestHandler(routes));
            server.setErrorHandler(RequestHandler::jettyRefused);
            server.start();
            jetty = server;
            connector = made;
        }
        return connector;
    }

    /** Lets all clients go and takes the socket away. */
    @Override
    public void close() throws IOException {
        closed = true;
        listening.close();
        Files.deleteIfExists(path);
        Server server;
        synchronized (this) {
            server = jetty;
        }
        try {
            if (server != null) {
                routes.streams().close();
                server.stop();
            }
        } catch (Exception e) {
            throw new IOException("the control socket was not closed properly: " + e.getMessage(), e);
        }
    }
}
