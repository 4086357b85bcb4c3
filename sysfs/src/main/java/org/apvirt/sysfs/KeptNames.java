// SPDX-License-Identifier: Apache-2.0
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

    private final AutoCloseable listening;

    private KeptNames(AutoCloseable listening) {
        this.listening = listening;
    }

    /** Listens to a tree for a mount. */
    static KeptNames of(SysfsDirectory root, FuseDevice device, FuseServer server) {
        return new KeptNames(root.beforeRemovals(names -> forget(names, device, server)));
    }

    private static void forget(List<String> names, FuseDevice device, FuseServer server) {
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
