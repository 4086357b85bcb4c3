// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.apvirt.arch.LockWatch;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Our lockdep: remembers which lock was ever taken while which other was held, by any thread, and reports an order that
 * is not the legal one even if no deadlock happened.
 */
final class LockOrderRecorder extends LockWatch {
    private final ThreadLocal<List<LockOrder>> held = ThreadLocal.withInitial(ArrayList::new);
    private final Map<LockOrder, Set<LockOrder>> takenUnder = new EnumMap<>(LockOrder.class);
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();

    LockOrderRecorder() {
        for (LockOrder lock : LockOrder.values()) {
            takenUnder.put(lock, EnumSet.noneOf(LockOrder.class));
        }
    }

    private static @Nullable LockOrder named(String lock) {
        for (LockOrder order : LockOrder.values()) {
            if (order.kernelName().equals(lock)) {
                return order;
            }
        }
        return null; // not one of ours
    }

    @Override
    protected void onTaken(String name) {
        LockOrder lock = named(name);
        if (lock == null) {
            return;
        }
        List<LockOrder> mine = held.get();
        for (LockOrder other : mine) {
            synchronized (takenUnder) {
                takenUnder.get(other).add(lock);
            }
            if (other.compareTo(lock) >= 0) {
                violations.add(lock + " taken under " + mine);
            }
        }
        mine.add(lock);
    }

    @Override
    protected void onReleased(String name) {
        LockOrder lock = named(name);
        if (lock != null && !held.get().remove(lock)) {
            violations.add(lock + " released but not held");
        }
    }

    /** Returns what was wrong, at most ten examples. */
    List<String> violations() {
        return violations.stream().distinct().limit(10).toList();
    }

    /** Returns whether a lock was ever taken while another was held. */
    boolean seen(LockOrder held, LockOrder taken) {
        synchronized (takenUnder) {
            return takenUnder.get(held).contains(taken);
        }
    }
}
