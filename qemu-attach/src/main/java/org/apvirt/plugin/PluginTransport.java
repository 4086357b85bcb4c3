// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.EOFException;
import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ApFirmware;
import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.Facilities;
import org.apvirt.gdb.ApEmulation;
import org.apvirt.gdb.GuestTransport;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The plugin in QEMU as a transport: listens on a Unix socket, to which the plugin makes one connection for QEMU as a whole,
 * whose end is the end of the guest, and one for each CPU, which has a thread here. Nothing stops the guest, so that its clock,
 * its monitor and its gdb stub are as without us.
 *
 * <p>When we go, killed or by {@link #detach}, the plugin answers in our place: the guest's queues read as deconfigured. It
 * connects again to whoever listens on the same path.
 */
@SuppressWarnings({"resourceleak", "mustcall"}) // of resources in a set the checker knows nothing; end() closes them
public final class PluginTransport implements GuestTransport {
    /** The first QEMU whose plugins can do this; the guest's may be newer, and need not run yet when it is asked for. */
    static final String OLDEST_QEMU = "11.1.0";
    /** What the address of a guest begins with that comes by itself; a path follows. */
    public static final String SCHEME = "plugin:";

    /** As {@code enum hook} of the plugin: adapters can be configured through the service processor. */
    private static final int HOOK_RECONFIGURATION = 1;
    /** The CPUs are to look as if they had SIE. */
    private static final int HOOK_SIE = 2;
    /** The kernel may call the ultravisor. */
    private static final int HOOK_UVC = 4;

    private static final int MOST_COMPLAINTS = 20;

    private final Path path;
    private final ServerSocketChannel server;
    private final Facilities facilities;
    private final ApFirmware firmware;
    private final int hooks;
    private final Consumer<? super String> log;
    @GuardedBy("this")
    private final Set<PluginChannel> open = new HashSet<>();
    @GuardedBy("this")
    private final Set<String> complaints = new HashSet<>();
    @GuardedBy("this")
    private @Nullable PluginChannel guest; // the connection for QEMU as a whole
    @GuardedBy("this")
    private @Nullable End end;

    private PluginTransport(Path path, ServerSocketChannel server, ApPlatform platform, boolean showsSie,
            Consumer<? super String> log) {
        this.path = path;
        this.server = server;
        this.facilities = shown(platform.facilities());
        this.firmware = platform.firmware();
        this.hooks = (firmware == ApFirmware.UNSUPPORTED ? 0 : HOOK_RECONFIGURATION) | (showsSie ? HOOK_SIE : 0)
                | (facilities.has(Facilities.UVC) ? HOOK_UVC : 0);
        this.log = log;
    }

    /** Those that the guest is to see beside QEMU's own; without interruptions there is no queue interruption control. */
    private static Facilities shown(Facilities all) {
        Facilities shown = Facilities.NONE;
        for (int facility : new int[]{Facilities.QCI, Facilities.APFT, Facilities.UVC}) {
            if (all.has(facility)) {
                shown = shown.with(facility);
            }
        }
        return shown;
    }

    /**
     * Listens for a QEMU with the plugin.
     *
     * @param path of the Unix socket, which is made; one that a killed process left is replaced
     * @param platform whose facilities and service processor the guest's kernel is to see
     * @param showsSie whether the guest's CPUs are to look as if they had SIE, so that its module kvm loads
     * @param log takes one line for each thing worth telling
     * @throws IOException the socket cannot be made, or somebody listens there
     */
    public static PluginTransport listen(Path path, ApPlatform platform, boolean showsSie, Consumer<? super String> log)
            throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            bind(server, address);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            return new PluginTransport(path, server, platform, showsSie, log);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static void bind(ServerSocketChannel server, UnixDomainSocketAddress address) throws IOException {
        try {
            server.bind(address);
        } catch (BindException e) {
            if (isServed(address)) {
                throw new IOException(address + ": another apvirt listens there", e);
            }
            if (!Files.exists(address.getPath()) || Files.isRegularFile(address.getPath())
                    || Files.isDirectory(address.getPath())) {
                throw new IOException(address + ": cannot be made a socket: " + e.getMessage(), e);
            }
            Files.delete(address.getPath());
            server.bind(address);
        }
    }

    private static boolean isServed(UnixDomainSocketAddress address) {
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public End serve(ApEmulation emulation) throws IOException {
        try {
            while (true) {
                PluginChannel channel = PluginChannel.over(server.accept());
                Thread thread = new Thread(() -> serve(channel, emulation), "plugin");
                thread.setDaemon(true);
                if (!keep(channel)) {
                    break;
                }
                thread.start();
            }
        } catch (ClosedChannelException e) {
            // by end(), which has said why
        } finally {
            end(End.DETACHED);
        }
        return whyEnded();
    }

    private synchronized boolean keep(PluginChannel channel) throws IOException {
        if (end == null) {
            open.add(channel);
            return true;
        }
        channel.close();
        return false;
    }

    private synchronized End whyEnded() {
        return end == null ? End.DETACHED : end;
    }

    private void serve(PluginChannel channel, ApEmulation emulation) {
        try (channel) {
            int cpu = channel.hello();
            if (cpu != PluginChannel.WHOLE_QEMU) {
                channel.welcome();
                new PluginCpu(channel, emulation, firmware).serve();
            } else if (take(channel)) {
                channel.welcome(hooks, facilities);
                log.accept("QEMU is there: its plugin listens for AP instructions");
                channel.receive(0, 0); // it sends nothing more: this ends with the guest
            } else {
                channel.refuse("apvirt serves another QEMU at " + path);
            }
        } catch (EOFException e) {
            // that connection is over
        } catch (IOException e) {
            complain("a connection to " + path + " is given up: " + e.getMessage());
        } finally {
            forget(channel);
        }
    }

    /** Once each: a guest can make its plugin come again and again. */
    private void complain(String line) {
        boolean isNew;
        synchronized (this) {
            isNew = complaints.size() < MOST_COMPLAINTS && complaints.add(line);
        }
        if (isNew) {
            log.accept(line);
        }
    }

    private synchronized boolean take(PluginChannel channel) {
        if (guest != null) {
            return false;
        }
        guest = channel;
        return true;
    }

    private void forget(PluginChannel channel) {
        boolean isEnd;
        synchronized (this) {
            open.remove(channel);
            isEnd = guest == channel;
        }
        if (isEnd) {
            end(End.GUEST_ENDED);
        }
    }

    /** Ends {@link #serve}; who says it first says why. */
    private void end(End why) {
        Set<PluginChannel> ending;
        synchronized (this) {
            if (end == null) {
                end = why;
            }
            ending = Set.copyOf(open);
        }
        try {
            if (server.isOpen()) {
                Files.deleteIfExists(path); // before the close that lets serve() return
                server.close();
            }
            for (PluginChannel channel : ending) {
                channel.close();
            }
        } catch (IOException e) {
            log.accept(path + ": " + e.getMessage());
        }
    }

    @Override
    public String version() {
        return OLDEST_QEMU;
    }

    @Override
    public void detach() {
        end(End.DETACHED);
    }

    @Override
    public void guestEnded() {
        end(End.GUEST_ENDED);
    }

    @Override
    public void close() {
        end(End.DETACHED);
    }
}
