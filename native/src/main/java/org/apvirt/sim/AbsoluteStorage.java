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

    private record Region(Storage storage, long size) {}

    private final ConcurrentSkipListMap<Long, Region> regions = new ConcurrentSkipListMap<>();
    @GuardedBy("this")
    private final Deque<Long> freePages = new ArrayDeque<>(); // the one that is free longest first
    @GuardedBy("this")
    private long nextPage = FIRST_SINGLE_PAGE;
    @GuardedBy("this")
    private long nextLarge = 2 * TWO_GIB;

    AbsoluteStorage() {
        regions.put(0L, new Region(new ArrayStorage(PAGE), PAGE));
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
        regions.put(address, new Region(storage, size));
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
        Map.Entry<Long, Region> found = find(address, length);
        return found == null
                ? ProgramCode.ADDRESSING
                : found.getValue().storage.loadAbsolute(address - found.getKey(), into, offset, length);
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        Map.Entry<Long, Region> found = find(address, length);
        return found == null
                ? ProgramCode.ADDRESSING
                : found.getValue().storage.storeAbsolute(address - found.getKey(), from, offset, length);
    }

    private Map.@Nullable Entry<Long, Region> find(long address,
            int length) {
        Map.Entry<Long, Region> entry = regions.floorEntry(address);
        boolean inside = entry != null && address - entry.getKey() <= entry.getValue().size - length;
        return inside ? entry : null;
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
