// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;

/**
 * An open {@code /dev/iommu}: address spaces (IOAS) and the devices that are bound to it, each with a number from 1 on. Not
 * modelled: copies, options and the requests of a container that it can take too.
 * <pre>
 *  DESTROY     8 bytes: 0 size, 4 number
 *  IOAS_ALLOC 12 bytes: 0 size, 4 flags, 8 number (out)
 *  IOAS_MAP   40 bytes: 0 size, 4 flags, 8 number, 16 address in the process, 24 length, 32 IOVA (in and out)
 *  IOAS_UNMAP 24 bytes: 0 size, 4 number, 8 IOVA, 16 length (in and out)
 * </pre>
 * Source: Linux {@code include/uapi/linux/iommufd.h}, {@code drivers/iommu/iommufd/main.c}, {@code ioas.c}.
 */
public final class Iommufd implements OpenFile {
    private static final int DESTROY = 0x3b80;
    private static final int IOAS_ALLOC = 0x3b81;
    private static final int IOAS_MAP = 0x3b85;
    private static final int IOAS_UNMAP = 0x3b86;

    private static final int DESTROY_LENGTH = 8;
    private static final int ALLOC_LENGTH = 12;
    private static final int MAP_LENGTH = 40;
    private static final int UNMAP_LENGTH = 24;
    private static final int FIXED_IOVA = 1;
    private static final int MAP_FLAGS = 7; // and writable, readable

    @GuardedBy("this")
    private final Map<Integer, Object> objects = new HashMap<>(); // IOAS and devices by number

    /** Nothing is mapped, nothing is bound. */
    Iommufd() {}

    private synchronized int add(Object object) {
        int number = 1;
        while (objects.containsKey(number)) {
            number++;
        }
        objects.put(number, object);
        return number;
    }

    int bind(VfioCdevFile device) {
        return add(device);
    }

    synchronized void unbind(VfioCdevFile device) {
        objects.values().removeIf(object -> object == device);
    }

    /**
     * Maps a range of an address space, at the IOVA that is asked for.
     *
     * @param number of the address space
     * @throws ErrnoException ENOENT: there is none. EINVAL: no whole pages. EOVERFLOW: it ends beyond the addresses. EEXIST:
     *     some of it is mapped
     */
    public void map(int number, long iova, long bytes) throws ErrnoException {
        ioas(number).map(iova, bytes);
    }

    /**
     * Returns an address space.
     *
     * @throws ErrnoException ENOENT: the number is of something else, or of nothing
     */
    synchronized Ioas ioas(int number) throws ErrnoException {
        if (objects.get(number) instanceof Ioas ioas) {
            return ioas;
        }
        throw new ErrnoException(Errno.ENOENT, "no IOAS " + Integer.toUnsignedString(number));
    }

    /** Makes an address space in which nothing is mapped; returns its number. */
    public int allocate() {
        return add(new Ioas());
    }

    private synchronized void destroy(int number) throws ErrnoException {
        Object object = objects.get(number);
        if (object == null) {
            throw new ErrnoException(Errno.ENOENT, "no object " + Integer.toUnsignedString(number));
        }
        if (!(object instanceof Ioas ioas) || ioas.isUsed()) {
            throw new ErrnoException(Errno.EBUSY, "object " + number + " is used");
        }
        objects.remove(number);
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        switch (request) {
            case DESTROY -> destroy(argument.sizedBlock(DESTROY_LENGTH).getInt(4));
            case IOAS_ALLOC -> {
                ByteBuffer block = argument.sizedBlock(ALLOC_LENGTH);
                requireFlags(block.getInt(4), 0);
                block.putInt(8, allocate());
            }
            case IOAS_MAP -> {
                ByteBuffer block = argument.sizedBlock(MAP_LENGTH);
                int flags = block.getInt(4);
                requireFlags(flags, MAP_FLAGS);
                Ioas ioas = ioas(block.getInt(8));
                long length = block.getLong(24);
                block.putLong(32, (flags & FIXED_IOVA) != 0
                        ? ioas.map(block.getLong(32), length)
                        : ioas.mapAnywhere(length));
            }
            case IOAS_UNMAP -> {
                ByteBuffer block = argument.sizedBlock(UNMAP_LENGTH);
                block.putLong(16, ioas(block.getInt(4)).unmap(block.getLong(8), block.getLong(16)));
            }
            default -> throw new ErrnoException(Errno.ENOTTY, "iommufd ioctl 0x" + Integer.toHexString(request));
        }
        return 0;
    }

    private static void requireFlags(int flags, int known) throws ErrnoException {
        if ((flags & ~known) != 0) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "flags 0x" + Integer.toHexString(flags));
        }
    }
}
