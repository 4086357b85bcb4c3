// SPDX-License-Identifier: Apache-2.0
package org.apvirt.kvm;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongPredicate;

import org.apvirt.arch.ApInterrupts;
import org.apvirt.arch.Storage;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A guest's main storage as the host sees it: from guest address 0 to a size, at one place in host storage, with pages
 * that the host may pin. Thread-safe.
 * Source: Linux {@code drivers/vfio/vfio_main.c}, {@code vfio_pin_pages}.
 */
public final class GuestMemory {
    /** Length of a page in bytes. */
    public static final int PAGE = 0x1000;
    /** Answer of {@link #pin}: there is no guest storage at the address. */
    public static final long NOT_MAPPED = -1;

    private final Storage storage;
    private final long sizeBytes;
    private final ApInterrupts machine;
    private final long hostOrigin;
    private final Map<Long, Integer> pins = new HashMap<>();
    private volatile @Nullable LongPredicate shared;

    /**
     * Describes the storage of a guest.
     *
     * @param storage reads and writes guest absolute addresses
     * @param sizeBytes its size
     * @param machine gives it a place in host storage; one that stores to nobody gives none, and then addresses are
     *     translated to themselves
     */
    GuestMemory(Storage storage, long sizeBytes, ApInterrupts machine) {
        this.storage = storage;
        this.sizeBytes = sizeBytes;
        this.machine = machine;
        this.hostOrigin = machine.place(storage, sizeBytes);
    }

    /** The storage is gone from the host. */
    void close() {
        if (hostOrigin != 0) {
            machine.displace(hostOrigin);
        }
    }

    /** Returns the storage, by guest address. */
    public Storage storage() {
        return storage;
    }

    /** Tells whether there is guest storage at a guest address. */
    public boolean contains(long address) {
        return address >= 0 && address < sizeBytes;
    }

    /**
     * Pins the page of a guest address, so that the machine may store into it.
     *
     * @return the host absolute address that belongs to the guest address, or {@link #NOT_MAPPED}
     */
    public synchronized long pin(long address) {
        if (!contains(address)) {
            return NOT_MAPPED;
        }
        pins.merge(address / PAGE, 1, Integer::sum);
        return hostOrigin + address;
    }

    /**
     * Takes one pin of the page of a guest address back.
     *
     * @throws IllegalStateException if the page is not pinned
     */
    public synchronized void unpin(long address) {
        Integer count = pins.get(address / PAGE);
        if (count == null) {
            throw new IllegalStateException("page of guest address 0x" + Long.toHexString(address) + " is not pinned");
        }
        if (count == 1) {
            pins.remove(address / PAGE);
        } else {
            pins.put(address / PAGE, count - 1);
        }
    }

    /** Returns the number of pages that are pinned. */
    public synchronized int pinnedPages() {
        return pins.size();
    }

    /**
     * Makes the guest a protected one (Secure Execution): the host reaches only pages that the guest shares.
     *
     * @param isShared tells of a guest address whether its page is shared
     */
    public void protect(LongPredicate isShared) {
        shared = isShared;
    }

    /** Tells whether the guest is a protected one. */
    public boolean isProtected() {
        return shared != null;
    }

    /** Tells whether the host, and so the machine on its behalf, reaches a guest address; always, if not protected. */
    public boolean isReachable(long address) {
        LongPredicate isShared = shared;
        return contains(address) && (isShared == null || isShared.test(address));
    }
}
