// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.ByteBuffer;

import org.apvirt.device.CharDevice;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsFile;
import org.apvirt.device.SysfsLink;
import org.apvirt.device.SysfsNode;

/**
 * What stat(2) tells of one entry, as FUSE carries it. Nothing of it changes as long as the node id stands: an entry
 * that comes back as something else gets another id.
 *
 * @param mode file type and permission bits
 * @param size bytes
 * @param rdev device number, for device nodes
 */
record FuseAttributes(long nodeId, int mode, long size, int rdev, long timeSeconds) {
    static final int S_IFMT = 0170000;
    static final int S_IFCHR = 0020000;
    static final int S_IFDIR = 0040000;
    static final int S_IFREG = 0100000;
    static final int S_IFLNK = 0120000;

    private static final int BLOCK_SIZE = 4096;

    /** Returns file type and permission bits of an entry. */
    static int mode(SysfsNode node) {
        return SysfsAttributes.mode(node) | switch (node) {
            case SysfsDirectory directory -> S_IFDIR;
            case SysfsFile file -> S_IFREG;
            case SysfsLink link -> S_IFLNK;
            case CharDevice device -> S_IFCHR;
        };
    }

    static FuseAttributes of(long nodeId, SysfsNode node, long timeSeconds) {
        long size = node instanceof SysfsFile file ? file.size() : 0; // of a link too, as kernfs has it
        int rdev = node instanceof CharDevice device ? deviceNumber(device.major(), device.minor()) : 0;
        return new FuseAttributes(nodeId, mode(node), size, rdev, timeSeconds);
    }

    /** Encodes a device number as the kernel does: the minor's low byte, the major, the rest of the minor. */
    static int deviceNumber(int major, int minor) {
        return minor & 0xff | major << 8 | (minor & ~0xff) << 12;
    }

    /** Writes {@code struct fuse_attr}, 88 bytes. */
    void put(ByteBuffer buffer) {
        buffer.putLong(nodeId).putLong(size).putLong(0);
        buffer.putLong(timeSeconds).putLong(timeSeconds).putLong(timeSeconds).putInt(0).putInt(0).putInt(0);
        // Differs from Linux: a directory always has one link. A program that sees 2 may take it for empty of
        // directories, and counting them means computing all entries.
        buffer.putInt(mode).putInt(1).putInt(0).putInt(0).putInt(rdev).putInt(BLOCK_SIZE).putInt(0);
    }
}
