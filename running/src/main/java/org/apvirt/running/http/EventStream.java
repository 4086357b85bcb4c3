// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

import org.apvirt.running.Journal;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * A journal as server-sent events. A reader that is too slow loses entries, which an event {@code lost} tells, and holds up
 * nobody; a comment every few seconds finds out whether it is still there.
 */
final class EventStream implements Reply {
    private static final int BATCH = 64;
    private static final int HEARTBEAT_MILLIS = 10_000;

    private final StreamLimit limit;
    private final String name;
    private final long after;
    private final Source source;

    /** What is streamed. */
    interface Source {
        /** Waits for an entry after this one. */
        boolean await(long after, long millis) throws InterruptedException;

        /** Returns entries after this one: their numbers and their JSON. */
        List<Event> next(long after, int most);
    }

    /** One event: its number and its data. */
    record Event(long sequence, String data) {}

    /**
     * A stream.
     *
     * @param name of the events
     * @param after number of the entry that the client has seen last
     */
    <T extends Object> EventStream(StreamLimit limit, String name, long after, Journal<T> journal,
            Function<? super Journal.Entry<T>, ? extends Object> view) {
        this.limit = limit;
        this.name = name;
        this.after = after;
        this.source = new Source() {
            @Override
            public boolean await(long last, long millis) throws InterruptedException {
                return journal.await(last, millis);
            }

            @Override
            public List<Event> next(long last, int most) {
                return journal.after(last, most).stream()
                        .map(entry -> new Event(entry.sequence(), ControlJson.text(view.apply(entry)))).toList();
            }
        };
    }

    /** Writes events until the client has gone or the server ends. */
    void run(Response response, Callback callback) {
        response.setStatus(200);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream;charset=utf-8");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        try {
            write(response, ": from " + (after + 1) + "\n\n"); // the client knows at once that it listens
            long last = after;
            while (limit.isOpen()) {
                if (source.await(last, HEARTBEAT_MILLIS)) {
                    last = writeAfter(response, last);
                } else {
                    write(response, ":\n\n");
                }
            }
            callback.succeeded();
        } catch (IOException e) {
            callback.failed(e);
        } catch (InterruptedException e) {
            callback.failed(e); // the server ends
        } finally {
            limit.release();
        }
    }

    private long writeAfter(Response response, long last) throws IOException {
        StringBuilder text = new StringBuilder();
        long seen = last;
        for (Event event : source.next(last, BATCH)) {
            if (event.sequence() != seen + 1) {
                text.append("event: lost\ndata: {\"from\": ").append(seen + 1).append(", \"to\": ")
                        .append(event.sequence() - 1).append("}\n\n");
            }
            seen = event.sequence();
            text.append("id: ").append(seen).append("\nevent: ").append(name).append("\ndata: ").append(event.data())
                    .append("\n\n");
        }
        write(response, text.toString());
        return seen;
    }

    private static void write(Response response, String text) throws IOException {
        Content.Sink.write(response, false, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
}
