// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

import com.google.gson.JsonObject;

/**
 * Stands where a client looks for QEMU's monitors. Each has one client at a time, as with QEMU itself; the next waits. Events go to
 * the clients of all.
 */
public final class QmpProxy implements AutoCloseable {
    private static final int RETRY_MILLIS = 5;

    private final MonitoredGuest guest;
    private final BooleanSupplier runs;
    private final List<UnixSocket> listening = new CopyOnWriteArrayList<>();
    private final List<Path> made = new CopyOnWriteArrayList<>();
    private final Set<QmpSession> sessions = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * A proxy without monitors yet.
     *
     * @param runs whether QEMU runs: as long as it does, it is waited for
     */
    public QmpProxy(MonitoredGuest guest, BooleanSupplier runs) {
        this.guest = guest;
        this.runs = runs;
    }

    /** Stands in front of a monitor, whose clients come to a listening socket that was handed on to this process. */
    public void serve(int descriptor, Path behind) throws IOException {
        serve(UnixSocket.ofHandedOn(descriptor), behind);
    }

    /** Stands in front of a monitor, whose clients come to a socket that is made; one that was left there is replaced, as QEMU does. */
    public void serve(Path path, Path behind) throws IOException {
        if (Files.isDirectory(path)) {
            throw new IOException("Failed to unlink socket " + path + ": Is a directory");
        }
        Files.deleteIfExists(path);
        UnixSocket socket = UnixSocket.listen(path);
        made.add(path);
        serve(socket, behind);
    }

    /** Stands in front of a monitor that has one client, connected to a socket that was handed on to this process. */
    public void serveConnected(int descriptor, Path behind) throws IOException {
        UnixSocket client = UnixSocket.ofHandedOn(descriptor);
        start(() -> serveOne(client, behind));
    }

    /** Stands in front of a monitor that has one client, which listens at a path. */
    public void serveConnected(Path path, Path behind) throws IOException {
        UnixSocket client = UnixSocket.connect(path);
        start(() -> serveOne(client, behind));
    }

    private void serve(UnixSocket socket, Path behind) {
        listening.add(socket);
        start(() -> accept(socket, behind));
    }

    private static void start(Runnable monitor) {
        Thread thread = new Thread(monitor, "monitor");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(UnixSocket socket, Path behind) {
        while (!closed) {
            try (UnixSocket client = socket.accept()) {
                serveOne(client, behind);
            } catch (IOException e) {
                if (!runs.getAsBoolean()) {
                    return;
                }
            }
        }
    }

    private void serveOne(UnixSocket client, Path behind) {
        try (client; UnixSocket qemu = connect(behind)) {
            QmpSession session = new QmpSession(client, qemu, guest);
            sessions.add(session);
            try {
                session.serve();
            } finally {
                sessions.remove(session);
            }
        } catch (IOException e) {
            return; // one of the two has gone; the next client is another matter
        }
    }

    /** QEMU makes its socket some time after its start. */
    private UnixSocket connect(Path behind) throws IOException {
        while (true) {
            try {
                return UnixSocket.connect(behind);
            } catch (IOException e) {
                if (closed || !runs.getAsBoolean()) {
                    throw e;
                }
                sleep();
            }
        }
    }

    private static void sleep() throws IOException {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * Connects to a monitor of QEMU's and waits until QEMU has ended.
     *
     * @param behind where QEMU has it; nobody else may use it
     */
    public static void awaitEnd(Path behind) throws IOException {
        try (UnixSocket qemu = UnixSocket.connect(behind)) {
            byte[] greeting = new byte[1 << 12];
            while (qemu.receive(greeting, new CopyOnWriteArrayList<>()) > 0) {
                continue;
            }
        }
    }

    /**
     * Tells all clients that a device is gone.
     *
     * @param path where it was, for example {@code /machine/peripheral/hostdev0}
     */
    public void deviceDeleted(String path) {
        JsonObject data = new JsonObject();
        String id = QmpSession.idOf(path);
        if (id != null) {
            data.addProperty("device", id);
        }
        data.addProperty("path", path);
        JsonObject event = event("DEVICE_DELETED");
        event.add("data", data);
        sessions.forEach(session -> session.event(event));
    }

    /** Returns an event of now without data. */
    static JsonObject event(String name) {
        Instant now = Instant.now();
        JsonObject timestamp = new JsonObject();
        timestamp.addProperty("seconds", now.getEpochSecond());
        timestamp.addProperty("microseconds", now.getNano() / 1000);
        JsonObject event = new JsonObject();
        event.add("timestamp", timestamp);
        event.addProperty("event", name);
        return event;
    }

    /** Lets go of everything; the sockets that were made are removed. */
    @Override
    public void close() {
        closed = true;
        listening.forEach(UnixSocket::shutdown);
        sessions.forEach(QmpSession::close);
        for (Path path : made) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                continue; // its directory has gone before
            }
        }
    }
}
