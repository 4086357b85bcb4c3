// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The absolute storage of a simulated machine: a first page of its own, and whatever a hypervisor has placed into it.
 * Between the two there is nothing; an access there ends in an addressing exception. Thread-safe.
 */
final class AbsoluteStorage implements Storage {
    static final int PAGE = 4096;
    /** A GISA origin has 31 bits, so single pages go here and everything larger above them. */
    private static final long FIRST_SINGLE_PAGE = 0x10_0000;
    private static final long TWO_GIB = 0x8000_0000L;
    /** So many are free before one is used again: late, so that a stray access to what is gone is found out. */
    private static final int RESTING_PAGES = 1024;

    private record Region(long address, Storage storage, long size) {
        boolean contains(long wanted, int length) {
            return wanted >= address && wanted - address <= size - length;
        }
    }

    /** The operating system's first page, which every AQIC of its AP bus names. */
    private final Region firstPage = new Region(0, new ArrayStorage(PAGE), PAGE);
    private final ConcurrentSkipListMap<Long, Region> regions = new ConcurrentSkipListMap<>();
    @GuardedBy("this")
    private final Deque<Long> freePages = new ArrayDeque<>(); // the one that is free longest first
    @GuardedBy("this")
    private long nextPage = FIRST_SINGLE_PAGE;
    @GuardedBy("this")
    private long nextLarge = 2 * TWO_GIB;

    AbsoluteStorage() {
        regions.put(firstPage.address, firstPage);
    }

    /** Places storage and returns its address; 0 if there is no room below 2 GiB. */
    synchronized long place(Storage storage, long size) {
        long rounded = (size + PAGE - 1) / PAGE * PAGE;
        long address;
        if (rounded > PAGE) {
            address = nextLarge;
            nextLarge += rounded;
        } else if (freePages.size() >= RESTING_PAGES || nextPage >= TWO_GIB && !freePages.isEmpty()) {
            address = freePages.remove();
        } else if (nextPage < TWO_GIB) {
            address = nextPage;
            nextPage += PAGE;
        } else {
            return 0;
        }
        regions.put(address, new Region(address, storage, size));
        return address;
    }

    /** Takes storage away again; what is not there may be taken away. */
    synchronized void displace(long address) {
        if (address != 0 && regions.remove(address) != null && address < TWO_GIB) {
            freePages.add(address);
        }
    }

    @Override
    public int load(long address, byte[] into, int offset, int length) {
        Region found = find(address, length);
        return found == null
                ? ProgramCode.ADDRESSING
                : found.storage.loadAbsolute(address - found.address, into, offset, length);
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        Region found = find(address, length);
        return found == null
                ? ProgramCode.ADDRESSING
                : found.storage.storeAbsolute(address - found.address, from, offset, length);
    }

    private @Nullable Region find(long address, int length) {
        if (firstPage.contains(address, length)) {
            return firstPage;
        }
        Map.Entry<Long, Region> below = regions.floorEntry(address);
        return below != null && below.getValue().contains(address, length) ? below.getValue() : null;
    }

    @Override
    public int loadAbsolute(long address, byte[] into, int offset, int length) {
        return load(address, into, offset, length);
    }

    @Override
    public int storeAbsolute(long address, byte[] from, int offset, int length) {
        return store(address, from, offset, length);
    }
}
