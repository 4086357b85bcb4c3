// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.Kernel;
import org.apvirt.device.OpenFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * An open {@code /dev/vfio/vfio}: the groups in it and the storage that user space mapped for their devices.
 * Source: Linux {@code drivers/vfio/container.c}, {@code vfio_iommu_type1.c}.
 */
public final class VfioContainer implements OpenFile {
    /** IOMMU backend type1. */
    public static final int TYPE1 = 1;
    /** IOMMU backend type1, version 2. */
    public static final int TYPE1V2 = 3;
    private static final int DMA_CC_IOMMU = 4;
    private static final int TYPE1_NESTING = 6;

    private static final int GET_API_VERSION = 0x3b64;
    private static final int CHECK_EXTENSION = 0x3b65;
    private static final int SET_IOMMU = 0x3b66;
    private static final int IOMMU_GET_INFO = 0x3b70;
    private static final int MAP_DMA = 0x3b71;
    private static final int UNMAP_DMA = 0x3b72;
    private static final int DIRTY_PAGES = 0x3b75;

    private static final int UNMAP_ALL_EXTENSION = 9;
    private static final int MOST_MAPPINGS = 65_535;
    private static final long PAGE = 0x1000;
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int UNMAP_ALL = 2;
    private static final int VADDR = 4;

    private record Mapping(long iova, long size) {
        long end() {
            return iova + size;
        }
    }

    private final Kernel kernel;
    @GuardedBy("this")
    private final List<VfioGroup> groups = new ArrayList<>();
    @GuardedBy("this")
    private final TreeMap<Long, Mapping> mappings = new TreeMap<>(Long::compareUnsigned);
    @GuardedBy("this")
    private long iommu; // the backend's type, 0: none yet

    /** Opens a container. */
    public VfioContainer(Kernel kernel) {
        this.kernel = kernel;
    }

    synchronized void attach(VfioGroup group) {
        groups.add(group);
    }

    synchronized void detach(VfioGroup group) {
        groups.remove(group);
        if (groups.isEmpty()) { // the backend goes with the last group
            iommu = 0;
            mappings.clear();
        }
    }

    private synchronized boolean isVersionOne() {
        return iommu == TYPE1;
    }

    synchronized boolean hasIommu() {
        return iommu != 0;
    }

    /**
     * Tells whether an extension is there: type1 in its versions, unmapping everything and, once there is a backend, coherent
     * DMA, which no device here breaks. Virtual addresses cannot be updated under emulated devices, and all are.
     */
    public boolean hasExtension(long extension) {
        return isBackend(extension) || extension == UNMAP_ALL_EXTENSION || extension == DMA_CC_IOMMU && hasIommu();
    }

    private boolean isBackend(long type) {
        return type == TYPE1 || type == TYPE1V2 || type == TYPE1_NESTING && kernel.has(VfioQuirk.TYPE1_NESTING);
    }

    /**
     * Chooses the IOMMU backend.
     *
     * @throws ErrnoException EINVAL: no group, or chosen already, or an extension that is no backend. ENODEV: no such
     *     extension
     */
    public synchronized void setIommu(long type) throws ErrnoException {
        if (groups.isEmpty() || hasIommu()) {
            throw new ErrnoException(Errno.EINVAL, hasIommu() ? "the IOMMU is set" : "no group in the container");
        }
        if (!isBackend(type)) {
            throw new ErrnoException(hasExtension(type) ? Errno.EINVAL : Errno.ENODEV, "no IOMMU backend " + type);
        }
        iommu = type;
    }

    /**
     * Maps storage for the devices.
     *
     * @param iova address that the devices use: for vfio-ap a guest address, at a page boundary
     * @param size length in bytes, whole pages
     * @throws ErrnoException EINVAL: no backend, bad alignment, wraps around. EEXIST: overlaps another mapping. ENOSPC:
     *     there are 65535 mappings
     */
    public synchronized void mapDma(long iova, long size) throws ErrnoException {
        requireIommu();
        if (size == 0 || ((iova | size) & PAGE - 1) != 0 || Long.compareUnsigned(iova + size - 1, iova) < 0) {
            throw new ErrnoException(Errno.EINVAL, "cannot map " + hex(size) + " bytes at " + hex(iova));
        }
        if (firstOverlap(iova, iova + size - 1) != null) {
            throw new ErrnoException(Errno.EEXIST, "there is a mapping at " + hex(iova));
        }
        if (mappings.size() >= MOST_MAPPINGS) {
            throw new ErrnoException(Errno.ENOSPC, "there are " + MOST_MAPPINGS + " mappings");
        }
        mappings.put(iova, new Mapping(iova, size));
    }

