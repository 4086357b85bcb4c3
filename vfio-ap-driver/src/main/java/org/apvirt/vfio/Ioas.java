// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;

/**
 * An address space of an iommufd: which IOVAs are mapped, and the devices that use it.
 * Source: Linux {@code drivers/iommu/iommufd/ioas.c}, {@code io_pagetable.c}.
 */
final class Ioas {
    private static final long PAGE = 4096;

    @GuardedBy("this")
    private final TreeMap<Long, Long> mappings = new TreeMap<>(); // lengths by IOVA
    @GuardedBy("this")
    private final List<VfioDevice> devices = new ArrayList<>();

    synchronized boolean isUsed() {
        return !devices.isEmpty();
    }

    synchronized void attach(VfioDevice device) {
        devices.add(device);
    }

    synchronized void detach(VfioDevice device) {
        devices.remove(device);
    }

    /**
     * Maps a range.
     *
     * @throws ErrnoException EINVAL: no whole pages. EOVERFLOW: it ends beyond the addresses. EEXIST: some of it is mapped
     */
    synchronized long map(long iova, long length) throws ErrnoException {
        if (length <= 0 || iova < 0 || iova + length < 0) {
            throw new ErrnoException(length == 0 ? Errno.EINVAL : Errno.EOVERFLOW, length + " bytes from " + iova);
        }
        if (iova % PAGE != 0 || length % PAGE != 0) {
            throw new ErrnoException(Errno.EINVAL, length + " bytes from " + iova + " are no whole pages");
        }
        Map.Entry<Long, Long> before = mappings.lowerEntry(iova + length);
        if (before != null && before.getKey() + before.getValue() > iova) {
            throw new ErrnoException(Errno.EEXIST, "mapped from " + before.getKey());
        }
        mappings.put(iova, length);
        return iova;
    }

    /** Maps so many bytes behind what is mapped. */
    synchronized long mapAnywhere(long length) throws ErrnoException {
        Map.Entry<Long, Long> last = mappings.lastEntry();
        return map(last == null ? PAGE : last.getKey() + last.getValue(), length);
    }

    /**
     * Unmaps what lies in a range; a mapping is not cut.
     *
     * @param length -1 with IOVA 0: everything
     * @return how many bytes were mapped
     * @throws ErrnoException EINVAL: no range. ENOENT: nothing is mapped in it, or a mapping lies only partly in it
     */
    long unmap(long iova, long length) throws ErrnoException {
        List<Map.Entry<Long, Long>> gone = new ArrayList<>();
        List<VfioDevice> told;
        boolean all = iova == 0 && length == -1;
        synchronized (this) {
            if (!all && (length <= 0 || iova < 0 || iova + length < 0)) {
                throw new ErrnoException(length == 0 ? Errno.EINVAL : Errno.EOVERFLOW, length + " bytes from " + iova);
            }
            for (Map.Entry<Long, Long> mapping : mappings.entrySet()) {
                long start = mapping.getKey();
                long end = start + mapping.getValue();
                if (all || start < iova + length && end > iova) {
                    if (!all && (start < iova || end > iova + length)) {
                        throw new ErrnoException(Errno.ENOENT, "the mapping from " + start + " would be cut");
                    }
                    gone.add(Map.entry(start, mapping.getValue()));
                }
            }
            if (gone.isEmpty() && !all) {
                throw new ErrnoException(Errno.ENOENT, "nothing is mapped from " + iova);
            }
            gone.forEach(mapping -> mappings.remove(mapping.getKey()));
            told = List.copyOf(devices);
        }
        long bytes = 0;
        for (Map.Entry<Long, Long> mapping : gone) {
            told.forEach(device -> device.dmaUnmapped(mapping.getKey(), mapping.getValue()));
            bytes += mapping.getValue();
        }
        return bytes;
    }
}
