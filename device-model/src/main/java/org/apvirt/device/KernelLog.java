// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * The log of a kernel: its latest lines, and who wants the further ones. Source: Linux {@code kernel/printk/printk.c}, the ring
 * buffer that dmesg(1) reads.
 */
final class KernelLog {
    private static final int KEPT_LINES = 1024;

    @GuardedBy("this")
    private final ArrayDeque<String> lines = new ArrayDeque<>(0); // most kernels say little
    private final List<Consumer<? super String>> listeners = new CopyOnWriteArrayList<>();

    /** Writes a line; listeners get it on this thread, and may be given lines of other threads at the same time. */
    void add(String line) {
        synchronized (this) {
            if (lines.size() == KEPT_LINES) {
                lines.removeFirst();
            }
            lines.addLast(line);
        }
        for (Consumer<? super String> listener : listeners) {
            listener.accept(line);
        }
    }

    /**
     * Hands lines to a listener until the returned handle is closed.
     *
     * @param fromTheStart first those that are kept
     */
    AutoCloseable follow(Consumer<? super String> listener, boolean fromTheStart) {
        List<String> kept;
        synchronized (this) {
            kept = fromTheStart ? List.copyOf(lines) : List.of();
            listeners.add(listener);
        }
        kept.forEach(listener);
        return () -> listeners.remove(listener);
    }
}