    /**
     * Takes mappings away. A device that uses an address in them is told. The first version of type1 unmaps nothing if the
     * range begins inside a mapping, and more than the range if it ends inside one.
     *
     * @return how many bytes were unmapped
     * @throws ErrnoException EINVAL: no backend, bad alignment, or, not in the first version, the range cuts a mapping in two
     */
    public long unmapDma(long iova, long size) throws ErrnoException {
        List<Mapping> gone = new ArrayList<>();
        List<VfioGroup> users;
        synchronized (this) {
            requireIommu();
            long last = iova + size - 1;
            if (size == 0 || ((iova | size) & PAGE - 1) != 0 || Long.compareUnsigned(last, iova) < 0) {
                throw new ErrnoException(Errno.EINVAL, "cannot unmap " + hex(size) + " bytes at " + hex(iova));
            }
            Mapping at;
            long from = iova;
            while ((at = firstOverlap(from, last)) != null) {
                boolean cutsStart = Long.compareUnsigned(at.iova, iova) < 0;
                if (iommu == TYPE1 && cutsStart) {
                    break;
                }
                if (iommu != TYPE1 && (cutsStart || Long.compareUnsigned(at.end() - 1, last) > 0)) {
                    throw new ErrnoException(Errno.EINVAL, "the range cuts the mapping at " + hex(at.iova));
                }
                gone.add(at);
                if (Long.compareUnsigned(at.end() - 1, last) >= 0) {
                    break;
                }
                from = at.end();
            }
            users = List.copyOf(groups);
        }
        return unmap(gone, users);
    }

    /** Takes all mappings away. Returns how many bytes that were. */
    public long unmapAll() throws ErrnoException {
        List<Mapping> gone;
        List<VfioGroup> users;
        synchronized (this) {
            requireIommu();
            gone = List.copyOf(mappings.values());
            users = List.copyOf(groups);
        }
        return unmap(gone, users);
    }

    private long unmap(List<Mapping> gone, List<VfioGroup> users) {
        long bytes = 0;
        for (Mapping mapping : gone) {
            for (VfioGroup user : users) {
                user.dmaUnmapped(mapping.iova, mapping.size);
            }
            synchronized (this) {
                mappings.remove(mapping.iova, mapping);
            }
            bytes += mapping.size;
        }
        return bytes;
    }

    private void requireIommu() throws ErrnoException {
        if (!hasIommu()) {
            throw new ErrnoException(Errno.EINVAL, "the container has no IOMMU");
        }
    }

    private synchronized @Nullable Mapping firstOverlap(long first, long last) {
        Map.Entry<Long, Mapping> below = mappings.floorEntry(first);
        if (below != null && Long.compareUnsigned(below.getValue().end() - 1, first) >= 0) {
            return below.getValue();
        }
        Map.Entry<Long, Mapping> above = mappings.higherEntry(first);
        return above != null && Long.compareUnsigned(above.getKey(), last) <= 0 ? above.getValue() : null;
    }

    /** Tells whether an address is mapped. */
    synchronized boolean isMapped(long iova) {
        return firstOverlap(iova, iova) != null;
    }

    @Override
    public int ioctl(int request, IoctlArgument argument) throws ErrnoException {
        switch (request) {
            case GET_API_VERSION -> {
                return 0;
            }
            case CHECK_EXTENSION -> {
                return hasExtension(argument.value()) ? 1 : 0;
            }
            case SET_IOMMU -> {
                setIommu(argument.value());
                return 0;
            }
            default -> {
                requireIommu();
                return typeOneIoctl(request, argument);
            }
        }
    }

    private int typeOneIoctl(int request, IoctlArgument argument) throws ErrnoException {
        switch (request) {
            case IOMMU_GET_INFO -> {
                ByteBuffer block = argument.sizedBlock(16);
                block.putInt(4, 1); // flags: the page sizes that follow are meant
                block.putLong(8, -PAGE);
            }
            case MAP_DMA -> mapDma(argument.sizedBlock(32));
            case UNMAP_DMA -> unmapDma(argument.sizedBlock(24));
            case DIRTY_PAGES -> {
                // Differs from Linux: version 2 can track there which pages a device wrote; no device here writes pages.
                throw new ErrnoException(isVersionOne() ? Errno.EACCES : Errno.EINVAL, "pages are not tracked");
            }
            default -> throw new ErrnoException(Errno.ENOTTY, "container ioctl " + hex(request));
        }
        return 0;
    }

    private void mapDma(ByteBuffer block) throws ErrnoException {
        int flags = block.getInt(4);
        long vaddr = block.getLong(8);
        long iova = block.getLong(16);
        long size = block.getLong(24);
        boolean access = (flags & (READ | WRITE)) != 0;
        boolean update = (flags & VADDR) != 0;
        if ((flags & ~(READ | WRITE | VADDR)) != 0 || access == update || (vaddr & PAGE - 1) != 0
                || Long.compareUnsigned(vaddr + size - 1, vaddr) < 0) {
            throw new ErrnoException(Errno.EINVAL,
                    "map flags 0x" + Integer.toHexString(flags) + ", address " + hex(vaddr));
        }
        if (update) {
            throw new ErrnoException(firstOverlap(iova, iova + size - 1) == null ? Errno.ENOENT : Errno.EINVAL,
                    "no mapping waits for a new virtual address");
        }
        mapDma(iova, size);
    }

    private void unmapDma(ByteBuffer block) throws ErrnoException {
        int flags = block.getInt(4);
        if ((flags & ~(UNMAP_ALL | VADDR)) != 0) {
            throw new ErrnoException(Errno.EINVAL, "unmap flags 0x" + Integer.toHexString(flags));
        }
        if ((flags & VADDR) != 0) {
            throw new ErrnoException(Errno.EBUSY, "emulated devices may use any virtual address");
        }
        boolean all = flags == UNMAP_ALL;
        if (all && (block.getLong(8) != 0 || block.getLong(16) != 0)) {
            throw new ErrnoException(Errno.EINVAL, "everything is to be unmapped, and a range is given");
        }
        block.putLong(16, all ? unmapAll() : unmapDma(block.getLong(8), block.getLong(16)));
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
