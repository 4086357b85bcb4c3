// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * VFIO_DEVICE_FEATURE: what a device can do besides, asked for (PROBE), read (GET) and set (SET). The features here are those of
 * migration; a device without has none.
 * <pre>
 *  0   4  argsz
 *  4   4  flags: PROBE 0x40000, SET 0x20000, GET 0x10000, and the number of the feature
 *  8   8  MIGRATION (1), GET: flags
 *      8  MIG_DEVICE_STATE (2): 4 bytes of {@link VfioMigrationState}, 4 of a descriptor, -1: none
 *      8  MIG_DATA_SIZE (9), GET: bytes of the stream
 * </pre>
 * Source: Linux {@code include/uapi/linux/vfio.h}; {@code vfio_main.c}, {@code vfio_ioctl_device_feature},
 * {@code vfio_check_feature}.
 */
final class VfioFeatures {
    private static final int GET = 0x1_0000;
    private static final int SET = 0x2_0000;
    private static final int PROBE = 0x4_0000;
    private static final int NUMBER = 0xffff;

    private static final int MIGRATION = 1;
    private static final int MIG_DEVICE_STATE = 2;
    private static final int MIG_DATA_SIZE = 9;

    private static final int HEADER = 8;
    private static final int DATA = 8; // bytes that each of them has
    private static final int NO_FILE = -1;

    private final @Nullable VfioMigrationOps migration;

    VfioFeatures(@Nullable VfioMigrationOps migration) {
        this.migration = migration;
    }

    /**
     * Answers the ioctl.
     *
     * @throws ErrnoException EINVAL: flags that are not there, GET and SET at once, or one that the feature does not know; too
     *     little room. ENOTTY: the device does not have the feature. Others are the driver's
     */
    void ioctl(IoctlArgument argument) throws ErrnoException {
        int flags = argument.sizedBlock(HEADER).getInt(4);
        boolean both = (flags & (GET | SET)) == (GET | SET);
        if ((flags & ~(GET | SET | PROBE | NUMBER)) != 0 || both && (flags & PROBE) == 0) {
            throw new ErrnoException(Errno.EINVAL, "feature flags 0x" + Integer.toHexString(flags));
        }
        VfioMigrationOps ops = migration;
        if (ops == null) {
            throw new ErrnoException(Errno.ENOTTY, "the device has no feature to ask for");
        }
        switch (flags & NUMBER) {
            case MIGRATION -> {
                if (isWanted(flags, GET, argument)) {
                    block(argument).putLong(HEADER, ops.flags());
                }
            }
            case MIG_DEVICE_STATE -> {
                if (isWanted(flags, GET | SET, argument)) {
                    deviceState(ops, argument, (flags & GET) != 0);
                }
            }
            case MIG_DATA_SIZE -> {
                if (isWanted(flags, GET, argument)) {
                    block(argument).putLong(HEADER, ops.dataSize());
                }
            }
            default -> throw new ErrnoException(Errno.ENOTTY, "the device has no feature " + (flags & NUMBER));
        }
    }

    /** Tells whether there is something to do, more than to say that it could be done. */
    private static boolean isWanted(int flags, int known, IoctlArgument argument) throws ErrnoException {
        int wanted = flags & (GET | SET);
        if ((wanted & ~known) != 0) {
            throw new ErrnoException(Errno.EINVAL,
                    "the feature cannot be read or set: 0x" + Integer.toHexString(flags));
        }
        if ((flags & PROBE) != 0) {
            return false;
        }
        if (wanted == 0) {
            throw new ErrnoException(Errno.EINVAL, "a feature is read, set or probed");
        }
        int length = argument.block(HEADER).getInt(0);
        if (Integer.compareUnsigned(length, HEADER + DATA) < 0) {
            throw new ErrnoException(Errno.EINVAL, "argsz " + length + " is below " + (HEADER + DATA));
        }
        return true;
    }

    private static ByteBuffer block(IoctlArgument argument) throws ErrnoException {
        return argument.block(HEADER + DATA);
    }

    private static void deviceState(VfioMigrationOps ops, IoctlArgument argument, boolean read) throws ErrnoException {
        ByteBuffer block = block(argument);
        if (read) {
            block.putInt(HEADER, ops.state().ordinal()).putInt(HEADER + 4, NO_FILE);
            return;
        }
        OpenFile stream = ops.state(VfioMigrationState.of(block.getInt(HEADER)));
        block.putInt(HEADER + 4, stream == null ? NO_FILE : argument.files().install(stream));
    }
}
