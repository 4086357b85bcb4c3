// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.HexFormat;

import org.apvirt.running.RunningMachine;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The page that shows a running machine in a browser, and the control API for it, on the loopback address. Whoever has the
 * address has the machine: its path begins with a token of 128 random bits. {@link PageGate} keeps other pages out.
 */
public final class WebServer implements AutoCloseable {
    private static final int TOKEN_BYTES = 16;
    private static final int THREADS = 48;

    private final Server jetty;
    private final Routes routes;
    private final String address;

    private WebServer(Server jetty, Routes routes, String address) {
        this.jetty = jetty;
        this.routes = routes;
        this.address = address;
    }

    /**
     * Serves the page on threads that do not keep the process alive.
     *
     * @param port 0: any that is free
     * @param program the command that keeps the machine running
     * @throws IOException the port is not to be had
     */
    public static WebServer open(int port, RunningMachine running, String program) throws IOException {
        byte[] token = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(token);
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setName("apvirt-web");
        threads.setDaemon(true);
        Server jetty = new Server(threads);
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(jetty, 1, 1, new HttpConnectionFactory(configuration));
        connector.setHost(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}).getHostAddress());
        connector.setPort(port);
        jetty.addConnector(connector);
        Routes routes = new Routes(running, program);
        PageGate gate = new PageGate(HexFormat.of().formatHex(token), new RequestHandler(routes));
        jetty.setHandler(gate);
        jetty.setErrorHandler(RequestHandler::jettyRefused);
        try {
            jetty.start();
        } catch (Exception e) {
            stop(jetty);
            throw new IOException("port " + port + " of 127.0.0.1 cannot be listened at: " + e.getMessage(), e);
        }
        gate.port(connector.getLocalPort());
        return new WebServer(jetty, routes,
                "http://127.0.0.1:" + connector.getLocalPort() + '/' + HexFormat.of().formatHex(token) + '/');
    }

    /** Returns the address of the page, token and all. */
    public String address() {
        return address;
    }

    private static void stop(Server jetty) throws IOException {
        try {
            jetty.stop();
        } catch (Exception e) {
            throw new IOException("the page was not closed properly: " + e.getMessage(), e);
        }
    }

    /** Lets everybody go. */
    @Override
    public void close() throws IOException {
        routes.streams().close();
        stop(jetty);
    }
}
