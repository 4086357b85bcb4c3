// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.jna.LastErrorException;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.Uevent;

/**
 * {@code /dev} of a namespace of our own: the entries of the real one, and the nodes of the simulated machine, which come
 * and go with their devices before the program that made them goes on. They can be seen, not opened: what would answer
 * behind their numbers is another device of the real machine.
 *
 * <p>Of two entries with one name the simulated one is shown for AP and VFIO, else the real one ({@code kvm}).
 */
public final class DeviceNodes implements Consumer<Uevent> {
    /** Where the tree of the nodes is mounted; each node is bound from there. */
    private static final Path NODES = PrivateNamespace.DEV.resolve(".apvirt");

    private final SysfsDirectory nodes;
    private final Set<String> real;
    @GuardedBy("this")
    private final Set<String> shown = new HashSet<>();

    private DeviceNodes(SysfsDirectory nodes, Set<String> real) {
        this.nodes = nodes;
        this.real = real;
    }

    /** Shows the nodes in a {@code /dev} that has room for them. @param real the names of the real entries there */
    static DeviceNodes show(SysfsDirectory nodes, Set<String> real) throws IOException {
        SysfsMount.cover(nodes, Files.createDirectory(NODES), SysfsTraffic.NONE);
        DeviceNodes covered = new DeviceNodes(nodes, real);
        covered.follow();
        return covered;
    }

    @Override
    public synchronized void accept(Uevent event) {
        if (event.variables().stream().noneMatch(variable -> variable.startsWith("DEVNAME="))) {
            return;
        }
        try {
            follow();
        } catch (IOException e) {
            System.getLogger(DeviceNodes.class.getName()).log(System.Logger.Level.WARNING,
                    "/dev does not follow " + event.header() + ": " + e.getMessage());
        }
    }

    /** Shows what has come and takes away what is gone. */
    private synchronized void follow() throws IOException {
        Set<String> now = new TreeSet<>(nodes.names());
        now.removeAll(real);
        for (String name : now) {
            if (shown.add(name)) {
                PrivateNamespace.show(NODES.resolve(name), PrivateNamespace.DEV.resolve(name));
            }
        }
        for (String name : Set.copyOf(shown)) {
            if (!now.contains(name)) {
                hide(PrivateNamespace.DEV.resolve(name));
                shown.remove(name);
            }
        }
    }

    private static void hide(Path entry) throws IOException {
        try {
            LinuxCalls.umount2(entry.toString(), LinuxCalls.MNT_DETACH);
        } catch (LastErrorException e) {
            throw new IOException("cannot take " + entry + " away: " + LinuxCalls.strerror(e.getErrorCode()), e);
        }
        Files.delete(entry);
    }
}
