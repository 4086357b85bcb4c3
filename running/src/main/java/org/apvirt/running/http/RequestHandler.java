// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;

import org.apvirt.running.MigrationStream;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What lies between Jetty and the routes: contents are read and written, whatever goes wrong becomes an answer. */
final class RequestHandler extends Handler.Abstract {
    /** The longest content of a request, bytes. */
    static final int MOST_BYTES = 64 << 10;
    /** The longest content of the request that brings a guest, bytes. */
    private static final int MOST_OF_A_GUEST = MigrationStream.MOST_CHARACTERS + (64 << 10);

    private final Routes routes;

    RequestHandler(Routes routes) {
        this.routes = routes;
    }

    @Override
    @SuppressWarnings("IllegalCatch") // the server outlives what a request does to it
    public boolean handle(Request request, Response response, Callback callback) {
        try {
            int most = Request.getPathInContext(request).equals(GuestRoutes.INCOMING) ? MOST_OF_A_GUEST : MOST_BYTES;
            String content = content(request, most);
            // From here on a request that waits says how long itself.
            request.addIdleTimeoutListener(late -> false);
            if (content == null) {
                send(response, callback, Answer.of(new Problem("too large", Problem.TOO_LARGE,
                        "the content is longer than " + most + " bytes", null, null)));
                return true;
            }
            Call call = new Call(request.getMethod(), Request.getPathInContext(request),
                    Request.extractQueryParameters(request).toStringArrayMap(), content,
                    request.getHeaders().get("Last-Event-ID"));
            switch (routes.reply(call)) {
                case Answer answer -> send(response, callback, answer);
                case EventStream stream -> stream.run(response, callback);
            }
        } catch (Throwable e) {
            send(response, callback, Answer.of(Problem.of(e)));
        }
        return true;
    }

    private static @Nullable String content(Request request, int most) throws java.io.IOException {
        if (request.getLength() > most) {
            return null; // not to wait for what is not wanted
        }
        try (InputStream in = Content.Source.asInputStream(request)) {
            byte[] bytes = in.readNBytes(most + 1);
            return bytes.length > most ? null : new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static void send(Response response, Callback callback, Answer answer) {
        if (response.isCommitted()) {
            callback.failed(new IllegalStateException("answered already"));
            return;
        }
        response.setStatus(answer.status());
        String type = answer.type();
        if (type != null) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        }
        String location = answer.location();
        if (location != null) {
            response.getHeaders().put(HttpHeader.LOCATION, location);
        }
        Content.Sink.write(response, true, answer.content(), callback);
    }

    /** Jetty itself refuses what is no HTTP, or has headers without end. */
    static boolean jettyRefused(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        Object message = request.getAttribute(ErrorHandler.ERROR_MESSAGE);
        send(response, callback, Answer.of(new Problem(HttpStatus.getMessage(status), status,
                message == null ? HttpStatus.getMessage(status) : message.toString(), null, null)));
        return true;
    }
}
