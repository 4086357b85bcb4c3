package org.apvirt.sysfs;

import java.nio.ByteOrder;
import java.util.List;

import com.sun.jna.Memory;
import org.apvirt.device.SysfsDirectory;

/**
 * Has the kernel forget a name that it keeps before the entry goes from the tree.
 *
 * <p>The kernel waits here for lookups and listings of the directory that are on their way, and drops what they find; those
 * that come later see that the entry is about to go, and keep nothing. So when the entry goes, its name is not kept.
 */
final class KeptNames implements AutoCloseable {
    private static final int MESSAGE_LENGTH = 512; // header, fields and the longest name

    private final FuseDevice device;
    private final FuseServer server;
    private final AutoCloseable listening;

    private KeptNames(SysfsDirectory root, FuseDevice device, FuseServer server) {
        this.device = device;
        this.server = server;
        this.listening = root.beforeRemovals(this::forget);
    }

    /** Listens to a tree for a mount. */
    static KeptNames of(SysfsDirectory root, FuseDevice device, FuseServer server) {
        return new KeptNames(root, device, server);
    }

    private void forget(List<String> names) {
        try (Memory memory = new Memory(MESSAGE_LENGTH)) {
            FuseReply message = new FuseReply(memory.getByteBuffer(0, MESSAGE_LENGTH).order(ByteOrder.nativeOrder()));
            int length = server.forgetting(names, message);
            if (length > 0) {
                device.notify(memory, length);
            }
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (Exception e) {
            throw new IllegalStateException(e); // taking a listener away cannot fail
        }
    }
}
