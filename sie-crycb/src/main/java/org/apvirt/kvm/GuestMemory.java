package org.apvirt.kvm;

import java.util.HashMap;
import java.util.Map;

import org.apvirt.arch.Storage;

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
    private final long size;
    private final long hostOrigin;
    private final Map<Long, Integer> pins = new HashMap<>();

    /**
     * Describes the storage of a guest.
     *
     * @param storage reads and writes guest absolute addresses
     * @param size its size in bytes
     * @param hostOrigin the host absolute address of guest address 0
     */
    GuestMemory(Storage storage, long size, long hostOrigin) {
        this.storage = storage;
        this.size = size;
        this.hostOrigin = hostOrigin;
    }

    /** Returns the storage, by guest address. */
    public Storage storage() {
        return storage;
    }

    /** Tells whether there is guest storage at a guest address. */
    public boolean contains(long address) {
        return address >= 0 && address < size;
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
        if (pins.computeIfPresent(address / PAGE, (page, count) -> count - 1) instanceof Integer left) {
            if (left == 0) {
                pins.remove(address / PAGE);
            }
        } else {
            throw new IllegalStateException(
                    "the page of guest address 0x" + Long.toHexString(address) + " is not pinned");
        }
    }

    /** Returns the number of pages that are pinned. */
    public synchronized int pinnedPages() {
        return pins.size();
    }

    /** Returns the guest address of a host absolute address. */
    long guestAddress(long hostAddress) {
        return hostAddress - hostOrigin;
    }
}
