// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfio;

import java.util.BitSet;

/** Gives out the lowest free number. Source: Linux {@code lib/idr.c}, {@code ida_alloc}. */
final class IdAllocator {
    private final BitSet used = new BitSet();

    synchronized int take() {
        int id = used.nextClearBit(0);
        used.set(id);
        return id;
    }

    synchronized void give(int id) {
        used.clear(id);
    }
}
