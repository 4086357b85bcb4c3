// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Devices in the order in which they came: those of a bus, or those of a driver. A device knows its place in both
 * lists, so that 65,536 queues need neither hash tables nor searches. Thread-safe.
 * Source: Linux {@code include/linux/klist.h}.
 *
 * @param <D> the kind of device
 */
final class DeviceList<D extends Device> {
    /** Which of a device's two places a list is. */
    enum Place {
        BUS, DRIVER
    }

    private static final int FIRST_CAPACITY = 16;

    private final Place place;
    private @Nullable Object[] slots = new @Nullable Object[FIRST_CAPACITY]; // null: it left
    private int end;
    private int count;

    DeviceList(Place place) {
        this.place = place;
    }

    synchronized void add(D device) {
        if (end == slots.length) {
            makeRoom();
        }
        device.place(place, end);
        slots[end++] = device;
        count++;
    }

    synchronized void remove(D device) {
        int at = device.place(place);
        if (at < end && slots[at] == device) {
            slots[at] = null;
            count--;
        }
    }

    /** Closes the gaps; grows only if there are few. */
    private void makeRoom() {
        if (count > slots.length / 2) {
            slots = Arrays.copyOf(slots, slots.length * 2);
        }
        if (count < end) {
            closeGaps();
        }
    }

    private void closeGaps() {
        int to = 0;
        for (int from = 0; from < end; from++) {
            if (slots[from] instanceof Device device) {
                device.place(place, to);
                slots[to++] = device;
            }
        }
        Arrays.fill(slots, to, end, null);
        end = to;
    }

    /** Returns the devices as they are now. */
    @SuppressWarnings("unchecked") // only such devices are put in
    synchronized List<D> toList() {
        List<D> list = new ArrayList<>(count);
        for (@Nullable
        Object slot : Arrays.asList(slots).subList(0, end)) {
            if (slot != null) {
                list.add((D) slot);
            }
        }
        return list;
    }
}
