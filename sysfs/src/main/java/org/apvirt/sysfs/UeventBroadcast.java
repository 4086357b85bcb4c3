// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.jna.LastErrorException;
import org.apvirt.device.Uevent;

/**
 * Sends uevents to the programs of this network namespace that listen for them: as the kernel does, for udevd and
 * whoever reads its messages, and as udevd passes them on, for programs that use libudev, for example libvirt's node
 * device driver. The second is left out where a udevd runs that does it.
 *
 * <p>A host's own listeners would hear them too, so this belongs into a network namespace of its own. Needs
 * CAP_NET_ADMIN there, and CAP_SYS_ADMIN for the kernel's; Linux before 4.18 does not send those and ignores them.
 */
public final class UeventBroadcast implements Consumer<Uevent>, AutoCloseable {
    /** The multicast group of processed events; group 1 is the kernel's. */
    private static final int GROUP_UDEV = 2;
    private static final int ADDRESS_LENGTH = 12;
    private static final int ECONNREFUSED = 111;
    private static final byte[] TO_KERNEL = address(0);
    private static final byte[] TO_LIBUDEV = address(GROUP_UDEV);

    private final int descriptor;
    private final boolean forLibudev;
    @GuardedBy("this")
    private boolean closed;

    private UeventBroadcast(int descriptor, boolean forLibudev) {
        this.descriptor = descriptor;
        this.forLibudev = forLibudev;
    }

    /** Returns a struct sockaddr_nl: family, port 0 (the kernel's), groups. */
    private static byte[] address(int groups) {
        return ByteBuffer.allocate(ADDRESS_LENGTH).order(ByteOrder.nativeOrder())
                .putShort((short) LinuxCalls.AF_NETLINK).putShort((short) 0).putInt(0).putInt(groups).array();
    }

    /**
     * Opens the socket.
     *
     * @param udevdRuns whether the programs have a udevd that turns the kernel's events into libudev's
     * @throws IOException with one line, if the kernel does not let us
     */
    public static UeventBroadcast open(boolean udevdRuns) throws IOException {
        try {
            return new UeventBroadcast(LinuxCalls.socket(LinuxCalls.AF_NETLINK,
                    LinuxCalls.SOCK_RAW | LinuxCalls.SOCK_CLOEXEC, LinuxCalls.NETLINK_KOBJECT_UEVENT), !udevdRuns);
        } catch (LastErrorException e) {
            throw new IOException("cannot open a netlink socket for uevents: " + LinuxCalls.strerror(e.getErrorCode()),
                    e);
        }
    }

    /** Sends an event to whoever listens. That nobody does is no error. */
    @Override
    public synchronized void accept(Uevent event) {
        if (closed) {
            return;
        }
        send(event, KernelUeventMessage.encode(event, ByteOrder.nativeOrder()), TO_KERNEL);
        if (forLibudev) {
            send(event, LibudevMessage.encode(event, ByteOrder.nativeOrder(), System.nanoTime() / 1000), TO_LIBUDEV);
        }
    }

    private void send(Uevent event, byte[] message, byte[] address) {
        try {
            LinuxCalls.sendto(descriptor, message, message.length, 0, address, ADDRESS_LENGTH);
        } catch (LastErrorException e) {
            if (e.getErrorCode() != ECONNREFUSED) {
                System.getLogger(UeventBroadcast.class.getName()).log(System.Logger.Level.WARNING,
                        "uevent " + event.header() + " was not sent: " + LinuxCalls.strerror(e.getErrorCode()));
            }
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            LinuxCalls.close(descriptor);
        }
    }
}
