package org.apvirt.sysfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

import com.sun.jna.LastErrorException;
import org.apvirt.device.Uevent;

/**
 * Sends uevents to the programs of this network namespace that listen through libudev, for example libvirt's node device
 * driver. They hear what udevd would pass on; udevd itself takes its events only from the kernel.
 *
 * <p>A host's own udev listeners would hear them too, so this belongs into a network namespace of its own. Needs
 * CAP_NET_ADMIN there.
 */
public final class UeventBroadcast implements Consumer<Uevent>, AutoCloseable {
    /** The multicast group of processed events; group 1 is the kernel's. */
    private static final int GROUP_UDEV = 2;
    private static final int ADDRESS_LENGTH = 12;
    private static final int ECONNREFUSED = 111;

    private final int descriptor;
    private final byte[] address;
    private boolean closed; // guarded by this

    private UeventBroadcast(int descriptor) {
        this.descriptor = descriptor;
        ByteBuffer netlink = ByteBuffer.allocate(ADDRESS_LENGTH).order(ByteOrder.nativeOrder());
        address = netlink.putShort((short) LinuxCalls.AF_NETLINK).putShort((short) 0).putInt(0).putInt(GROUP_UDEV)
                .array();
    }

    /**
     * Opens the socket.
     *
     * @throws IOException with one line, if the kernel does not let us
     */
    public static UeventBroadcast open() throws IOException {
        try {
            return new UeventBroadcast(LinuxCalls.socket(LinuxCalls.AF_NETLINK,
                    LinuxCalls.SOCK_RAW | LinuxCalls.SOCK_CLOEXEC, LinuxCalls.NETLINK_KOBJECT_UEVENT));
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
        byte[] message = LibudevMessage.encode(event, ByteOrder.nativeOrder(), System.nanoTime() / 1000);
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
