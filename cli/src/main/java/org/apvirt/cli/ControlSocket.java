// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

import org.apvirt.running.RunningMachine;
import org.apvirt.running.http.ControlServer;

/** The control socket of a process, at its place in the {@link RuntimeDirectory}. */
final class ControlSocket {
    private ControlSocket() {}

    /** Returns whether this process is root, perhaps of a user namespace only. */
    static boolean isRoot() {
        return LinuxCalls.geteuid() == 0;
    }

    /** Returns where the socket of a process is to be. */
    static Path pathOf(long pid) throws IOException {
        return RuntimeDirectory.ofUser().socketOf(pid);
    }

    /** Opens the socket of this process. */
    static ControlServer open(RunningMachine running, String program) throws IOException {
        return ControlServer.open(pathOf(ProcessHandle.current().pid()), running, program);
    }

    /** Tells whether somebody listens; what was left by a process that was killed is nobody. */
    static boolean isListening(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(false);
            channel.connect(UnixDomainSocketAddress.of(socket));
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }
}
