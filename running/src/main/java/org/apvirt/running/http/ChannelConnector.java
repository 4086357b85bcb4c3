// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;

import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connector that is handed its connections. Jetty's own for Unix-domain sockets binds and accepts itself, so Jetty would have
 * to be started before the first client can come.
 */
final class ChannelConnector extends AbstractConnector {
    private final SelectorManager selectors;

    @SuppressWarnings({"nullness:argument", "nullness:method.invocation", // the selectors only keep the reference
            "nullness:assignment"})
    ChannelConnector(Server server, ConnectionFactory factory) {
        super(server, null, null, null, 0, factory);
        selectors = new Selectors(getExecutor(), getScheduler());
        installBean(selectors, true);
    }

    /** Serves a client from now on. */
    void serve(SocketChannel client) throws IOException {
        client.configureBlocking(false);
        selectors.accept(client);
    }

    /** Returns how many clients are served. */
    int served() {
        return getConnectedEndPoints().size();
    }

    @Override
    protected void accept(int acceptor) {
        throw new IllegalStateException("there are no acceptors");
    }

    @Override
    public Object getTransport() {
        return this;
    }

    /** One thread waits for what the clients say. */
    private final class Selectors extends SelectorManager {
        Selectors(Executor executor, Scheduler scheduler) {
            super(executor, scheduler, 1);
        }

        @Override
        protected EndPoint newEndPoint(SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
            SocketChannelEndPoint endPoint = new SocketChannelEndPoint((SocketChannel) channel, selector, key,
                    getScheduler());
            endPoint.setIdleTimeout(getIdleTimeout());
            return endPoint;
        }

        @Override
        public Connection newConnection(SelectableChannel channel, EndPoint endPoint, Object attachment) {
            return getDefaultConnectionFactory().newConnection(ChannelConnector.this, endPoint);
        }

        @Override
        protected void endPointOpened(EndPoint endPoint) {
            super.endPointOpened(endPoint);
            onEndPointOpened(endPoint);
        }

        @Override
        protected void endPointClosed(EndPoint endPoint) {
            onEndPointClosed(endPoint);
            super.endPointClosed(endPoint);
        }
    }
}
