// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.Background;
import org.apvirt.arch.VirtualTime;

/**
 * Writers that block while the scenario goes on: {@code write_async}. They take turns with the steps, so that a run is the
 * same each time: a writer runs until it waits, and goes on, when it can, after the step that let it. As in the recordings,
 * a writer that still waits when the scenario goes on gets one signal.
 */
final class BlockedWriters {
    private static final long WATCHED_SECONDS = 64;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final VirtualTime time;
    private final List<Background> writers = new ArrayList<>();
    private final List<Background> unsignalled = new ArrayList<>();

    BlockedWriters(VirtualTime time) {
        this.time = time;
    }

    void start(String name, Runnable write) {
        Background writer = time.start("write_async " + name, write);
        if (!writer.isOver()) {
            writers.add(writer);
            unsignalled.add(writer);
        }
    }

    /** Looks on: a writer that blocks gets its signal after a second, and a minute passes. */
    void watch() {
        if (!unsignalled.isEmpty()) {
            time.advance(NANOS_PER_SECOND);
            signal();
            time.advance(WATCHED_SECONDS * NANOS_PER_SECOND);
        }
    }

    /** The scenario goes on. */
    void signal() {
        unsignalled.forEach(Background::interrupt);
        unsignalled.clear();
        time.giveTurns();
    }

    /** Tells whether a writer still waits. */
    boolean areWaiting() {
        writers.removeIf(Background::isOver);
        return !writers.isEmpty();
    }

    /** No writer is needed any more. */
    void abandon() {
        time.abandonBackgrounds();
    }
}
