// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plugin;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
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
    private static final int MILLIS_TO_RECOVER = 100;

    private final Path path;
    private final PluginSocket server;
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

    private PluginTransport(Path path, PluginSocket server, ApPlatform platform, boolean showsSie,
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
        return new PluginTransport(path, PluginSocket.listen(path), platform, showsSie, log);
    }

    @Override
    public End serve(ApEmulation emulation) throws IOException {
        try {
            while (true) {
                PluginChannel channel = accept();
                if (channel == null) {
                    continue;
                }
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

    /** Waits for a connection; null: one cannot be taken now, as long as this process has too many files open. */
    private @Nullable PluginChannel accept() throws IOException {
        try {
            return PluginChannel.over(server.accept());
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            complain(path + ": no connection is taken at the moment: " + e.getMessage());
            try {
                Thread.sleep(MILLIS_TO_RECOVER);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw e;
            }
            return null;
        }
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
            server.close();
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
    public synchronized boolean hasGuest() {
        return guest != null;
    }

    @Override
    public String outlook() {
        return "Its queues read as deconfigured until another apvirt listens at " + path;
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
