package org.apvirt.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * The Unix socket through which {@code apvirt ctl} changes a running machine. It lies in a directory that only its owner
 * can enter. One request per connection: its words, one a line, then an empty line; the answer is a line {@code ok},
 * {@code refused} or {@code usage}, then text.
 */
final class ControlSocket implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel server;

    private ControlSocket(Path path, ServerSocketChannel server) {
        this.path = path;
        this.server = server;
    }

    /** Returns whether this process is root, perhaps of a user namespace only. */
    static boolean isRoot() {
        return LinuxCalls.geteuid() == 0;
    }

    /** Returns where the socket of a process is to be. */
    static Path pathOf(long pid) throws IOException {
        return RuntimeDirectory.ofUser().socketOf(pid);
    }

    /** Opens the socket and answers requests on a thread of its own. */
    static ControlSocket open(Path path, RunningMachine running) throws IOException {
        Files.deleteIfExists(path); // of a process of the same number that was killed
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        path.toFile().deleteOnExit();
        ControlSocket socket = new ControlSocket(path, server);
        Thread thread = new Thread(() -> socket.serve(new MachineControl(running)), "apvirt-control");
        thread.setDaemon(true);
        thread.start();
        return socket;
    }

    Path path() {
        return path;
    }

    private void serve(MachineControl control) {
        while (server.isOpen()) {
            try (SocketChannel client = server.accept()) {
                answer(client, control);
            } catch (IOException e) {
                // The client has gone, or the socket was closed: nobody is left to be told.
                continue;
            }
        }
    }

    private static void answer(SocketChannel client, MachineControl control) throws IOException {
        BufferedReader in = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
        List<String> words = new ArrayList<>();
        for (String word = in.readLine(); word != null && !word.isEmpty(); word = in.readLine()) {
            words.add(word);
        }
        PrintWriter out = new PrintWriter(Channels.newWriter(client, StandardCharsets.UTF_8));
        out.print(control.perform(words));
        out.flush();
    }

    /** Sends a request to a running machine and returns the answer, its lines. */
    static List<String> request(Path path, List<String> words) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            PrintWriter out = new PrintWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
            words.forEach(word -> out.print(word + '\n'));
            out.print('\n');
            out.flush();
            return new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8)).lines().toList();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
    }
}
